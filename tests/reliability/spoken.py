"""Real speech in all its states: faint, noisy, whispered, cut off, a word alone or a minute of it.

Knows the samples and what is said in them; knows no voice model, engine or server.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.conftest import SAMPLES
from tests.reliability.corpus import Floats, at_level, colored_noise, silence
from wsserver.audio.resampler import Resampler
from wsserver.sound_file import open_sound
from wsserver.speech import SAMPLE_RATE, Samples

SENTENCES = (
    "en-us-my-uncle-sold.wav",
    "en-us-the-farmer-sold.wav",
    "en-us-nothing-is-more.wav",
    "en-us-we-lost-the.wav",
    "en-gb-x-rp-f3-she-bought-a.wav",
    "en-gb-x-rp-f3-he-put-the.wav",
    "flite-slt-what-did-the.wav",
    "flite-slt-we-walked-along.wav",
    "flite-rms-the-old-man.wav",
    "flite-rms-they-could-hear.wav",
    "flite-awb-he-put-the.wav",
)
"""Samples of one sentence each."""

WORDS = {
    "sold": ("en-us-my-uncle-sold.wav", 0.76, 1.24),
    "house": ("en-us-my-uncle-sold.wav", 1.46, 1.82),
    "horses": ("en-us-the-farmer-sold.wav", 1.36, 1.84),
    "bike": ("en-us-the-farmer-sold.wav", 2.46, 2.84),
    "health": ("en-us-nothing-is-more.wav", 2.34, 2.80),
    "door": ("en-us-we-lost-the.wav", 1.62, 1.94),
    "coat": ("en-gb-x-rp-f3-she-bought-a.wav", 1.18, 1.56),
    "winter": ("en-gb-x-rp-f3-she-bought-a.wav", 1.84, 2.18),
    "table": ("en-gb-x-rp-f3-he-put-the.wav", 1.58, 1.86),
    "say": ("flite-slt-what-did-the.wav", 1.06, 1.32),
    "dark": ("flite-slt-we-walked-along.wav", 2.34, 2.80),
    "war": ("flite-rms-the-old-man.wav", 2.46, 2.74),
    "wall": ("flite-rms-they-could-hear.wav", 1.94, 2.28),
    "hot": ("flite-awb-he-put-the.wav", 0.80, 1.02),
}
"""Words to cut out of a sentence: the sample, and where in it the word begins and ends, in s."""

_AUDIBLE = 0.02
"""Of a sample's peak: what is below it for long is no speech, in any of the samples."""


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """A sound in which somebody speaks."""

    sound: Samples
    begin: int
    """Sample index of the first audible sound of the speaker."""

    end: int
    """Sample index after the last."""

    def then(self, sound: NDArray[np.floating]) -> "Speech":
        """Give the same speech with other sound around or upon it, of the same length."""
        return replace(self, sound=sound.astype(np.float32))


@cache
def sentence(name: str) -> Speech:
    """Read a sample; find where somebody speaks in it."""
    with open_sound(SAMPLES / name) as file:
        resampler = Resampler(file.block_rate)
        blocks = [
            resampler.push(block.mean(axis=1) if block.ndim > 1 else block)
            for block in file.blocks()
        ]
    sound = np.concatenate([*blocks, resampler.flush()])
    audible = np.flatnonzero(np.abs(sound) > _AUDIBLE * np.abs(sound).max())
    return Speech(sound, int(audible[0]), int(audible[-1]) + 1)


def word(said: str, around_s: float = 1.0) -> Speech:
    """Cut a word out of its sentence and put it into silence."""
    name, start, end = WORDS[said]
    sound = faded(sentence(name).sound[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)])
    around = silence(around_s)
    return Speech(np.concatenate([around, sound, around]), len(around), len(around) + len(sound))


def minute_of(said: str, every_s: float = 0.6) -> Speech:
    """Say one word over and over for a minute."""
    spoken = word(said, 0.0).sound
    once = np.zeros(round(every_s * SAMPLE_RATE), np.float32)
    once[: len(spoken)] = spoken
    sound = np.tile(once, round(60 / every_s))
    return Speech(sound, 0, len(sound) - len(once) + len(spoken))


def faint(speech: Speech, gain_db: float) -> Speech:
    """Say it farther away."""
    return speech.then(speech.sound * 10 ** (gain_db / 20))


def in_noise(speech: Speech, snr_db: float, slope_db: float = -3.0) -> Speech:
    """Say it in noise that is *snr_db* below the speech while that lasts."""
    said = speech.sound[speech.begin : speech.end]
    level_db = 10 * float(np.log10(np.mean(np.square(said, dtype=np.float64)))) - snr_db
    noise = colored_noise(slope_db, len(speech.sound) / SAMPLE_RATE, seed=11)
    return speech.then(speech.sound + at_level(noise, level_db))


def clipped(speech: Speech) -> Speech:
    """Shout it into a microphone that is set far too loud."""
    return speech.then(np.clip(speech.sound * 30, -1, 1))


def with_offset(speech: Speech) -> Speech:
    """Say it into a sound card that adds a constant."""
    return speech.then(speech.sound * 0.4 + 0.5)


def after_silence(speech: Speech, seconds: float) -> Speech:
    """Begin at once after a long silence, with nothing to announce it."""
    quiet = silence(seconds)
    sound = np.concatenate([quiet, faded(speech.sound[speech.begin :])])
    return Speech(sound, len(quiet), len(quiet) + speech.end - speech.begin)


def cut_off(speech: Speech, at: int) -> Speech:
    """Stop the recording at *at*, in the midst of whatever is said."""
    return Speech(speech.sound[:at], speech.begin, min(speech.end, at))


def cut_in(speech: Speech, at: int) -> Speech:
    """Begin the recording at *at*, in the midst of whatever is said."""
    return Speech(speech.sound[at:], max(speech.begin - at, 0), speech.end - at)


def whispered(speech: Speech, order: int = 18) -> Speech:
    """Take the vocal cords out of it: the same resonances, driven by noise instead of pulses."""
    frame, hop = 400, 160
    window = np.hanning(frame)
    chance = np.random.default_rng(12)
    sound = np.zeros(len(speech.sound) + frame)
    for begin in range(0, len(speech.sound) - frame, hop):
        heard = speech.sound[begin : begin + frame].astype(np.float64) * window
        sound[begin : begin + frame] += (
            _through(heard, order, chance.standard_normal(frame)) * window
        )
    return speech.then(sound[: len(speech.sound)] * 0.5)


def _through(heard: Floats, order: int, noise: Floats) -> Floats:
    """Send *noise* through the resonances of *heard* (its autoregressive spectrum)."""
    spectrum = np.abs(np.fft.rfft(heard, 1024)) ** 2
    correlation = np.fft.irfft(spectrum)[: order + 1]
    if correlation[0] < 1e-9:
        return np.zeros_like(heard)
    correlation[0] *= 1.0001
    lags = np.abs(np.subtract.outer(np.arange(order), np.arange(order)))
    weights = np.linalg.solve(correlation[lags], correlation[1:])
    left = float(correlation[0] - weights @ correlation[1:])
    response = np.fft.rfft(np.concatenate([[1.0], -weights]), 1024)
    driven = np.fft.irfft(np.fft.rfft(noise, 1024) / response)[: len(heard)]
    spoken: Floats = driven * np.sqrt(max(left, 0.0) / len(heard))
    return spoken


def faded(sound: Samples) -> Samples:
    """Take the edges off, so that a cut is not a click of its own."""
    edge = 80
    shape = np.ones(len(sound), np.float32)
    shape[:edge] = np.linspace(0, 1, edge)
    shape[-edge:] = np.linspace(1, 0, edge)
    return sound * shape
