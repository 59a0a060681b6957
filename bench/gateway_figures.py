"""What one process bears that only listens and talks, for more and more sessions.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich.box import SIMPLE_HEAD
from rich.table import Table

from bench import turns
from bench.lags import Lags
from bench.multiples import ratio, two

LEGEND = """\
Seconds, p50 p95, and in brackets how often that of one session alone, served alike, goes into it:
  word      from a word's last sample to the first text that holds the word
  endpoint  from the silence that ends an utterance to the final
ms late: of the servers' event loops, p50, p99 and at most, medians of the turns, of the worst one.
cores: that the processes with the sessions kept busy together; cpu: milliseconds of it for each
second of a session; engines: the processes that stand for the GPUs.  KB each: by which the servers
grew for each session.  refused: sessions.  clients: milliseconds by which the speakers' own chunks
left late, p99; where it is not small, the lags are theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(turns.Turn):
    """What came of one turn of so many sessions."""

    refused: int
    cpu_ms_each: float
    """That the sessions' processes took for each second of a session: a busy machine changes lags
    more than this."""

    engine_cores: float
    client_late_ms: float


@dataclass(kw_only=True)
class Case(turns.Case[Turn]):
    """All turns of one number of sessions, served one way."""

    way: str
    sessions: int

    @property
    def cpu_ms_each(self) -> float:
        """Give the median over the turns of what a session's second took."""
        return median(turn.cpu_ms_each for turn in self.turns)


def alone(case: Case, cases: Sequence[Case]) -> Lags:
    """Give the lags of the fewest sessions that were served the same way."""
    same = [each for each in cases if each.way == case.way]
    return min(same, key=lambda each: each.sessions).lags


def gateway_table(cases: Sequence[Case]) -> Table:
    """Show what the sessions, the loops and the cores noticed."""
    names = ("sessions", "word", "endpoint", "ms late", "cores", "cpu", "engines", "KB each")
    table = Table(*names, "refused", "clients", box=SIMPLE_HEAD, pad_edge=False)
    for case in cases:
        lags, base = case.lags, alone(case, cases)
        table.add_row(
            case.title,
            two(lags.words, base.words),
            two(lags.endpoints, base.endpoints),
            " ".join(f"{case.late_ms(name):.1f}" for name in ("p50", "p99", "p100")),
            f"{case.cores:.2f}",
            f"{case.cpu_ms_each:.1f}",
            f"{median(turn.engine_cores for turn in case.turns):.2f}",
            f"{case.most_kb_each:.0f}",
            str(sum(turn.refused for turn in case.turns)),
            f"{max(turn.client_late_ms for turn in case.turns):.0f}",
        )
    return table


def verdict(cases: Sequence[Case]) -> str:
    """Say for each way how many sessions a core bears, and what the most of them did to lags."""
    told = []
    for way in dict.fromkeys(case.way for case in cases):
        most = max((each for each in cases if each.way == way), key=lambda each: each.sessions)
        words, base = most.lags.words, alone(most, cases).words
        times = " and ".join(f"{ratio(words, base, q):.2f}" for q in (50, 95))
        per_core = 1000 / most.cpu_ms_each if most.cpu_ms_each else float("nan")
        told.append(f"{most.name}: {per_core:.0f} sessions a core, word lag {times} times alone")
    return "; ".join(told) + "."
