"""Speech of which every word and phone is known: what voices give and all else is made of.

Knows seconds and samples; knows nothing of who speaks, of files or of models.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Samples per second of all audio here, as in Whisper."""

FRAMES_PER_SECOND = 100
"""Mel frames; Whisper's encoder halves them."""

Samples: TypeAlias = NDArray[np.float32]
"""Mono audio at `RATE`, full scale 1."""

Mel: TypeAlias = NDArray[np.float16]
"""Shape (frames, 80): log10 of the mel power, floor -10, before Whisper's window-wide scaling."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A speech sound in the inventory that all voices share, and when it sounds, in seconds."""

    symbol: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Word:
    """A word as Whisper writes it, with its capitals and punctuation, and when it is said."""

    text: str
    start: float
    end: float
    phones: tuple[Phone, ...] = ()


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a voice said; times count from the first sample."""

    samples: Samples
    words: tuple[Word, ...]
    voice: str
