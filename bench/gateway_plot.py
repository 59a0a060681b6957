"""Draw what a server's process bears against the number of its sessions.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from bench.gateway_figures import Case, alone
from bench.multiples import ratio

mpl.use("Agg")
from matplotlib import pyplot as plt

_COLORS = ("#0b6e4f", "#b5542b", "#2f6fb0", "#7a5ea8")


def plot_gateway(cases: Sequence[Case], path: Path) -> None:
    """Draw cores, lateness of the loop and lag, one color for each way."""
    figure, (cores, loop, lag) = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
    for way, color in zip(dict.fromkeys(case.way for case in cases), _COLORS, strict=False):
        same = sorted((each for each in cases if each.way == way), key=lambda each: each.sessions)
        counts = [case.sessions for case in same]
        style = {"marker": "o", "color": color, "label": way or None}
        cores.plot(counts, [case.cores for case in same], **style)
        loop.plot(counts, [case.late_ms("p99") for case in same], **style)
        times = [ratio(case.lags.words, alone(case, cases).words, 95) for case in same]
        lag.plot(counts, times, **style)
    cores.set(ylabel="cores that it kept busy")
    loop.set(ylabel="event loop, ms late, p99")
    lag.set(ylabel="word lag, p95, multiple of alone")
    lag.axhline(1, color="#999999", linewidth=0.8)
    for axes in (cores, loop, lag):
        axes.set(xlabel="live sessions", ylim=(0, None))
        axes.spines[["top", "right"]].set_visible(False)
        if any(case.way for case in cases):
            axes.legend(frameon=False, fontsize="small")
    figure.savefig(path, dpi=120)
    plt.close(figure)
