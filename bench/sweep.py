"""More and more streams until it is too much, then twice what was not.

Knows what came of a run; knows nothing of how one is measured.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from bench.lags import Lags, percentile
from bench.processes import Usage


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one number of streams."""

    streams: int
    refused: int
    lags: Lags
    usage: Usage
    beats_ms: dict[str, float]
    """How late the event loop's beats came: p50, p99 and p100."""

    overload: bool = False
    """Twice as many as it can carry."""

    @property
    def is_complete(self) -> bool:
        """True if everybody was let in and got all finals."""
        return not self.refused and not self.lags.unfinished


@dataclass(frozen=True, slots=True)
class Plan:
    """How far and how long."""

    counts: tuple[int, ...]
    seconds: float
    """That everybody speaks."""

    limit: float
    """Seconds of word lag, at the 95th percentile, up to which a number of streams is carried."""

    twice: bool
    """Measure twice what is carried as well."""

    def carries(self, run: Run) -> bool:
        """Say whether so many streams are carried."""
        return run.is_complete and percentile(run.lags.words, 95) <= self.limit


def sweep(plan: Plan, measure: Callable[[int], Run]) -> Iterator[Run]:
    """Measure more and more streams until it is too much; then twice what was not."""
    carried = 0
    for count in plan.counts:
        run = measure(count)
        yield run
        if not plan.carries(run):
            break
        carried = count
    if plan.twice and carried:
        yield replace(measure(2 * carried), overload=True)
