"""Numbers with the range they may lie in.

Knows nothing of speech.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_DRAWS = 1000
_SEED = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a table."""

    name: str
    value: float
    low: float | None = None
    """Where the 95 % interval begins, if one can be given."""

    high: float | None = None
    digits: int = 1

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.{self.digits}f}"
        low, high = (f"{limit:.{self.digits}f}" for limit in (self.low, self.high))
        return f"{self.value:.{self.digits}f} [{low}, {high}]"


@dataclass(frozen=True, slots=True)
class Part:
    """What one trial adds to a share: *counted* out of *total*."""

    cluster: str
    counted: float
    total: float


def share(name: str, parts: Sequence[Part]) -> Figure:
    """Give all that was counted in % of the total, with its 95 % interval.

    Whole clusters are drawn with replacement (percentile bootstrap, fixed seed): what was said in
    two noises is no two sentences.
    """
    sums = _by_cluster(parts)
    totals = sums.sum(axis=0)
    if not totals[1]:
        return Figure(name, float("nan"))
    value = 100 * totals[0] / totals[1]
    if len(sums) < 2:
        return Figure(name, float(value))
    low, high = np.percentile(_drawn(sums), [2.5, 97.5])
    return Figure(name, float(value), float(low), float(high))


def _by_cluster(parts: Sequence[Part]) -> NDArray[np.float64]:
    """Give the sums of each cluster, shape (clusters, 2)."""
    sums: dict[str, list[float]] = {}
    for part in parts:
        cluster = sums.setdefault(part.cluster, [0.0, 0.0])
        cluster[0] += part.counted
        cluster[1] += part.total
    return np.array(list(sums.values())).reshape(-1, 2)


def _drawn(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    chance = np.random.default_rng(_SEED)
    times = chance.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=_DRAWS)
    drawn = times @ sums
    return 100 * drawn[:, 0] / np.maximum(drawn[:, 1], 1e-9)
