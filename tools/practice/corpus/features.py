"""Turn samples into the mel frames that Whisper hears, before it scales a window as a whole.

Knows Whisper's constants and its file of filters; loads no torch, so that workers start fast.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.practice.corpus.store import BANDS
from tools.practice.speech import FRAMES_PER_SECOND, RATE, Mel, Samples

_WINDOW = 400
_HOP = RATE // FRAMES_PER_SECOND
_FLOOR = 1e-10


def log_mel(samples: Samples) -> Mel:
    """Give log10 of the mel power, shape (frames, 80); a frame for every whole 160 samples.

    As `whisper.audio.log_mel_spectrogram` computes it, up to the scaling by the loudest frame.
    """
    padded = np.pad(samples, _WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    frames = frames[: len(samples) // _HOP]
    power = np.square(np.abs(np.fft.rfft(frames * _hann())))
    return np.log10(np.maximum(power @ _filters().T, _FLOOR)).astype(np.float16)


@cache
def _hann() -> NDArray[np.float32]:
    return np.hanning(_WINDOW + 1)[:-1].astype(np.float32)


@cache
def _filters() -> NDArray[np.float32]:
    spec = find_spec("whisper")
    assert spec is not None
    assert spec.origin is not None
    with np.load(Path(spec.origin).parent / "assets" / "mel_filters.npz") as filters:
        return np.asarray(filters[f"mel_{BANDS}"], np.float32)
