"""What each step of a training does: how fast it learns and how long its windows are.

Knows how far the training has come; knows nothing of what is learned.  All is a function of the
step, so that a training goes on after a break as if there had been none.
"""

import math
from dataclasses import dataclass

import numpy as np

_WARM_UP = 0.01
_DECAY_FROM = 0.35
_LEAST_RATE = 0.01
_SOUNDS_UNTIL = 0.5
"""When the order of phones is no longer learned: their times, learned beside it, imply it."""

_EASY_UNTIL = 0.03
_SHORT_UNTIL = 0.1
_PADDED_SHARE = 0.35
_LONG_SHARE = 0.12
POSITIONS = 1500
"""Encoder positions of 30 s."""

SAMPLED = 32
"""Positions that stand for all of the padding behind a window."""

MARGIN = 5
"""Positions behind a window that still hear it, and so are computed each."""


def rate(progress: float) -> float:
    """Give the learning rate as a share of the highest: up, level, down along a cosine."""
    if progress < _DECAY_FROM:
        return min(1.0, (progress + 1e-4) / _WARM_UP)
    turned = math.pi * (progress - _DECAY_FROM) / (1 - _DECAY_FROM)
    return max(_LEAST_RATE, 0.5 * (1 + math.cos(turned)))


def sequence_weight(progress: float) -> float:
    """Give the weight of the phones' order."""
    return 0.3 * max(0.0, 1 - progress / _SOUNDS_UNTIL)


@dataclass(frozen=True, slots=True)
class Shape:
    """The windows of one step, in all its batches."""

    frames: int
    rows: int
    padded: bool
    """Whether they are padded to 30 s, as stock decoding does."""


def shape(progress: float, audio_s: float, rng: np.random.Generator) -> Shape:
    """Draw the windows of a step: short ones first, then of all lengths up to 30 s."""
    frames = 2 * int(50 * _seconds(progress, rng))
    padded = progress >= _EASY_UNTIL and rng.random() < _PADDED_SHARE
    padded = padded and frames // 2 + 2 * SAMPLED < POSITIONS
    extra = 2 * (SAMPLED + MARGIN) if padded else 0
    return Shape(frames, max(1, int(100 * audio_s / (frames + extra))), padded)


def _seconds(progress: float, rng: np.random.Generator) -> float:
    if progress < _EASY_UNTIL:
        return float(rng.uniform(1.5, 4))
    if progress < _SHORT_UNTIL:
        return float(rng.uniform(1.5, 7.5))
    if rng.random() < _LONG_SHARE:
        return float(rng.uniform(12, 30))
    return float(12 ** rng.random())
