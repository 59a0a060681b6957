"""What waits to be written to one client.

Knows messages; knows nothing of sockets, so that a slow reader is a matter of this queue alone.
"""

import asyncio
from asyncio import Future
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from wsserver.errors import Overloaded
from wsserver.messages import Error, Partial, ServerMessage, Warn
from wsserver.session.actions import Close

MAX_WAITING = 1_000
"""Messages a client may leave unread; an hour of finals is fewer."""

MAX_WAITING_BYTES = 1_048_576
"""Of frames: how long they are is up to the client that they answer."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Text in the wire language of the client, for which there is no message."""

    text: str


Item: TypeAlias = ServerMessage | Frame | Close
Leave: TypeAlias = Future[Warn | None]
"""Done when a message may go; holds what is to be said right after it."""


class Outbox:
    """A queue in which a newer partial takes the place of an unsent older one."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Item, Leave | None]] = deque()
        self._frame_bytes = 0
        self._arrived = asyncio.Event()
        self.closing: Future[None] = asyncio.get_running_loop().create_future()
        """Done once a `Close` is among what waits."""

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._waiting)

    def put(self, item: Item, leave: Leave | None = None) -> None:
        """Add a message; raise `Overloaded` if the client leaves too much unread.

        It goes, and everything after it, when it has its *leave*.  There is always room for the
        end: an `Error` and a `Close`.
        """
        if not isinstance(item, Error | Close):
            self._check_room(item)
        if isinstance(item, Partial):
            self._drop_partials()
        if isinstance(item, Close) and not self.closing.done():
            self.closing.set_result(None)
        self._waiting.append((item, leave))
        self._frame_bytes += _frame_bytes(item)
        self._arrived.set()

    async def get(self) -> Item:
        """Give the oldest item, waiting for one, and for its leave, if need be."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        item, leave = self._waiting[0]
        if leave:
            await asyncio.wait([leave])
        self._waiting.popleft()
        self._frame_bytes -= _frame_bytes(item)
        if leave and (notice := leave.result()):
            self._waiting.appendleft((notice, None))
        return item

    def _check_room(self, item: Item) -> None:
        if len(self._waiting) >= MAX_WAITING:
            raise Overloaded(f"found {MAX_WAITING} messages unread, expected a client that reads")
        unread = self._frame_bytes + _frame_bytes(item)
        if unread > MAX_WAITING_BYTES:
            raise Overloaded(f"found {unread} bytes unread, expected a client that reads")

    def _drop_partials(self) -> None:
        if any(isinstance(item, Partial) for item, _ in self._waiting):
            kept = (entry for entry in self._waiting if not isinstance(entry[0], Partial))
            self._waiting = deque(kept)


def _frame_bytes(item: Item) -> int:
    return len(item.text.encode()) if isinstance(item, Frame) else 0
