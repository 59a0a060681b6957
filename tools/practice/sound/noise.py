"""Make sounds that nobody speaks: noises of rooms, machines, desks, music, many voices at once.

Knows how to make them from chance; knows nothing of what they disturb.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tools.practice.chance import Chance, pick
from tools.practice.sound import filters, levels
from tools.practice.speech import RATE, Samples

Make = Callable[[int, Chance], Samples]
Floats = NDArray[np.floating]


def colored(count: int, rng: Chance) -> Samples:
    """White, pink or brown noise, or of any slope between."""
    return filters.sloped(_white(count, rng), rng.uniform(-8, 1))


def hum(count: int, rng: Chance) -> Samples:
    """Mains hum with harmonics, on a little noise."""
    base = pick((50.0, 60.0), rng) * rng.uniform(0.99, 1.01)
    tones = [
        rng.uniform(0, 1) / number * _tone(base * number, count, rng) for number in range(1, 13)
    ]
    return _sum(tones, count) + np.float32(0.02) * colored(count, rng)


def fan(count: int, rng: Chance) -> Samples:
    """Let a fan or an engine run: noise in a band that swells as it turns, with a tone."""
    low = rng.uniform(40, 400)
    noise = filters.band(_white(count, rng), low, low * rng.uniform(4, 30))
    swell = 1 + rng.uniform(0, 0.6) * _tone(rng.uniform(0.5, 25), count, rng)
    tone = rng.uniform(0, 0.5) * _tone(rng.uniform(60, 700), count, rng)
    return (noise * swell + np.std(noise) * tone).astype(np.float32)


def clicks(count: int, rng: Chance) -> Samples:
    """Keys, buttons, cups and fingers: short knocks at odd times."""
    sound = np.zeros(count, np.float32)
    low = rng.uniform(60, 2_500)
    decay_s = rng.uniform(0.002, 0.03)
    for at in _times(count, rng.uniform(0.8, 9), rng):
        knock = _white(round(6 * decay_s * RATE), rng)
        knock *= np.exp(-np.arange(len(knock)) / (decay_s * RATE)).astype(np.float32)
        _add(sound, at, knock * np.float32(rng.uniform(0.2, 1)))
    return filters.band(sound, low, min(7_900, low * rng.uniform(3, 20)))


def breath(count: int, rng: Chance) -> Samples:
    """Somebody breathes, or wind blows: noise that swells and falls."""
    low = rng.uniform(20, 500)
    noise = filters.band(_white(count, rng), low, min(7_900, low * rng.uniform(6, 40)))
    swell = np.maximum(0, _tone(rng.uniform(0.15, 0.6), count, rng)) ** rng.uniform(1, 4)
    return (noise * (swell + rng.uniform(0, 0.2))).astype(np.float32)


def music(count: int, rng: Chance) -> Samples:
    """Play notes with harmonics, one by one or as chords, plucked or held."""
    sound = np.zeros(count, np.float32)
    base, voices = rng.uniform(80, 400), int(rng.integers(1, 4))
    step_s, decay_s = rng.uniform(0.1, 1.0), rng.uniform(0.08, 2)
    for at in range(0, count, round(step_s * RATE)):
        length = min(count - at, round(min(2.0, 4 * decay_s) * RATE))
        for step in pick((0, 2, 4, 5, 7, 9, 11, 12), rng) + 4 * np.arange(voices):
            _add(sound, at, _note(base * 2 ** (step / 12), length, decay_s, rng))
    return sound


def tones(count: int, rng: Chance) -> Samples:
    """Rings, beeps and sweeps, on and off."""
    start, end = np.exp(rng.uniform(np.log(200), np.log(6_000), size=2))
    sweep = rng.random() < 0.4
    pitch = np.linspace(start, end if sweep else start, count)
    pitch *= 1 + rng.uniform(0, 0.15) * np.sign(_tone(rng.uniform(3, 25), count, rng))
    tone = np.sin(2 * np.pi * np.cumsum(pitch) / RATE)
    on = _tone(rng.uniform(0.2, 3), count, rng) > rng.uniform(-1.2, 0.5)
    return (tone * on).astype(np.float32)


def bursts(count: int, rng: Chance) -> Samples:
    """Coughs, barks and bangs: bursts of noise and pulses through a throat."""
    sound = np.zeros(count, np.float32)
    peaks = rng.uniform(400, 3_000, size=3)
    for at in _times(count, rng.uniform(0.4, 2), rng):
        length = round(rng.uniform(0.08, 0.4) * RATE)
        pulses = np.diff(np.floor(np.arange(length + 1) * rng.uniform(80, 500) / RATE))
        burst = _white(length, rng) * rng.uniform(0, 1) + 5 * rng.uniform(0, 1) * pulses
        shape = np.exp(-np.arange(length) / (0.3 * length)) * np.minimum(1, np.arange(length) / 80)
        _add(sound, at, (burst * shape).astype(np.float32))
    hertz = np.linspace(0, RATE / 2, 513)
    weights = sum(1 / (1 + ((hertz - peak) / 200) ** 2) for peak in peaks)
    return filters.weighted(sound, np.asarray(weights, np.float32))


def faint(count: int, rng: Chance) -> Samples:
    """Next to nothing: what a good microphone hears in an empty room, or digital silence."""
    if rng.random() < 0.4:
        return np.zeros(count, np.float32)
    return np.float32(10 ** rng.uniform(-5, -3.5)) * _white(count, rng)


KINDS: dict[str, Make] = {
    make.__name__: make for make in (colored, hum, fan, clicks, breath, music, tones, bursts, faint)
}
"""Ways to make (count, rng) -> samples, at any level."""


def babble(voices: Sequence[Samples], count: int, rng: Chance) -> Samples:
    """Let many voices speak at once, far away: laid over one another, some backwards."""
    sound = np.zeros(count, np.float32)
    for voice in voices:
        laid = np.resize(voice[::-1] if rng.random() < 0.5 else voice, count)
        sound += levels.at_level(np.roll(laid, int(rng.integers(count))), rng.uniform(-30, -20))
    return filters.band(sound, 0, rng.uniform(1_500, 7_000))


def any_kind(count: int, rng: Chance) -> Samples:
    """Make one of `KINDS`, or two at once."""
    first, second = (pick(tuple(KINDS.values()), rng)(count, rng) for _ in range(2))
    if rng.random() < 0.7 or not np.any(second):
        return first
    return levels.at_level(first, -20) + levels.at_level(second, rng.uniform(-40, -20))


def _white(count: int, rng: Chance) -> Samples:
    return rng.standard_normal(count, dtype=np.float32)


def _tone(hertz: float, count: int, rng: Chance) -> Samples:
    phase = rng.uniform(0, 2 * np.pi)
    angles = phase + 2 * np.pi * hertz / RATE * np.arange(count)
    return np.asarray(np.sin(angles), np.float32)


def _note(hertz: float, length: int, decay_s: float, rng: Chance) -> Samples:
    time = np.arange(length) / RATE
    shape = np.minimum(1, time / 0.01) * np.exp(-time / decay_s)
    harmonics = [_tone(hertz * n, length, rng) / n**1.5 for n in range(1, 5) if hertz * n < 7_900]
    return np.asarray(_sum(harmonics, length) * shape, np.float32)


def _sum(sounds: Sequence[Floats], count: int) -> Samples:
    return np.asarray(np.sum([np.zeros(count), *sounds], axis=0), np.float32)


def _times(count: int, per_second: float, rng: Chance) -> list[int]:
    number = int(rng.poisson(per_second * count / RATE)) + 1
    return [int(at) for at in rng.integers(0, count, size=number)]


def _add(sound: Samples, at: int, what: Samples) -> None:
    what = what[: len(sound) - at]
    sound[at : at + len(what)] += what
