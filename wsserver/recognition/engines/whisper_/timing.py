"""What the alignment heads looked at, to the position where each token was spoken.

Knows nothing of text.  Follows the recipe of stock's `find_alignment`.
"""

import numpy as np
from numpy.typing import NDArray

from wsserver.recognition.engines.whisper_.dtw import first_columns

Attention = NDArray[np.float32]
"""Shape (heads, lines, positions): one line for each token that was fed, in order."""

_MEDIAN_OF_7 = (
    *((0, 5), (1, 6), (2, 4), (0, 3), (2, 6), (0, 1), (3, 5)),
    *((2, 3), (3, 6), (4, 5), (1, 4), (1, 3), (3, 4)),
)
"""A network of comparisons after which the median of seven stands in the fourth place."""


def token_positions(attention: Attention, first_line: int, tokens: int) -> NDArray[np.int64]:
    """Give the position where each of the sampled *tokens* starts, and where the last one ends.

    *first_line* is the line that looked for the first of them.
    """
    spread = attention.std(axis=-2, keepdims=True)
    # A position that all tokens look at alike has no spread; stock divides by zero there.
    spread = np.maximum(spread, np.finfo(np.float32).tiny)
    normal = (attention - attention.mean(axis=-2, keepdims=True)) / spread
    matrix = median_filter(normal).mean(axis=0)[first_line:]
    starts = first_columns(-matrix.astype(np.float64))
    # The last line looked for the end of text, unless the row ended by its limit.
    return np.append(starts, attention.shape[-1])[: tokens + 1]


def median_filter(x: Attention) -> Attention:
    """Give the median of each value and its three neighbors on both sides, as stock does.

    Comparing whole arrays is several times faster than stock's sorting of every seven values.
    """
    length = x.shape[-1]
    if length <= 3:
        return x
    padded = np.pad(x, ((0, 0), (0, 0), (3, 3)), mode="reflect")
    # In memory of their own: to take some anew for every comparison costs more than to compare.
    lanes = [padded[..., shift : shift + length].copy() for shift in range(7)]
    spare = np.empty_like(lanes[0])
    for low, high in _MEDIAN_OF_7:
        np.minimum(lanes[low], lanes[high], out=spare)
        np.maximum(lanes[low], lanes[high], out=lanes[high])
        lanes[low], spare = spare, lanes[low]
    return lanes[3]
