"""Change a sound's spectrum: bands, slopes, and convolution.

Knows spectra; knows nothing of what a sound is for.
"""

import numpy as np
from numpy.typing import NDArray

from tools.practice.speech import RATE, Samples

Floats = NDArray[np.float32]


def length_for(count: int) -> int:
    """Give a length not below *count* of which the transform is fast."""
    power: int = 2 ** max(6, (count - 1).bit_length())
    return next(size for size in (5 * power // 8, 3 * power // 4, power) if size >= count)


def weighted(samples: Samples, weights: Floats) -> Samples:
    """Weigh the spectrum; *weights* lie evenly between 0 Hz and half the rate."""
    size = length_for(len(samples))
    spectrum = np.fft.rfft(samples, size)
    places = np.linspace(0, len(weights) - 1, len(spectrum))
    spectrum *= np.interp(places, np.arange(len(weights)), weights)
    return np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)


def band(samples: Samples, low_hz: float, high_hz: float) -> Samples:
    """Keep what lies between two frequencies, with edges of a third of an octave."""
    hertz = np.linspace(0, RATE / 2, 2049, dtype=np.float32)
    rise = np.clip(1 + 3 * np.log2(np.maximum(hertz, 1) / max(low_hz, 1)), 0, 1)
    fall = np.clip(1 - 3 * np.log2(np.maximum(hertz, 1) / high_hz), 0, 1)
    return weighted(samples, (rise * fall).astype(np.float32))


def sloped(samples: Samples, db_per_octave: float) -> Samples:
    """Let the spectrum fall or rise from 50 Hz on."""
    hertz = np.linspace(0, RATE / 2, 4097, dtype=np.float32)
    octaves = np.log2(np.maximum(hertz, 50) / 1_000)
    return weighted(samples, (10 ** (db_per_octave * octaves / 20)).astype(np.float32))


def convolved(samples: Samples, response: Samples) -> Samples:
    """Convolve, and keep the length: what would ring on behind the end is lost."""
    size = length_for(len(samples) + len(response))
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)
