"""What viewers cost who speaks, beside a room without any.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.box import SIMPLE_HEAD
from rich.table import Table

from bench.lags import Lags, percentile
from bench.multiples import ratio, two

LEGEND = """\
Seconds, p50 p95, and in brackets how often that of the first line goes into it:
  word      from a word's last sample to the first text that holds the word, for the speaker
  endpoint  from the silence that ends an utterance to the final, for the speaker
ms late: of the server's event loop, p99 and at most, medians of the turns, the longest of all.
spread: milliseconds from the first viewer who got a final to the last, p50 p95.  cores: that the
server and its engine kept busy.  KB each: by which the server grew for each viewer.  missed: finals
that did not come to a viewer in their turn.  The last line is the first once more: chance."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of one turn with so many viewers."""

    lags: Lags
    beats_ms: Mapping[str, float]
    spreads: Sequence[float]
    cores: float
    kb_each: float
    missed: int
    lost: int


@dataclass
class Case:
    """All turns with one number of viewers."""

    name: str
    viewers: int
    turns: list[Turn] = field(default_factory=list)

    @property
    def lags(self) -> Lags:
        """Give the speaker's lags of all turns."""
        lags = Lags()
        for turn in self.turns:
            lags.add(turn.lags)
        return lags

    def late_ms(self, name: str) -> float:
        """Give the median over the turns of how late the loop was."""
        return median(turn.beats_ms[name] for turn in self.turns)


def rooms_table(cases: Sequence[Case]) -> Table:
    """Show what speakers, the loop and the viewers noticed."""
    names = ("", "word", "endpoint", "ms late", "spread", "cores", "KB each", "missed", "lost")
    table = Table(*names, box=SIMPLE_HEAD, pad_edge=False)
    base = cases[0].lags
    for case in cases:
        lags, turns = case.lags, case.turns
        spreads = [spread * 1000 for turn in turns for spread in turn.spreads]
        longest = max(turn.beats_ms["p100"] for turn in turns)
        table.add_row(
            case.name + (f" failed {lags.unfinished}" if lags.unfinished else ""),
            two(lags.words, base.words),
            two(lags.endpoints, base.endpoints),
            f"{case.late_ms('p99'):.1f} {case.late_ms('p100'):.1f} {longest:.1f}",
            " ".join(f"{percentile(spreads, q):.0f}" for q in (50, 95)) if spreads else "",
            f"{median(turn.cores for turn in turns):.2f}",
            f"{max(turn.kb_each for turn in turns):.1f}" if case.viewers else "",
            str(sum(turn.missed for turn in turns)),
            str(sum(turn.lost for turn in turns)),
        )
    return table


def verdict(cases: Sequence[Case]) -> str:
    """Say what viewers did to the words, beside what chance did."""
    base = cases[0].lags.words
    told = [
        f"{case.name}: {' and '.join(f'{ratio(case.lags.words, base, q):.2f}' for q in (50, 95))}"
        for case in cases[1:]
    ]
    return "Word lag, p50 and p95, as a multiple of that without: " + "; ".join(told) + "."
