"""Hold the simulation against the real scheduler and a real engine, side by side.

Knows the same people in both worlds; knows nothing of tables.

For each number of streams: costs are measured, the people speak in real time, costs are measured
again; then the simulation is told the costs and nothing else of what came.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from bench.capacity.cluster import Machines
from bench.capacity.curve import Batch, Curve
from bench.capacity.engines import Running
from bench.capacity.figures import Figures
from bench.capacity.levels import fit_curve, scaled
from bench.capacity.probe import Probe
from bench.capacity.reality import live
from bench.capacity.simulation import Load, Simulation
from bench.capacity.stream import Reel

TARGET = 0.15
LEAST_SECONDS = 0.1
"""A client's chunk: lags below it are compared with it."""

_DRAWS = 10
"""Simulations of each point, which differ in what the machine's scatter does."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that both worlds have."""

    name: str
    of: Callable[[Figures], float]
    lags: str = ""
    """The list of `Heard` that it is of, if it is a lag."""

    is_judged: bool = True
    """False for tails: a few windows decide them."""

    def count(self, figures: Figures) -> float:
        """Say how much a point counts: by the number of its lags."""
        return len(getattr(figures.heard, self.lags)) + 1e-9 if self.lags else 1.0

    def error(self, real: float, simulated: float) -> float:
        """Say how far off the simulation is, as a share."""
        return (simulated - real) / max(real, LEAST_SECONDS if self.lags else 0.0)


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0


MEASURES = (
    Measure("windows a batch", lambda f: f.batches.windows),
    Measure("batches a second", lambda f: f.batches.per_second),
    Measure("busy", lambda f: f.batches.busy),
    Measure("partial, mean", lambda f: _mean(f.heard.partials), "partials"),
    Measure("final, mean", lambda f: _mean(f.heard.finals), "finals"),
    Measure("word, mean", lambda f: _mean(f.heard.words), "words"),
    Measure("partial p50", lambda f: f.partial(50), "partials", is_judged=False),
    Measure("partial p95", lambda f: f.partial(95), "partials", is_judged=False),
    Measure("final p50", lambda f: f.final(50), "finals", is_judged=False),
    Measure("final p95", lambda f: f.final(95), "finals", is_judged=False),
    Measure("word p50", lambda f: f.word(50), "words", is_judged=False),
    Measure("word p95", lambda f: f.word(95), "words", is_judged=False),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One number of streams in real time."""

    load: Load
    real: Figures
    ran: tuple[Batch, ...]
    probed: tuple[Batch, ...]
    """Batches that were measured alone, right before and right after."""


@dataclass(frozen=True, slots=True)
class Point:
    """One number of streams in both worlds."""

    seen: Seen
    drift: float
    """What the batches of the run took, over what they cost when they were measured alone."""

    simulated: tuple[Figures, ...]
    """From the costs that were measured alone."""

    settled: tuple[Figures, ...]
    """The same with costs moved by the drift: what is left is the simulation's own error."""

    def errors(self, measure: Measure) -> tuple[float, float]:
        """Give the errors of both simulations."""
        real = measure.of(self.seen.real)
        means = (fmean(map(measure.of, each)) for each in (self.simulated, self.settled))
        first, second = (measure.error(real, mean) for mean in means)
        return first, second

    def mean(self, measure: Measure) -> tuple[float, float]:
        """Give what was simulated, and its standard deviation from draw to draw."""
        values = [measure.of(each) for each in self.simulated]
        return fmean(values), stdev(values)


Tick = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared."""

    loads: tuple[Load, ...]
    probe_seconds: float
    """For costs, before and again after each."""


async def watch(runner: Running, reel: Reel, plan: Plan, tell: Tick) -> list[Seen]:
    """Let everybody speak in real time, one load after the other."""
    seen, probe = [], Probe(runner, reel, plan.loads[0].talk)
    for load in plan.loads:
        tell(f"costs, then {load.streams} streams for {load.until:g} s")
        probed = await probe.measure(plan.probe_seconds)
        real, ran = await live(runner, load, reel)
        probed += await probe.measure(plan.probe_seconds)
        counted = [each for each in ran if load.warm_up_seconds <= each.began < load.until]
        batches = tuple(Batch(each.exact, each.lengths, each.seconds) for each in counted)
        seen.append(Seen(load, real, batches, tuple(probed)))
    return seen


def compare(seen: Sequence[Seen], name: str) -> tuple[Curve, list[Point]]:
    """Simulate what was seen, each with the costs of its moment."""
    average = fit_curve(name, [each.probed for each in seen])
    return average, [_point(average, each) for each in seen]


def _point(average: Curve, seen: Seen) -> Point:
    curve = scaled(average, seen.probed)
    moved = scaled(curve, seen.ran)
    took = sum(each.took_seconds for each in seen.ran)
    expected = sum(
        (curve.exact if each.exact else curve.others).at(each.lengths) for each in seen.ran
    )
    return Point(seen, took / expected, _simulated(curve, seen.load), _simulated(moved, seen.load))


def _simulated(curve: Curve, load: Load) -> tuple[Figures, ...]:
    return tuple(Simulation(curve, Machines(), load, draw).run() for draw in range(_DRAWS))


def mean_error(points: Sequence[Point], measure: Measure, settled: bool = False) -> float:
    """Give the mean size of the errors over the curve: points with more finals say more of them."""
    weights = [measure.count(point.seen.real) for point in points]
    errors = [abs(point.errors(measure)[settled]) for point in points]
    return fmean(errors, weights)
