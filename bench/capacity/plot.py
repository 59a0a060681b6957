"""Draw how many replicas so many streams take.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

_COLORS = ("#0b6e4f", "#2f6fb0", "#b5542b", "#7a5ea8")


def plot_replicas(found: Mapping[str, Sequence[tuple[int, int]]], path: Path) -> None:
    """Draw the replicas over the streams, a line for each kind of machine."""
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for (name, rows), color in zip(found.items(), _COLORS * len(found), strict=False):
        streams, replicas = zip(*rows, strict=True)
        axes.plot(streams, replicas, marker="o", color=color, label=name)
    axes.set(xscale="log", yscale="log", xlabel="streams", ylabel="replicas")
    axes.legend(frameon=False, fontsize="small")
    axes.grid(color="#dddddd", linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
