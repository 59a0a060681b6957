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

SLICE_FINALS = 20
"""Added at one stretch.  Python lets a thread work for 5 ms before it turns to another one that
waits, and each message of the event loop waits anew.  While 2,000 finals were added, 20 messages
took 10 ms in slices of 200 or in none, 2 ms in slices of 20, and 0.1 ms when nothing was added."""


class Writer(Protocol):
    """Writes one file of one story."""

    def add(self, news: Iterable[Final]) -> None:
        """Add finals, which may take long."""
        ...

    def write(self, first: int) -> str:
        """Leave out finals before number *first*, and give the whole file."""
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
                for at in range(0, len(news), SLICE_FINALS):
                    part = news[at : at + SLICE_FINALS]
                    await asyncio.to_thread(_add, self._writer, part)
                text = await asyncio.to_thread(self._writer.write, first)
            except BaseException:  # what the writer has by now is not known
                self._writer, self._taken = self._begin(), 0
                raise
            self._taken = last
            return Written(text, first, last)


def _has_failed(task: asyncio.Task[Written]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _add(writer: Writer, news: Iterable[Told]) -> None:
    writer.add(as_said(news))
