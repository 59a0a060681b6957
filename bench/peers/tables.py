"""The table of servers side by side.

Knows figures; knows nothing of how they came about.
"""

import numpy as np
from rich import box
from rich.table import Table

from bench.peers.runs import Run


def peers_table(runs: list[Run], practice: bool) -> Table:
    """Show the servers side by side, all that were spoken to by as many together."""
    caption = _CAPTION + (_PRACTICE if practice else "")
    shown = Table(box=box.SIMPLE_HEAD, caption=caption, caption_justify="left")
    shown.pad_edge, shown.collapse_padding = False, True  # it is to fit into 80 columns
    shown.add_column("server", no_wrap=True)
    for name in ("n", "word", "last", "done", "lost", "cut", "cores", "MB"):
        shown.add_column(name, justify="right", no_wrap=True)
    for streams in dict.fromkeys(each.streams for each in runs):
        for each in runs:
            if each.streams == streams:
                shown.add_row(each.server, str(streams), *_figures(each))
        shown.add_section()
    return shown


def _figures(each: Run) -> list[str]:
    if each.delays is None or each.usage is None or not each.delays.said:
        return ["-"] * 7
    told = each.delays
    heard = each.streams - len(each.failures)
    never = f" -{heard - len(told.last_words)}" if len(told.last_words) < heard else ""
    return [
        " ".join(_seconds(told.words, q) for q in (50, 95)),
        _seconds(told.last_words, 50) + never,
        _seconds(told.overs, 50),
        f"{100 * told.missing / told.said:.1f}",
        f"{told.cut_off / heard:.1f}",
        f"{each.usage.cores:.2f}",
        f"{each.usage.peak_mb:.0f}",
    ]


def _seconds(values: tuple[float, ...], q: float) -> str:
    return f"{np.percentile(values, q):.2f}" if values else "-"


_CAPTION = (
    "n: speakers.  word: seconds, p50 p95, from a word's last sample to the first message with it."
    "  last: seconds, p50, from the stop, 0.2 s after the last word, to the first message with that"
    " word; -n: n sessions never got it.  done: seconds, p50, from the stop until the server"
    " says that all is said, or hangs up.  lost: words in nothing that came, of 100 spoken,"
    " misheard or never heard.  cut: words after the last one that came, per session.  cores, MB:"
    " of the server and its children, the most at one time.  All servers run as they ship, on the"
    " same weights in the precision that each chooses: the figures compare systems, not models."
)
_PRACTICE = (
    "  The practice model knows about 1,200 words: what a server"
    " loses that decodes several sentences at once says little of it with a real model."
)
