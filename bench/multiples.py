"""Say how often what was waited alone goes into what was waited beside others.

Knows seconds; knows nothing of what was waited for.
"""

import math
from collections.abc import Sequence

from bench.lags import percentile

_SETTLED_S = 0.02
"""Below it a lag has no ratio: both are as good as nothing."""


def ratio(values: Sequence[float], alone: Sequence[float], q: float) -> float:
    """Say how often the percentile of those *alone* goes into that of *values*; NaN for nothing."""
    one, other = percentile(values, q), percentile(alone, q)
    return one / other if other >= _SETTLED_S else math.nan


def two(values: Sequence[float], alone: Sequence[float]) -> str:
    """Show p50 and p95, each with its multiple of that of those *alone*."""
    return " ".join(
        f"{percentile(values, q):.2f}{_times(ratio(values, alone, q))}" for q in (50, 95)
    )


def _times(times: float) -> str:
    return "" if math.isnan(times) else f" ({times:.2f})"
