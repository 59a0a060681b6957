"""Draw what the benches measured.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import matplotlib as mpl

from bench.lags import percentile

mpl.use("Agg")
from matplotlib import pyplot as plt

Curve: TypeAlias = Sequence[tuple[int, Sequence[float]]]
"""Numbers of streams, each with the lags of its words."""

_COLORS = ("#0b6e4f", "#2f6fb0", "#b5542b", "#7a5ea8", "#8a8d2e", "#444444")
_HIGHEST_S = 5.0


def plot_streams(curves: Mapping[str, Curve], limit: float, path: Path) -> None:
    """Draw word lag against the number of streams, median and p95, of all servers in one figure."""
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    highest = limit
    for place, (name, curve) in enumerate(curves.items()):
        color, counts = _COLORS[place % len(_COLORS)], [count for count, _ in curve]
        for q, style in ((50, ":"), (95, "-")):
            lags = [percentile(words, q) for _, words in curve]
            highest = max(highest, *lags)
            axes.plot(counts, lags, style, marker="o", color=color, label=f"{name}, p{q}")
    axes.axhline(limit, color="#999999", linewidth=0.8)
    axes.set(xlabel="people at once, each speaking 60 % of the time")
    axes.set(ylabel="seconds from word to text", ylim=(0, min(highest * 1.1, _HIGHEST_S)))
    axes.set_xticks(sorted({count for curve in curves.values() for count, _ in curve}))
    axes.legend(frameon=False, fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
