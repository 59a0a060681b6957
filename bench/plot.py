"""Draw what the benches measured.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt

Lags = Sequence[float]


def plot_streams(runs: Sequence[tuple[int, Lags, Lags]], path: Path) -> None:
    """Draw lag against the number of streams: word lag and final lag, median and p95."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    counts = [count for count, _, _ in runs]
    for name, place, color in (
        ("word to partial", 1, "#0b6e4f"),
        ("endpoint to final", 2, "#b5542b"),
    ):
        for q, style in ((50, "-"), (95, "--")):
            lags = [np.percentile(run[place] or [np.nan], q) for run in runs]
            axes.plot(counts, lags, style, marker="o", color=color, label=f"{name}, p{q}")
    axes.axhline(1.0, color="#999999", linewidth=0.8)
    axes.set(xlabel="people speaking at once (60 % of the time)", ylabel="seconds", ylim=(0, None))
    axes.set_xticks(counts)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
