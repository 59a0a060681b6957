"""What a crowd did to those who spoke meanwhile, beside those who spoke with nobody else there.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich.box import SIMPLE_HEAD
from rich.table import Table

from bench import turns
from bench.lags import percentile
from bench.multiples import two

ALONE, AGAIN = "alone", "alone, again"
"""Told apart to show what chance alone does: between the two nothing differs."""

LEGEND = """\
Seconds, p50 p95, and in brackets how often that of the first line goes into it:
  word       from a word's last sample to the first text that holds the word
  endpoint   from the silence that ends an utterance to the final
  finish     from `finish`, in mid-speech, to the last final
  newcomer   milliseconds to the answer to an upgrade with a token, asked for four times a second
ms late: of the server's event loop, p99 and at most, medians of the turns.  cores: that the server
and its engine kept busy, and the crowd.  KB each: by which the server grew for each of a crowd that
stays.  refused: those of the crowd that got an answer they did not come for; cut off: that got
none.  heard: seconds of their audio that became final, each second.  left: files that the server
still had open when they had gone.  The last line is the first once more: what chance does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(turns.Turn):
    """What came of one turn beside a crowd."""

    newcomers: Sequence[float]
    """Seconds until each was let in."""

    turned_away: int
    """Newcomers that were not let in."""

    crowd_cores: float
    crowd_came: int
    crowd_refused: int
    crowd_lost: int
    heard: float
    """Seconds of the crowd's audio that became final, for each second."""

    left: int


class Case(turns.Case[Turn]):
    """All turns beside one crowd."""

    @property
    def newcomers(self) -> list[float]:
        """Give the waits of all newcomers."""
        return [wait for turn in self.turns for wait in turn.newcomers]


def lags_table(cases: Sequence[Case]) -> Table:
    """Show how long was waited for what."""
    names = ("", "word", "endpoint", "finish", "newcomer", "turned away")
    table = Table(*names, box=SIMPLE_HEAD, pad_edge=False)
    alone = cases[0]
    for case in cases:
        lags, base = case.lags, alone.lags
        away = sum(turn.turned_away for turn in case.turns)
        table.add_row(
            case.title,
            two(lags.words, base.words),
            two(lags.endpoints, base.endpoints),
            two(lags.finishes, base.finishes),
            " ".join(f"{percentile(case.newcomers, q) * 1000:.0f}" for q in (50, 95)),
            f"{away} of {away + len(case.newcomers)}",
        )
    return table


def load_table(cases: Sequence[Case]) -> Table:
    """Show what the server had to bear, and bore."""
    names = ("", "ms late", "cores", "KB each", "came", "refused", "cut off", "heard", "left")
    table = Table(*names, box=SIMPLE_HEAD, pad_edge=False)
    for case in cases:
        late = (case.late_ms(name) for name in ("p99", "p100"))
        cores = case.cores, median(turn.crowd_cores for turn in case.turns)
        came, refused, lost = (
            sum(getattr(turn, name) for turn in case.turns)
            for name in ("crowd_came", "crowd_refused", "crowd_lost")
        )
        table.add_row(
            case.title,
            " ".join(f"{each:.0f}" for each in late),
            " ".join(f"{each:.2f}" for each in cores),
            _told(case.most_kb_each),
            *(_told(each, 0) for each in (came, refused, lost)),
            _told(median(turn.heard for turn in case.turns)),
            _told(max(turn.left for turn in case.turns), 0),
        )
    return table


def _told(amount: float, digits: int = 1) -> str:
    return f"{amount:.{digits}f}" if amount else ""
