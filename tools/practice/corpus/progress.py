"""Show on a terminal how far the corpora are.

Knows rich; knows nothing of how they are made.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)


@contextmanager
def bars(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Give what `synthesize` tells its progress: it shows one bar for each corpus."""
    tasks: dict[str, TaskID] = {}
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as progress:

        def show(corpus: str, done: int, shards: int) -> None:
            if corpus not in tasks:
                tasks[corpus] = progress.add_task(corpus, total=shards)
            progress.update(tasks[corpus], completed=done)

        yield show
