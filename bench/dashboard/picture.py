"""Draw panels with what they found, in the dashboard's own grid.

Knows panels, series and a plotting library; knows nothing of where the numbers are from.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from PIL import Image

from bench.dashboard.panels import Panel

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import FuncFormatter, MaxNLocator

GRID_WIDTH = 24
_INCHES = 15.0
_UNIT_INCHES = 0.325
"""Of the height; a panel eight units high is then about as high as Grafana shows it."""

_HEAD_INCHES = 0.85
_GAP = 0.006
_COLORS = (
    "#56883f", "#d9a514", "#3b7fb5", "#d9603b", "#7e57a8", "#2b9aa0", "#b5487f", "#8a8d2e",
    "#5c6b7a", "#a2612f",
)  # fmt: skip
_INK, _FAINT, _PAPER = "#24292e", "#8b949e", "#f4f5f7"
_COLORS_OF_FILE = 256


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a panel: seconds since the beginning, and values."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the panels."""

    title: str
    subtitle: str
    marks: Sequence[tuple[float, str]]
    """Seconds, and what happened then."""

    seconds: float


def with_gaps(points: Sequence[tuple[float, float]], step: float) -> list[tuple[float, float]]:
    """Break a curve where more than a *step* lies between two of its points."""
    broken: list[tuple[float, float]] = []
    for at, value in points:
        if broken and at - broken[-1][0] > 1.5 * step:
            broken.append((at, math.nan))
        broken.append((at, value))
    return broken


def draw(head: Head, panels: Sequence[tuple[Panel, Sequence[Curve]]], path: Path) -> None:
    """Write the picture to *path*."""
    rows = max(panel.y + panel.height for panel, _ in panels)
    height = rows * _UNIT_INCHES + _HEAD_INCHES
    figure = plt.figure(figsize=(_INCHES, height), facecolor=_PAPER)
    below = rows * _UNIT_INCHES / height
    _draw_head(figure, head, _HEAD_INCHES / height)
    for panel, curves in panels:
        box = (
            panel.x / GRID_WIDTH + _GAP / 2,
            below * (1 - (panel.y + panel.height) / rows) + _GAP / 2,
            panel.width / GRID_WIDTH - _GAP,
            below * panel.height / rows - _GAP,
        )
        _draw_panel(figure, box, panel, curves, head)
    figure.savefig(path, dpi=100, facecolor=_PAPER)
    plt.close(figure)
    # Few colors, so that the file is light.
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(_COLORS_OF_FILE).save(path, optimize=True)


def _draw_head(figure: Any, head: Head, share: float) -> None:
    at = 0.01
    figure.text(at, 1 - 0.30 * share, head.title, size=15, weight="bold", color=_INK, va="center")
    figure.text(
        0.99, 1 - 0.30 * share, head.subtitle, size=10, color=_FAINT, va="center", ha="right"
    )
    told = "    ".join(f"{_sign(n)} {_clock(at)} {name}" for n, (at, name) in enumerate(head.marks))
    figure.text(at, 1 - 0.72 * share, told, size=10, color=_INK, va="center")


def _draw_panel(
    figure: Any,
    box: tuple[float, float, float, float],
    panel: Panel,
    curves: Sequence[Curve],
    head: Head,
) -> None:
    left, bottom, width, height = box
    figure.patches.append(
        FancyBboxPatch(
            (left, bottom),
            width,
            height,
            boxstyle="square,pad=0",
            transform=figure.transFigure,
            facecolor="white",
            edgecolor="#d5d9de",
            linewidth=0.8,
            zorder=-1,
        )
    )
    legend_rows = -(-len(curves) // _legend_columns(curves))
    room = 0.13 + 0.075 * legend_rows
    axes = figure.add_axes(
        (left + 0.15 * width, bottom + (room + 0.07) * height, 0.82 * width, (0.77 - room) * height)
    )
    figure.text(
        left + 0.025 * width, bottom + 0.925 * height, panel.title,
        size=10.5, weight="bold", color=_INK, va="center",
    )  # fmt: skip
    for place, curve in enumerate(curves):
        color = _COLORS[place % len(_COLORS)]
        times = [at for at, _ in curve.points]
        values = [value for _, value in curve.points]
        axes.plot(times, values, color=color, linewidth=1.4, label=curve.name)
        axes.fill_between(times, values, color=color, alpha=0.08, linewidth=0)
    _dress(axes, panel, head)
    axes.legend(
        loc="upper left", bbox_to_anchor=(-0.17, -0.17), ncols=_legend_columns(curves),
        frameon=False, fontsize=8, handlelength=1.1, columnspacing=1.0, handletextpad=0.4,
        borderaxespad=0.0, labelcolor=_INK,
    )  # fmt: skip


def _legend_columns(curves: Sequence[Curve]) -> int:
    longest = max((len(curve.name) for curve in curves), default=1)
    return max(1, min(len(curves), 62 // (longest + 5)))


def _dress(axes: Any, panel: Panel, head: Head) -> None:
    axes.set_xlim(0, head.seconds)
    axes.set_ylim(bottom=0)
    if axes.get_ylim()[1] <= 0.06:  # nothing but zeros
        axes.set_ylim(0, 1)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=panel.unit == "short"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: UNITS[panel.unit](value)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: _clock(at)))
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 3, 6]))
    axes.tick_params(labelsize=8, colors=_FAINT, length=0)
    axes.grid(color="#e6e8eb", linewidth=0.7)
    axes.spines[:].set_visible(False)
    for number, (at, _) in enumerate(head.marks):
        axes.axvline(at, color=_FAINT, linewidth=0.8, linestyle=(0, (2, 2)))
        axes.text(
            at, 1.015, _sign(number), transform=axes.get_xaxis_transform(),
            size=7, color=_FAINT, ha="center", va="bottom",
        )  # fmt: skip


def _sign(number: int) -> str:
    return chr(ord("a") + number)


def _clock(at: float) -> str:
    return f"{int(at) // 60}:{int(at) % 60:02}"


def _seconds(value: float) -> str:
    return f"{value * 1000:.3g} ms" if 0 < value < 1 else f"{value:.3g} s"


UNITS: dict[str, Callable[[float], str]] = {
    "short": lambda value: f"{value:.3g}",
    "s": _seconds,
    "percentunit": lambda value: f"{value:.0%}",
    "reqps": lambda value: f"{value:.2g} req/s",
}
"""How Grafana writes what a panel is measured in."""
