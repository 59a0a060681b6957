"""Sounds that nobody spoke, made on the spot from a seed: what Whisper invents words for.

Knows no voice model, engine or server.  All sounds are mono at 16 kHz; levels are in dB of the root
mean square below full scale.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from wsserver.speech import SAMPLE_RATE, Samples

Floats = NDArray[np.float64]

_NYQUIST = SAMPLE_RATE / 2


def at_level(sound: NDArray[np.floating], level_db: float) -> Samples:
    """Scale *sound* to a level; a sound of nothing stays as it is."""
    loudness = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    gain = 10 ** (level_db / 20) / loudness if loudness else 1.0
    scaled: Samples = np.clip(sound * gain, -1, 1).astype(np.float32)
    return scaled


def silence(seconds: float = 3.0) -> Samples:
    """Nothing at all, as from a microphone that is muted."""
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def colored_noise(slope_db: float, seconds: float, seed: int) -> Floats:
    """Noise whose spectrum changes by *slope_db* per octave: 0 is white, -3 pink, -6 brown."""
    count = round(seconds * SAMPLE_RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    weights = np.maximum(hertz, 20.0) ** (slope_db / 20 / np.log10(2))
    return np.fft.irfft(spectrum * weights, count)


def band(sound: Floats, low_hz: float, high_hz: float) -> Floats:
    """Keep what lies between two frequencies."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    return np.fft.irfft(np.where((hertz >= low_hz) & (hertz <= high_hz), spectrum, 0), len(sound))


def room(level_db: float, seconds: float = 4.0, seed: int = 1) -> Samples:
    """A room in which nobody speaks: pink noise, as fans and distant streets make it."""
    return at_level(colored_noise(-3.0, seconds, seed), level_db)


def hiss(level_db: float, seconds: float = 4.0, seed: int = 2) -> Samples:
    """A cheap microphone amplifier: white noise."""
    return at_level(colored_noise(0.0, seconds, seed), level_db)


def hum(mains_hz: float, level_db: float = -30.0, seconds: float = 4.0) -> Samples:
    """Mains hum with its harmonics up to the 20th over a quiet room."""
    time = _time(seconds)
    tones = sum(np.sin(2 * np.pi * mains_hz * n * time + n) / n for n in range(1, 21))
    return at_level(np.asarray(tones), level_db) + room(-65, seconds)


def keyboard(seconds: float = 5.0, seed: int = 3) -> Samples:
    """Somebody types near the microphone, seven keys a second: two clicks for each key."""
    chance = np.random.default_rng(seed)
    sound = np.zeros(round(seconds * SAMPLE_RATE))
    for at in np.arange(0.2, seconds - 0.3, 1 / 7):
        down = at + chance.uniform(-0.04, 0.04)
        for when, strength in ((down, 1.0), (down + 0.07, 0.5)):
            _add(sound, when, strength * _click(chance, 900, 6_000, 0.006))
    return at_level(sound, -32) + room(-60, seconds)


def mouse(seconds: float = 4.0, seed: int = 4) -> Samples:
    """A mouse button, pressed and let go once a second."""
    chance = np.random.default_rng(seed)
    sound = np.zeros(round(seconds * SAMPLE_RATE))
    for at in np.arange(0.3, seconds - 0.3, 0.8):
        _add(sound, at, _click(chance, 2_000, 7_500, 0.002))
        _add(sound, at + 0.09, 0.7 * _click(chance, 2_000, 7_500, 0.002))
    return at_level(sound, -38) + room(-60, seconds)


def chords(seconds: float = 6.0) -> Samples:
    """Held chords with a slow attack, as an organ plays them: C, F, G, C."""
    roots = (261.63, 349.23, 392.0, 261.63)
    length = seconds / len(roots)
    played = [
        sum(_note(root * ratio, length, 0.1, 3.0) for ratio in (1, 1.26, 1.5)) for root in roots
    ]
    return at_level(np.concatenate([np.asarray(chord) for chord in played]), -22)


def arpeggio(seconds: float = 6.0) -> Samples:
    """Single plucked notes up and down, eight a second."""
    steps = np.array([0, 4, 7, 12, 16, 12, 7, 4])
    sound = np.zeros(round(seconds * SAMPLE_RATE))
    for number, at in enumerate(np.arange(0, seconds - 0.6, 0.125)):
        hertz = 220 * 2 ** (steps[number % len(steps)] / 12)
        _add(sound, at, _note(hertz, 0.5, 0.004, 0.12))
    return at_level(sound, -22)


def breath(level_db: float = -40.0, seconds: float = 5.0, seed: int = 5) -> Samples:
    """Somebody breathes at the microphone: swelling noise with broad resonances."""
    noise = colored_noise(-2.0, seconds, seed)
    shaped = band(noise, 300, 4_500)
    swell = np.maximum(0.0, np.sin(2 * np.pi * 0.35 * _time(seconds))) ** 2
    return at_level(shaped * swell, level_db) + room(-62, seconds)


def wind(level_db: float = -25.0, seconds: float = 5.0, seed: int = 6) -> Samples:
    """Wind on the microphone: gusts of rumble."""
    gusts = band(colored_noise(-6.0, seconds, seed + 1), 0.2, 3.0)
    rumble = band(colored_noise(-6.0, seconds, seed), 10, 500)
    return at_level(rumble * np.abs(gusts), level_db)


def chirp(seconds: float = 3.0) -> Samples:
    """A tone that rises from 100 Hz to 7 kHz."""
    time = _time(seconds)
    rate = np.log(7_000 / 100) / seconds
    return at_level(np.sin(2 * np.pi * 100 * np.expm1(rate * time) / rate), -20)


def phone(seconds: float = 5.0) -> Samples:
    """A telephone rings: two tones that warble, two seconds on and one off."""
    time = _time(seconds)
    warble = np.where((time * 20).astype(int) % 2, 1_000.0, 1_250.0)
    tone = np.sin(2 * np.pi * np.cumsum(warble) / SAMPLE_RATE)
    return at_level(np.where(time % 3 < 2, tone, 0.0), -22)


def ringback(seconds: float = 5.0) -> Samples:
    """What a caller hears while it rings: 440 and 480 Hz, two seconds on and one off."""
    time = _time(seconds)
    tone = np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 480 * time)
    return at_level(np.where(time % 3 < 2, tone, 0.0), -22)


def clipped_noise(seconds: float = 3.0, seed: int = 8) -> Samples:
    """Noise far beyond full scale, so that nearly every sample is -1 or 1."""
    return at_level(20 * colored_noise(0.0, seconds, seed), 20.0)


def offset(seconds: float = 3.0) -> Samples:
    """A broken sound card: a constant half of full scale, with a little noise on it."""
    return room(-60, seconds) + np.float32(0.5)


def taps(seconds: float = 5.0, seed: int = 9) -> Samples:
    """Fingers and cups on the table: dull knocks, and one every second."""
    chance = np.random.default_rng(seed)
    sound = np.zeros(round(seconds * SAMPLE_RATE))
    for at in np.arange(0.3, seconds - 0.5, 0.9):
        _add(sound, at, _click(chance, 60, 600, 0.03))
    return at_level(sound, -28) + room(-60, seconds)


def cough(seconds: float = 3.0, seed: int = 10) -> Samples:
    """Three coughs: bursts of noise and voice through an open mouth."""
    chance = np.random.default_rng(seed)
    sound = np.zeros(round(seconds * SAMPLE_RATE))
    for at in (0.5, 0.95, 2.0):
        time = _time(0.3)
        burst = chance.standard_normal(len(time)) + 6 * _pulses(np.full(len(time), 140.0))
        shape = np.exp(-time / 0.07) * np.minimum(time / 0.005, 1)
        _add(sound, at, _through_mouth(burst, (600, 1_400, 2_800)) * shape)
    return at_level(sound, -25) + room(-60, seconds)


def violin(seconds: float = 4.0) -> Samples:
    """A held note with vibrato and as many harmonics as a voice has."""
    pitch = 440 * 2 ** (0.3 / 12 * np.sin(2 * np.pi * 5.5 * _time(seconds)))
    return at_level(_through_mouth(_pulses(pitch), (500, 1_500, 3_000)), -22)


def dog(seconds: float = 3.0) -> Samples:
    """A dog barks three times."""
    sound = np.zeros(round(seconds * SAMPLE_RATE))
    for at in (0.4, 0.9, 1.9):
        time = _time(0.18)
        voice = _through_mouth(_pulses(500 * np.exp(-4 * time)), (700, 1_600))
        _add(sound, at, voice * np.exp(-time / 0.05) * np.minimum(time / 0.01, 1))
    return at_level(sound, -20) + room(-60, seconds)


def babble(voices: Iterable[Samples], level_db: float, seconds: float = 6.0) -> Samples:
    """Many people talk far away, in no language: *voices* backwards over one another, and faint."""
    count = round(seconds * SAMPLE_RATE)
    laid = [np.resize(np.roll(voice[::-1], 5_000 * n), count) for n, voice in enumerate(voices)]
    return at_level(np.sum(laid, axis=0, dtype=np.float64), level_db)


WITHOUT_VOICE: dict[str, Callable[[], Samples]] = {
    "silence": silence,
    "room -70 dB": lambda: room(-70),
    "room -50 dB": lambda: room(-50),
    "room -30 dB": lambda: room(-30),
    "hiss -60 dB": lambda: hiss(-60),
    "hiss -40 dB": lambda: hiss(-40),
    "hiss -25 dB": lambda: hiss(-25),
    "hum 50 Hz": lambda: hum(50),
    "hum 60 Hz": lambda: hum(60),
    "loud hum 50 Hz": lambda: hum(50, -15),
    "keyboard": keyboard,
    "mouse": mouse,
    "taps": taps,
    "chords": chords,
    "arpeggio": arpeggio,
    "breath -40 dB": breath,
    "breath -25 dB": lambda: breath(-25),
    "wind": wind,
    "loud wind": lambda: wind(-15),
    "chirp": chirp,
    "phone": phone,
    "ringback": ringback,
    "clipped noise": clipped_noise,
    "offset": offset,
    "cough": cough,
    "violin": violin,
    "dog": dog,
}


def _time(seconds: float) -> Floats:
    return np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def _note(hertz: float, seconds: float, attack_s: float, decay_s: float) -> Floats:
    time = _time(seconds)
    tones = sum(np.sin(2 * np.pi * hertz * n * time) / n**1.5 for n in range(1, 7))
    return np.asarray(tones) * np.minimum(time / attack_s, 1.0) * np.exp(-time / decay_s)


def _click(chance: np.random.Generator, low_hz: float, high_hz: float, decay_s: float) -> Floats:
    noise = chance.standard_normal(round(8 * decay_s * SAMPLE_RATE) + 64)
    return band(noise, low_hz, min(high_hz, _NYQUIST)) * np.exp(
        -np.arange(len(noise)) / (decay_s * SAMPLE_RATE)
    )


def _pulses(pitch_hz: Floats) -> Floats:
    """Give the pulses of vocal cords, or of a bow, at a pitch that changes."""
    turns: Floats = np.floor(np.cumsum(pitch_hz) / SAMPLE_RATE)
    return np.diff(turns, prepend=0.0)


def _through_mouth(sound: Floats, resonances_hz: tuple[int, ...]) -> Floats:
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    weights = [0.6**n / (1 + ((hertz - f) / 200) ** 2) for n, f in enumerate(resonances_hz)]
    return np.fft.irfft(np.fft.rfft(sound) * np.sum(weights, axis=0), len(sound))


def _add(sound: Floats, at_s: float, what: Floats) -> None:
    begin = round(at_s * SAMPLE_RATE)
    what = what[: len(sound) - begin]
    sound[begin : begin + len(what)] += what
