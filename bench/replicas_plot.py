"""Draw what one replica decodes and what two do.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt


def plot_replicas(rounds: Sequence[Sequence[float]], path: Path) -> None:
    """Draw audio decoded per second against replicas, a line for each round."""
    figure, axes = plt.subplots(figsize=(5, 3.6), layout="constrained")
    counts = range(1, len(rounds[0]) + 1)
    for heard in rounds:
        axes.plot(counts, heard, "-", marker="o", color="#2f6fb0", linewidth=0.8)
    first = sum(heard[0] for heard in rounds) / len(rounds)
    axes.plot(counts, [first * n for n in counts], ":", color="#999999", label="as many times one")
    axes.set(xlabel="replicas, one core each", ylabel="seconds of audio decoded per second")
    axes.set(ylim=(0, None))
    axes.set_xticks(list(counts))
    axes.legend(frameon=False, fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
