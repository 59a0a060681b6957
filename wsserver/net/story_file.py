"""Keep a file of a story that grows, written in a thread, once for all who ask for it.

Knows a story and a writer; knows nothing of formats, rooms or HTTP.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from wsserver.messages import Final
from wsserver.rooms.captions import Final as Told
from wsserver.rooms.story import Story, as_said


class Writer(Protocol):
    """Writes one file of one story."""

    def write(self, news: Iterable[Final], first: int) -> str:
        """Add finals, leave out those before number *first*, and give the whole file."""
        ...


Begin: TypeAlias = Callable[[], Writer]
"""Gives the writer of a file that is empty."""


@dataclass(frozen=True, slots=True)
class Written:
    """The file as it was once."""

    text: str
    first: int
    last: int
    """The numbers of the finals in it."""


class StoryFile:
    """One file of one story."""

    def __init__(self, story: Story, begin: Begin) -> None:
        self._story = story
        self._begin = begin
        self._writer = begin()
        self._taken = 0
        """The number of the last final that the writer has."""

        self._turn = asyncio.Lock()
        self._latest: asyncio.Task[Written] | None = None
        self._number = 0
        """The number of the last final when the latest was begun."""

    async def read(self) -> Written:
        """Give the file with all that is final by now."""
        if self._latest is None or self._number != self._story.last or _has_failed(self._latest):
            self._number = self._story.last
            self._latest = asyncio.create_task(self._write())
        return await asyncio.shield(self._latest)  # others may wait for it who are still there

    async def _write(self) -> Written:
        async with self._turn:
            story, taken = self._story, self._taken
            news, first, last = story.after(taken), story.first, story.last
            try:
                text = await asyncio.to_thread(_written, self._writer, news, first)
            except BaseException:  # what the writer has by now is not known
                self._writer, self._taken = self._begin(), 0
                raise
            self._taken = last
            return Written(text, first, last)


def _has_failed(task: asyncio.Task[Written]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _written(writer: Writer, news: Iterable[Told], first: int) -> str:
    return writer.write(as_said(news), first)
