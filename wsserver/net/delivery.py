"""Write to a client that may read slowly, or not at all.

Knows a connection and how long it may take nothing; knows nothing of messages.

`websockets` waits without a limit for a peer that takes nothing, also with a ping or a close: its
own timeouts begin only behind that.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from websockets.asyncio.server import ServerConnection

logger = logging.getLogger(__name__)


class Delivery:
    """What goes to one client, a frame at a time, each within its time.

    A client that takes nothing for too long is cut off: what follows finds the connection closed.
    """

    def __init__(
        self, connection: ServerConnection, patience_seconds: float | None, last_seconds: float
    ) -> None:
        """Wait *patience_seconds*, None for ever, for each frame; after `hurry` *last_seconds*."""
        self._connection = connection
        self._seconds = patience_seconds
        self._last_seconds = last_seconds
        self._limit: asyncio.Timeout | None = None

    async def send(self, frame: str) -> None:
        """Send *frame*; raise `ConnectionClosed` if there is no connection any more."""
        await self._within(self._connection.send(frame))

    async def close(self, code: int, reason: str) -> None:
        """Close, in order if the client takes part, else by force."""
        self.hurry()
        await self._within(self._connection.close(code, reason))

    def hurry(self) -> None:
        """Be less patient from now on, also with what is under way: the end is waiting."""
        self._seconds = self._last_seconds
        if self._limit and not self._limit.expired():
            self._limit.reschedule(self._connection.loop.time() + self._last_seconds)

    async def _within(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(self._seconds) as self._limit:
                await work
        except TimeoutError:
            logger.warning("a client took nothing for %g s and is cut off", self._seconds)
            self._connection.transport.abort()
        finally:
            self._limit = None
