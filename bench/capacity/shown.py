"""The tables of capacity.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean, pstdev

from rich.box import SIMPLE_HEAD
from rich.table import Table

from bench.capacity.check import MEASURES, TARGET, Measure, Point, mean_error
from bench.capacity.cluster import Machines
from bench.capacity.curve import Curve
from bench.capacity.figures import Figures
from bench.capacity.simulation import Load
from bench.capacity.sizing import Carried, Row, Site

Reader = Callable[[Figures], float]


def table(title: str, *columns: str) -> Table:
    """Begin a table with a first column of names and others of numbers."""
    begun = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for place, column in enumerate(columns):
        begun.add_column(column, justify="right" if place else "left", no_wrap=True)
    return begun


def check_tables(points: Sequence[Point]) -> Iterator[Table]:
    """Show each number of streams in both worlds, side by side: means, then percentiles."""
    for title, judged in (("batches and means", True), ("percentiles", False)):
        measures = [measure for measure in MEASURES if measure.is_judged is judged]
        yield _check_table(f"Real and simulated: {title}; lags in seconds", points, measures)


def _check_table(title: str, points: Sequence[Point], measures: Sequence[Measure]) -> Table:
    shown = table(title, "streams", "", *(measure.name for measure in measures), "drift")
    for point in points:
        real = [f"{measure.of(point.seen.real):.2f}" for measure in measures]
        means = [point.mean(measure) for measure in measures]
        errors = [point.errors(measure) for measure in measures]
        shown.add_row(str(point.seen.load.streams), "real", *real, f"{point.drift:.2f}")
        shown.add_row("", "simulated", *(f"{mean:.2f}" for mean, _ in means))
        shown.add_row("", "its scatter", *(f"{each:.2f}" for _, each in means))
        shown.add_row("", "error", *(f"{first:+.0%}" for first, _ in errors))
        shown.add_row("", "without drift", *(f"{second:+.0%}" for _, second in errors))
    return shown


def verdict_table(points: Sequence[Point]) -> Table:
    """Show how far off the curve is, each measure over all numbers of streams."""
    shown = table(
        f"Mean error over the curve (wanted: {TARGET:.0%}) and the worst point",
        "", "error", "worst", "without drift", "worst", "real, scatter of rounds", "",
    )  # fmt: skip
    for measure in MEASURES:
        means = [mean_error(points, measure, settled) for settled in (False, True)]
        worst = [max(abs(point.errors(measure)[which]) for point in points) for which in (0, 1)]
        row = [f"{each:.0%}" for pair in zip(means, worst, strict=True) for each in pair]
        verdict = (
            ("within" if means[0] <= TARGET else "NOT within")
            if measure.is_judged
            else "not judged"
        )
        shown.add_row(measure.name, *row, f"{_scatter(points, measure.of):.0%}", verdict)
    return shown


def _scatter(points: Sequence[Point], of: Reader) -> float:
    """Say how far rounds of the same number of streams are from their mean, on average."""
    by_streams: dict[int, list[float]] = {}
    for point in points:
        by_streams.setdefault(point.seen.load.streams, []).append(of(point.seen.real))
    return fmean(pstdev(each) / (fmean(each) or 1.0) for each in by_streams.values())


def drift_told(points: Sequence[Point]) -> str:
    """Say in a sentence what drift is, and how large it was."""
    drifts = [point.drift for point in points]
    repeated = sum(point.seen.real.heard.repeated for point in points)
    return (
        "drift: what batches took beside a scheduler, over what they took alone right before and "
        f"after; here {min(drifts):.2f} to {max(drifts):.2f}.  Lags below 0.1 s are compared with "
        f"0.1 s; those of a point count by their number.  Decoded again by a guard: {repeated}."
    )


def costs_table(curve: Curve) -> Table:
    """Show what some batches cost."""
    mark = " (ASSUMED, not measured)" if curve.is_assumed else ""
    shown = table(
        f"Milliseconds of a batch: {curve.name}{mark}", "windows", "1", "2", "4", "8", "16"
    )
    for name, cost, lengths in (
        ("final of 5 s", curve.exact, [5.0]),
        ("partial of 3 s", curve.others, [3.0]),
    ):
        row = [f"{cost.at(lengths * count) * 1000:.0f}" for count in (1, 2, 4, 8, 16)]
        shown.add_row(name, *row)
    return shown


def slices_table(site: Site, one: Carried, slices: Mapping[int, Carried]) -> Table:
    """Show what one process carries, and that it does not matter how large a slice is."""
    shown = table(
        f"{_title(site)}: carried by slices of a cluster",
        "replicas", "streams", "a replica", *_LAGS,
    )  # fmt: skip
    shown.add_row("one process", str(one.streams), str(one.streams), *_lags(one.figures))
    for size, found in slices.items():
        each = f"{found.streams / size:.1f}"
        shown.add_row(f"{size} of many", str(found.streams), each, *_lags(found.figures))
    return shown


def sizing_table(site: Site, rows: Sequence[Row], replica: float, gateway: float) -> Table:
    """Show what so many streams take, and what that costs by the prices of an hour."""
    shown = table(
        f"{_title(site)}: what streams take",
        "streams", "replicas", "gateways", *_LAGS, "an hour", "a stream-hour",
    )  # fmt: skip
    for row in rows:
        cost = row.cost_per_stream_hour(replica, gateway)
        price = (f"{cost * row.streams:,.2f}", f"{cost:.4f}") if cost else ("", "")
        numbers = (f"{n:,}" for n in (row.streams, row.replicas, row.gateways))
        shown.add_row(*numbers, *_lags(row.figures), *price)
    return shown


def run_table(curve: Curve, machines: Machines, load: Load, figures: Figures) -> Table:
    """Show one run."""
    shown = table(
        f"{curve.name}: {load.streams} streams, {machines.replicas} replicas, "
        f"{machines.gateways} gateways",
        *_LAGS, "batches a second", "windows a batch", "finals a batch", "inside", "refused",
    )  # fmt: skip
    batches = figures.batches
    shown.add_row(
        *_lags(figures),
        f"{batches.per_second:.1f}",
        f"{batches.windows:.2f}",
        f"{batches.finals:.2f}",
        f"{figures.inside:.1f}",
        str(figures.refused),
    )
    return shown


_LAGS = ("word p50 p95 p99", "partial p50 p95 p99", "final p50 p95 p99", "busy")


def _lags(figures: Figures) -> list[str]:
    three = [
        " ".join(f"{of(q):.2f}" for q in (50, 95, 99))
        for of in (figures.word, figures.partial, figures.final)
    ]
    return [*three, f"{figures.batches.busy:.0%}"]


def _title(site: Site) -> str:
    mark = ", ASSUMED costs" if site.curve.is_assumed else ""
    return f"{site.curve.name}{mark}, {site.load.talk}, lag {site.target.lag_seconds:g} s"
