"""What viewers cost who speaks, beside a room without any.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.table import Table

from bench import turns
from bench.lags import percentile
from bench.multiples import two

LEGEND = """\
Seconds, p50 p95, and in brackets how often that of the first line goes into it:
  word      from a word's last sample to the first text that holds the word, for the speaker
  endpoint  from the silence that ends an utterance to the final, for the speaker
ms late: of the server's event loop, p99 and at most, medians of the turns, the longest of all.
spread: milliseconds from the first viewer who got a final to the last, p50 p95.  cores: that the
server and its engine kept busy.  KB each: by which the server grew for each viewer.  missed: finals
that did not come to a viewer in their turn.  The last line is the first once more: chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(turns.Turn):
    """What came of one turn with so many viewers."""

    spreads: Sequence[float]
    missed: int
    lost: int


@dataclass(kw_only=True)
class Case(turns.Case[Turn]):
    """All turns with one number of viewers."""

    viewers: int


def rooms_table(cases: Sequence[Case]) -> Table:
    """Show what speakers, the loop and the viewers noticed."""
    names = ("", "word", "endpoint", "ms late", "spread", "cores", "KB each", "missed", "lost")
    table = Table(*names, box=SIMPLE_HEAD, pad_edge=False)
    base = cases[0].lags
    for case in cases:
        lags = case.lags
        spreads = [spread * 1000 for turn in case.turns for spread in turn.spreads]
        longest = max(turn.beats_ms["p100"] for turn in case.turns)
        table.add_row(
            case.title,
            two(lags.words, base.words),
            two(lags.endpoints, base.endpoints),
            f"{case.late_ms('p99'):.1f} {case.late_ms('p100'):.1f} {longest:.1f}",
            " ".join(f"{percentile(spreads, q):.0f}" for q in (50, 95)) if spreads else "",
            f"{case.cores:.2f}",
            f"{case.most_kb_each:.1f}" if case.viewers else "",
            str(sum(turn.missed for turn in case.turns)),
            str(sum(turn.lost for turn in case.turns)),
        )
    return table
