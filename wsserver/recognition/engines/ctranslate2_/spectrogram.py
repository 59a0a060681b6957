"""Audio to the log-mel spectrogram of a context as long as it should be.

Knows nothing of models but the number of their mel bands.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsserver.speech import Samples

FULL = 1500
"""Positions of audio in Whisper's 30 s context."""

SAMPLES = 320
"""Samples of one position."""

_FRAMES = 2
"""Frames of the spectrogram in one position."""

_BEYOND = 640
"""Zeros behind the audio after which a frame hears nothing but zeros."""

_MARGIN = 64
"""Positions of silence behind a short window at least: 1.3 s, lest the model run on."""

_BUCKET = 128
"""Short contexts are multiples of it, so that windows of several sessions can go together."""


def short_context(samples: int) -> int:
    """Give the positions to encode for a window: as long as it, with a margin of silence."""
    needed = -(-samples // SAMPLES) + _MARGIN
    return min(FULL, -(-needed // _BUCKET) * _BUCKET)


def spectrogram(extractor: Any, audio: Samples, positions: int) -> NDArray[np.float32]:
    """Give the log-mel spectrogram of *audio*, padded or cut to a context of so many positions.

    Shape (mels, 2 * positions).  It is the one that faster-whisper's *extractor* makes of the
    padded audio, but only what is not silent is computed.
    """
    frames = positions * _FRAMES
    heard = audio[: positions * SAMPLES]
    padded = np.pad(heard, (0, _BEYOND)).astype(np.float32)
    mel: NDArray[np.float32] = extractor(padded, padding=0)[:, :frames]
    missing = frames - mel.shape[1]
    # All frames of silence are alike, and the last computed one is of silence.
    return np.pad(mel, ((0, 0), (0, missing)), mode="edge") if missing else mel
