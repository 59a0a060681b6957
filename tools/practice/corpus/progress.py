"""Show on a terminal how far the corpora are.

Knows rich; knows nothing of how they are made.
"""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)


class Bars:
    """One bar for each corpus; an instance is what `synthesize` tells its progress."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def __call__(self, corpus: str, done: int, shards: int) -> None:
        """Show that so many shards of a corpus are done."""
        if corpus not in self._tasks:
            self._tasks[corpus] = self._progress.add_task(corpus, total=shards)
        self._progress.update(self._tasks[corpus], completed=done)
