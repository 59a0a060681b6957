"""Noises, lines, codecs, rooms and levels of the evaluation: apart from those of training.

Knows samples; knows nothing of sets.  Training spoils speech by its own means in
`tools.practice.sound`; were they the same, the figures would flatter.
"""

import io
from collections.abc import Callable, Sequence

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from tests.reliability.corpus import at_level, babble, band, colored_noise
from tools.practice.chance import Chance
from tools.practice.speech import RATE, Samples

Floats = NDArray[np.float64]
Spoil = Callable[[Samples, Chance], Samples]
"""Gives as many samples as it takes."""


def loudness_db(samples: Samples) -> float:
    """Give the level of what is louder than a hundredth of the peak, in dB below full scale."""
    loud = samples[np.abs(samples) > 0.01 * np.abs(samples).max(initial=0)]
    return float(10 * np.log10(np.mean(np.square(loud, dtype=np.float64)) + 1e-12))


def leveled(samples: Samples, level_db: float) -> Samples:
    """Bring speech to a level, counting its loud parts alone; what exceeds full scale is cut."""
    gain = 10 ** ((level_db - loudness_db(samples)) / 20)
    scaled: Samples = np.clip(samples * np.float32(gain), -1, 1).astype(np.float32)
    return scaled


def at(level_db: float) -> Spoil:
    """Bring speech to a level."""
    return lambda samples, _: leveled(samples, level_db)


def in_noise(slope_db: float, snr_db: float) -> Spoil:
    """Add noise with so many dB per octave: 0 is white, -3 pink."""

    def spoil(samples: Samples, chance: Chance) -> Samples:
        seed = int(chance.integers(2**31))
        noise = colored_noise(slope_db, len(samples) / RATE, seed)
        return _with(samples, at_level(noise, loudness_db(samples) - snr_db))

    return spoil


def in_babble(voices: Sequence[Samples], snr_db: float) -> Spoil:
    """Add six of these voices, backwards and over one another."""

    def spoil(samples: Samples, chance: Chance) -> Samples:
        others = [voices[place] for place in chance.permutation(len(voices))[:6]]
        level_db = loudness_db(samples) - snr_db
        return _with(samples, babble(others, level_db, len(samples) / RATE))

    return spoil


def telephone(samples: Samples, _: Chance) -> Samples:
    """Keep 300 to 3400 Hz at 8 kHz, in mu-law, as a telephone does."""
    narrow = soxr.resample(band(samples.astype(np.float64), 300, 3_400), RATE, 8_000)
    curved = np.sign(narrow) * np.log1p(255 * np.minimum(np.abs(narrow), 1)) / np.log(256)
    steps = np.round(curved * 127) / 127
    heard = np.sign(steps) * np.expm1(np.abs(steps) * np.log(256)) / 255
    return _fitted(soxr.resample(heard, 8_000, RATE), samples)


def coded(kind: str, subtype: str, rate: int = RATE) -> Spoil:
    """Send speech through one of libsndfile's lossy formats at its lowest quality."""

    def spoil(samples: Samples, _: Chance) -> Samples:
        file = io.BytesIO()
        sent = soxr.resample(samples, RATE, rate)
        soundfile.write(file, sent, rate, subtype, format=kind, compression_level=0.99)
        file.seek(0)
        received, received_rate = soundfile.read(file, dtype="float32")
        return _fitted(soxr.resample(received, received_rate, RATE), samples)

    return spoil


def in_room(decay_s: float, direct_db: float) -> Spoil:
    """Add what a room answers: an exponential tail that many dB below the direct sound."""

    def spoil(samples: Samples, chance: Chance) -> Samples:
        count = round(decay_s * RATE)
        time = np.arange(count) / RATE
        tail = chance.standard_normal(count) * 10 ** (-3 * time / decay_s)
        tail *= 10 ** (-direct_db / 20) / np.sqrt(np.sum(tail**2))
        tail[: RATE // 400] = 0
        answer = np.concatenate([[1.0], tail[1:]])
        size = len(samples) + count
        sum_ = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(answer, size), size)
        return _unclipped(sum_[: len(samples)])

    return spoil


def clipped(samples: Samples, _: Chance) -> Samples:
    """Turn the gain up until a tenth of the loud samples is cut off."""
    limit = np.quantile(np.abs(samples), 0.97)
    return np.clip(samples, -limit, limit).astype(np.float32)


def _with(samples: Samples, noise: NDArray[np.floating]) -> Samples:
    return _unclipped(samples + noise[: len(samples)])


def _unclipped(samples: NDArray[np.floating]) -> Samples:
    return (samples / max(1.0, float(np.abs(samples).max(initial=0)))).astype(np.float32)


def _fitted(samples: NDArray[np.floating], like: Samples) -> Samples:
    fitted = np.zeros(len(like), np.float32)
    heard = samples[: len(like)]
    fitted[: len(heard)] = heard
    return fitted
