"""What comes of benches that let each of their cases have its turn, again and again.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Generic, TypeVar

from bench.lags import Lags
from bench.multiples import ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What came of one turn of one case."""

    lags: Lags
    beats_ms: Mapping[str, float]
    """How late the event loop was: p50, p99 and p100."""

    cores: float
    """That the server kept busy."""

    kb_each: float
    """By which the server grew for each of those who were there."""


T = TypeVar("T", bound=Turn)


@dataclass
class Case(Generic[T]):
    """All turns of one case."""

    name: str
    turns: list[T] = field(default_factory=list)

    @property
    def lags(self) -> Lags:
        """Give the lags of all turns."""
        return together(turn.lags for turn in self.turns)

    @property
    def title(self) -> str:
        """Give the name, and what went wrong."""
        lags = self.lags
        failed = f" failed {lags.unfinished}" if lags.unfinished else ""
        lost = f" lost {lags.lost_seconds:.1f} s" if lags.lost_seconds else ""
        return self.name + failed + lost

    @property
    def cores(self) -> float:
        """Give the median over the turns of what the server kept busy."""
        return median(turn.cores for turn in self.turns)

    @property
    def most_kb_each(self) -> float:
        """Give the most of all turns by which the server grew for each."""
        return max(turn.kb_each for turn in self.turns)

    def late_ms(self, name: str) -> float:
        """Give the median over the turns of how late the loop was."""
        return median(turn.beats_ms[name] for turn in self.turns)


def together(all_lags: Iterable[Lags]) -> Lags:
    """Give one for all of them."""
    lags = Lags()
    for each in all_lags:
        lags.add(each)
    return lags


def verdict(cases: Sequence[Case[Any]]) -> str:
    """Say for each case what it did to the words, beside the first, in which nobody else is."""
    base = cases[0].lags.words
    told = [
        f"{case.name}: {' and '.join(f'{ratio(case.lags.words, base, q):.2f}' for q in (50, 95))}"
        for case in cases[1:]
    ]
    return "Word lag, p50 and p95, as a multiple of that alone: " + "; ".join(told) + "."
