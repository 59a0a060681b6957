"""Let speech sound as if it came from elsewhere: other throats, rooms, microphones and lines.

Knows mel powers; knows nothing of words or models.
"""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from whisper.audio import HOP_LENGTH, N_FFT, mel_filters

from tools.practice.corpus.store import BANDS
from tools.practice.speech import RATE
from tools.practice.training.shelves import Rng
from tools.practice.training.windows import FLOOR, Power

_BANK_FRAMES = 6_000
_LOUDEST = 1.0
"""log10 of the mel power of the loudest noise; a voice at full scale has about 1.5."""


def speech(power: Power, rng: Rng) -> None:
    """Change a window with speech in it, in place; many of them but for the level hardly."""
    if rng.random() < 0.4:
        power[:] = warped(power, rng.uniform(0.9, 1.12))
    if rng.random() < 0.4:
        power += _tilt(rng)
    power += rng.uniform(-3.5, 0.7)
    if rng.random() < 0.08:
        power[:] = reverberant(
            power, decay=rng.uniform(0.6, 0.9), share=10 ** rng.uniform(-2, -0.5)
        )
    if rng.random() < 0.4:
        _add_noise(power, rng)
    if rng.random() < 0.05:
        telephone(power, rng)
    if rng.random() < 0.15:
        mask(power, rng)


def silence(power: Power, rng: Rng) -> None:
    """Fill a window without speech, in place: digital silence, or noise faint to loud.

    Noise that is there already gets another level.
    """
    if power.max() > FLOOR:
        power += rng.uniform(-2, 1)
        return
    if rng.random() < 0.3:
        return
    level = rng.uniform(-8, _LOUDEST)
    power[:] = level + _noise(len(power), rng, steady=rng.random() < 0.5)


def warped(power: Power, factor: float) -> Power:
    """Move resonances as a throat of another length would; above 1 it is longer."""
    places = np.clip(np.arange(BANDS) * factor, 0, BANDS - 1)
    before = places.astype(int)
    after = np.minimum(before + 1, BANDS - 1)
    weight = (places - before).astype(np.float32)
    moved: Power = power[:, before] * (1 - weight) + power[:, after] * weight
    return moved


def reverberant(power: Power, decay: float, share: float) -> Power:
    """Let each frame linger: *share* of it in the next, *decay* of that in each one after."""
    direct = np.float32(10) ** power
    tail = np.zeros_like(direct)
    for frame in range(1, len(direct)):
        tail[frame] = decay * tail[frame - 1] + share * direct[frame - 1]
    lingering: Power = np.log10(direct + tail)
    return lingering


def telephone(power: Power, rng: Rng) -> None:
    """Take away, in place, what a narrow line does not carry."""
    highest, lowest = rng.uniform(3_400, 4_000), rng.uniform(100, 300)
    hertz = _centers()
    power[:, hertz > highest] = FLOOR
    power[:, hertz < lowest] -= np.float32(1.5)


def mask(power: Power, rng: Rng) -> None:
    """Blot out, in place, a few bands and short moments (SpecAugment, arXiv:1904.08779)."""
    least = power.min()
    for _ in range(2):
        band, frame = rng.integers(BANDS - 8), rng.integers(max(1, len(power) - 5))
        power[:, band : band + rng.integers(9)] = least
        power[frame : frame + rng.integers(6)] = least


def _add_noise(power: Power, rng: Rng) -> None:
    noise = _noise(len(power), rng, steady=rng.random() < 0.6)
    speech_to_noise = rng.uniform(2, 45) / 10
    noise += np.float32(_loudness(power) - _loudness(noise) - speech_to_noise)
    np.logaddexp2(power * _LOG2_10, noise * _LOG2_10, out=power)
    power /= _LOG2_10


def _loudness(power: Power) -> float:
    """Give log10 of the mean power."""
    return float(np.log10(np.mean(np.float32(10) ** power)))


_LOG2_10 = np.float32(np.log2(10))


def _noise(frames: int, rng: Rng, *, steady: bool) -> Power:
    """Draw noise of a random color, of about level 0, that swells and ebbs unless *steady*."""
    bank = _bank()
    first = int(rng.integers(_BANK_FRAMES))
    noise = np.take(bank, np.arange(first, first + frames), axis=0, mode="wrap")
    noise += _curve(rng, BANDS, 6, 0.5) - np.linspace(0, rng.uniform(-0.5, 2.5), BANDS)
    if not steady:
        noise += _curve(rng, frames, max(2, frames // 15), 0.5)[:, None]
    return noise


def _curve(rng: Rng, length: int, points: int, spread: float) -> NDArray[np.float32]:
    places = np.linspace(0, length - 1, points)
    return np.interp(np.arange(length), places, rng.normal(0, spread, points)).astype(np.float32)


def _tilt(rng: Rng) -> NDArray[np.float32]:
    return _curve(rng, BANDS, 5, 0.25)


@lru_cache(maxsize=1)
def _bank() -> Power:
    """Give a minute of white noise, each band at level 0 on average, always the same."""
    samples = np.random.default_rng(0).standard_normal(_BANK_FRAMES * HOP_LENGTH, np.float32)
    window = torch.hann_window(N_FFT)
    spectra = torch.stft(
        torch.from_numpy(samples), N_FFT, HOP_LENGTH, window=window, return_complex=True
    )
    power = _filters() @ np.square(np.abs(spectra[:, :-1].numpy()))
    level = np.log10(power / power.mean(1, keepdims=True))
    return np.ascontiguousarray(level.T, np.float32)


@lru_cache(maxsize=1)
def _centers() -> NDArray[np.float64]:
    centers: NDArray[np.float64] = np.argmax(_filters(), axis=1) * (RATE / N_FFT)
    return centers


def _filters() -> NDArray[np.float32]:
    filters: NDArray[np.float32] = mel_filters("cpu", BANDS).numpy()
    return filters
