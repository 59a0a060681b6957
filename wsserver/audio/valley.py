"""Find the moment in running speech where a cut does the least harm.

Knows probabilities of voice and the audio they are of; knows nothing of utterances.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wsserver.speech import Samples

SMOOTHED_FRAMES = 5
"""A dip must last: each probability is averaged with two neighbors on each side, 160 ms in all."""

LEVELS = 20
"""Differences below 1/20 say nothing; where voice is equally likely, the quieter frame wins."""

FOUND_FRAMES = 10
"""Frames with voice that a model which starts anew at the cut is sure to find some in.

Silero started in the midst of a word is unsure of the first three or four (measured), so the end
of a word, alone behind the cut, would be taken for silence.
"""

_MILLI = 1_000
_WEIGHTS = np.array([1, 2, 3, 2, 1])


def deepest(probabilities: Sequence[float], frames: Samples, threshold: float) -> int:
    """Give the number of the frame where voice is least likely, never one of the outer two.

    After it there is no voice, or enough of it to be found again.  Ties go to the frame with the
    least energy, then to the latest.

    Args:
        probabilities: of voice, one a frame, at least `SMOOTHED_FRAMES` of them.
        frames: the audio, shape (len(probabilities), frame_samples).
        threshold: the probability from which on a frame counts as voice.
    """
    levels = _levels(probabilities)
    edge = SMOOTHED_FRAMES // 2
    inner = slice(edge, edge + len(levels))
    scraps = _leaves_scraps(np.asarray(probabilities) >= threshold)[inner]
    latest_first = -np.arange(len(levels))
    order = np.lexsort((latest_first, _energies(frames[inner]), levels, scraps))
    return int(order[0]) + edge


def _leaves_scraps(voiced: NDArray[np.bool_]) -> NDArray[np.bool_]:
    after = voiced[::-1].cumsum()[::-1]
    return (after > 0) & (after < FOUND_FRAMES)


# Both in integers, whose sums are exact: no order of adding up can turn a tie around.


def _levels(probabilities: Sequence[float]) -> NDArray[np.int64]:
    exact = np.rint(np.asarray(probabilities) * _MILLI).astype(np.int64)
    sums = np.convolve(exact, _WEIGHTS, mode="valid")
    return sums * LEVELS // (int(_WEIGHTS.sum()) * _MILLI)


def _energies(frames: Samples) -> NDArray[np.int64]:
    exact = np.rint(frames * np.float32(32_767)).astype(np.int64)
    energies: NDArray[np.int64] = (exact * exact).sum(axis=1)
    return energies
