"""Write to all viewers of a room what each of them lacks.

Knows a room, its viewers and the event loop's clock; knows nothing of tokens or handshakes.

A round goes over all viewers, in slices between which everybody else has their turn.  There is no
queue per viewer: whoever has much unsent is passed over until it is gone.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

from wsserver.net.ledger import Clock
from wsserver.net.press import Press
from wsserver.net.viewer import Link, Viewer
from wsserver.rooms.captions import Closed
from wsserver.rooms.room import Position, Room

logger = logging.getLogger(__name__)

SLICE_SECONDS = 0.004
"""Of one round at a stretch, before the loop turns to others."""

CLOSED_TOGETHER = 20
"""Connections; to close one takes longer than the slice shows, in a task of its own."""

TICK_SECONDS = 1.0
"""Between two rounds in which nothing is said, for signs of life and ends of tokens."""

RETRY_SECONDS = 0.05
"""Until slow viewers are looked at again."""

FAREWELL_SECONDS = 1.0
"""For viewers to get the last finals when a room ends."""


class Audience:
    """All viewers of one room."""

    def __init__(self, room: Room, patience_seconds: float, clock: Clock) -> None:
        """Cut off who takes nothing for *patience_seconds*; tokens expire by *clock*."""
        self.room = room
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._press = Press(room)
        self._viewers: dict[Viewer, None] = {}
        self._news = asyncio.Event()
        self._rounds: asyncio.Task[None] | None = None
        self._is_owed = False
        """Whether somebody who was served lacks more."""

    def __len__(self) -> int:
        """Count the viewers."""
        return len(self._viewers)

    @contextmanager
    def seated(
        self, link: Link, position: Position, title: str | None, expires: float | None
    ) -> Iterator[None]:
        """Welcome a viewer and keep them served, until the context ends."""
        now = asyncio.get_running_loop().time()
        viewer = Viewer(link, position, expires, now)
        viewer.write(self._press.write(link.wire, self.room.welcome(title)), now)
        self._viewers[viewer] = None
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._run())
        self.tell()
        try:
            yield
        finally:
            del self._viewers[viewer]
            if not self._viewers:
                self._rounds.cancel()
                self._rounds = None

    def tell(self) -> None:
        """Note that there is news; does not wait."""
        self._news.set()

    async def end(self, code: int, reason: str, farewell: Closed | None = None) -> None:
        """Give everybody the last finals, then the *farewell*, and begin to close."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                while any(self._lacks(viewer) for viewer in self._viewers):
                    self.tell()
                    await asyncio.sleep(RETRY_SECONDS)
        now = asyncio.get_running_loop().time()
        async for viewer in self._in_slices(CLOSED_TOGETHER):
            self._dismiss(viewer, now, code, reason, farewell)

    async def _run(self) -> None:
        try:
            while True:
                await self._rest()
                await self._round()
        except Exception:  # nobody would notice, and all viewers would wait for ever
            logger.exception("the viewers of a room could not be served")
            for viewer in self._viewers:
                viewer.link.transport.abort()

    async def _rest(self) -> None:
        """Wait for news, or until it is time to look after those who are slow or silent."""
        if self._is_owed:
            await asyncio.sleep(0)
            return
        is_awaited = any(self._lacks(viewer) for viewer in self._viewers)
        with suppress(TimeoutError):
            async with asyncio.timeout(RETRY_SECONDS if is_awaited else TICK_SECONDS):
                await self._news.wait()

    async def _round(self) -> None:
        self._news.clear()
        self._is_owed = False
        unix, clock = self._clock(), asyncio.get_running_loop().time
        async for viewer in self._in_slices():
            now = clock()
            if viewer.expires is not None and unix > viewer.expires:
                self._dismiss(viewer, now, 1000, "expired", Closed(reason="expired"))
            else:
                self._serve(viewer, now)

    async def _in_slices(self, most: int = sys.maxsize) -> AsyncIterator[Viewer]:
        clock = asyncio.get_running_loop().time
        until = clock() + SLICE_SECONDS
        for place, viewer in enumerate(tuple(self._viewers), 1):
            if clock() > until or place % most == 0:
                await asyncio.sleep(0)
                until = clock() + SLICE_SECONDS
            if viewer in self._viewers and viewer.link.is_open():
                yield viewer

    def _serve(self, viewer: Viewer, now: float) -> None:
        if not viewer.takes(now, self._patience_seconds):
            logger.warning("a viewer took nothing for %g s and is cut off", self._patience_seconds)
            viewer.link.transport.abort()
        elif viewer.is_slow:
            pass
        elif viewer.position == self.room.head:
            if viewer.wants_life(now):
                viewer.write(self._press.sign_of_life(viewer.link.wire), now)
        else:
            page = self._press.page(viewer.link.wire, viewer.position)
            viewer.write(page.data, now)
            viewer.position = page.position
            self._is_owed |= page.position != self.room.head

    def _lacks(self, viewer: Viewer) -> bool:
        return viewer.position != self.room.head and viewer.link.is_open()

    def _dismiss(
        self, viewer: Viewer, now: float, code: int, reason: str, farewell: Closed | None
    ) -> None:
        if farewell:
            viewer.write(self._press.write(viewer.link.wire, farewell), now)
        viewer.link.close(code, reason)
