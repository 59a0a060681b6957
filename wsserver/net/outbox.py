"""What waits to be written to one client.

Knows messages; knows nothing of sockets, so that a slow reader is a matter of this queue alone.
"""

import asyncio
from collections import deque

from wsserver.errors import Overloaded
from wsserver.messages import Error, Partial, ServerMessage
from wsserver.session.actions import Close

MAX_WAITING = 1_000
"""Messages a client may leave unread; an hour of finals is fewer."""


class Outbox:
    """A queue in which a newer partial takes the place of an unsent older one."""

    def __init__(self) -> None:
        self._waiting: deque[ServerMessage | Close] = deque()
        self._arrived = asyncio.Event()

    def put(self, item: ServerMessage | Close) -> None:
        """Add a message; raise `Overloaded` if the client leaves too much unread.

        There is always room for the end: an `Error` and a `Close`.
        """
        if len(self._waiting) >= MAX_WAITING and not isinstance(item, Error | Close):
            raise Overloaded(f"found {MAX_WAITING} messages unread, expected a client that reads")
        if isinstance(item, Partial):
            self._drop_partials()
        self._waiting.append(item)
        self._arrived.set()

    async def get(self) -> ServerMessage | Close:
        """Give the oldest item, waiting for one if need be."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()

    def _drop_partials(self) -> None:
        if any(isinstance(item, Partial) for item in self._waiting):
            kept = (item for item in self._waiting if not isinstance(item, Partial))
            self._waiting = deque(kept)
