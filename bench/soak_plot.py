"""Draw what a server held while more and more sessions had come and gone.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from bench.soak_figures import Rest

mpl.use("Agg")
from matplotlib import pyplot as plt

_PANELS = (
    ("megabytes", ("server RSS MB", "server anonymous MB", "engine RSS MB", "engine anonymous MB")),
    (
        "number",
        ("server handles", "server threads", "tasks", "session objects", "engine handles"),
    ),
)
_COLORS = ("#0b6e4f", "#2f6fb0", "#b5542b", "#7a5ea8", "#444444")


def plot_soak(rests: Sequence[Rest], path: Path) -> None:
    """Draw memory, and all that is counted, against the number of sessions."""
    figure, both = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    sessions = [rest.sessions for rest in rests]
    for axes, (unit, names) in zip(both, _PANELS, strict=True):
        for name, color in zip(names, _COLORS, strict=False):
            values = [rest.figures[name] for rest in rests]
            axes.plot(sessions, values, marker="o", markersize=3, color=color, label=name)
        axes.set(xlabel="sessions that came and went", ylabel=unit)
        axes.set_ylim(0, axes.get_ylim()[1] * 1.25)
        axes.legend(frameon=False, fontsize="small", ncols=2, loc="upper left")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
