"""Draw what viewers cost who speaks.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from bench.multiples import ratio
from bench.rooms_figures import Case

mpl.use("Agg")
from matplotlib import pyplot as plt


def plot_rooms(cases: Sequence[Case], path: Path) -> None:
    """Draw lateness of the loop and the speaker's lag against the number of viewers."""
    measured, base = sorted(cases[:-1], key=lambda case: case.viewers), cases[0].lags.words
    counts = [case.viewers for case in measured]
    figure, (loop, lag) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for name, style in (("p99", ":"), ("p100", "-")):
        late = [case.late_ms(name) for case in measured]
        loop.plot(counts, late, style, marker="o", color="#0b6e4f", label=name)
    loop.set(ylabel="event loop, ms late", xlabel="viewers of one room", ylim=(0, None))
    for q, style in ((50, ":"), (95, "-")):
        times = [ratio(case.lags.words, base, q) for case in measured]
        lag.plot(counts, times, style, marker="o", color="#2f6fb0", label=f"p{q}")
    lag.axhline(1, color="#999999", linewidth=0.8)
    lag.set(ylabel="speaker's word lag, multiple of none", xlabel="viewers of one room")
    lag.set(ylim=(0, None))
    for axes in (loop, lag):
        axes.set_xticks(counts)
        axes.legend(frameon=False, fontsize="small")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
