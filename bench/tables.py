"""The tables that a bench prints.

Knows figures; knows nothing of how they came about.
"""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from bench.lags import percentile
from bench.sweep import Run

_HELD_S = 0.25

LEGEND = """\
All lags are seconds, p50 p95 p99, since the audio in question was sent:
  word      from a word's last sample to the first text that holds the word
  partial   from a partial's last sample to the partial
  endpoint  from the silence that ends an utterance to the final
  finish    from `finish`, in mid-speech, to the last final
  cores     that the server's processes kept busy; MB: their memory at most
  +MB       by which the process that holds the sessions grew at most, for each of them
  loop      milliseconds that its event loop was late, p99
x2: twice as many as are carried; -n: so many were refused; failed: ended without all finals;
lost: seconds that were sent and not received; held: that audio could not be sent, at most."""


def streams_table(title: str, runs: Sequence[Run]) -> Table:
    """Show lag, load and memory for each number of streams."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("streams", "word", "partial", "endpoint", "finish"):
        table.add_column(name, no_wrap=True)
    for name in ("cores", "MB", "+MB", "loop"):
        table.add_column(name, justify="right", no_wrap=True)
    for run in runs:
        table.add_row(*_row(run))
    return table


def _row(run: Run) -> list[str]:
    usage, lags = run.usage, run.lags
    return [
        _name(run),
        *(_three(each) for each in (lags.words, lags.partials, lags.endpoints, lags.finishes)),
        f"{usage.cores:.2f}",
        f"{usage.peak.family:.0f}",
        f"{usage.session_mb / run.streams:.1f}",
        f"{run.beats_ms['p99']:.1f}",
    ]


def _name(run: Run) -> str:
    lags = run.lags
    told = [
        (run.overload, "x2"),
        (run.refused, f"-{run.refused}"),
        (lags.unfinished, f"failed {lags.unfinished}"),
        (lags.lost_seconds, f"lost {lags.lost_seconds:.1f} s"),
        (lags.held_seconds > _HELD_S, f"held {lags.held_seconds:.1f} s"),
    ]
    return " ".join([str(run.streams), *(text for is_so, text in told if is_so)])


def _three(values: Sequence[float]) -> str:
    return " ".join(f"{percentile(values, q):.2f}" for q in (50, 95, 99))


def update_table(title: str, rows: Sequence[tuple[str, float]]) -> Table:
    """Show the milliseconds of each way, and how often it goes into the first one's."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("way")
    table.add_column("ms", justify="right")
    table.add_column("stock / this", justify="right")
    for name, ms in rows:
        table.add_row(name, f"{ms:.0f}", f"{rows[0][1] / ms:.1f}")
    return table
