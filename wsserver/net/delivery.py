"""Write to a client that may read slowly, or not at all.

Knows a connection and how long it may take nothing; knows nothing of messages.

`websockets` waits without a limit for a peer that takes nothing, also with a ping or a close: its
own timeouts begin only behind that.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Protocol

logger = logging.getLogger(__name__)


class Connection(Protocol):
    """One client, as `websockets` has it; every method raises `ConnectionClosed` at the end."""

    @property
    def transport(self) -> asyncio.Transport:
        """What bytes go through."""
        ...

    @property
    def ping_timeout(self) -> float | None:
        """Seconds that the other end may give no sign of life; None for ever."""
        ...

    @property
    def close_timeout(self) -> float | None:
        """Seconds that it may take to close."""
        ...

    async def recv(self) -> str | bytes:
        """Wait for a frame."""
        ...

    async def send(self, frame: str, /) -> None:
        """Send a frame."""
        ...

    async def close(self, code: int, reason: str, /) -> None:
        """Close, saying why where there is a way to say it."""
        ...


class Delivery:
    """What goes to one client, a frame at a time, each within its time.

    A client that takes nothing for too long is cut off: what follows finds the connection closed.
    """

    def __init__(
        self, connection: Connection, patience_seconds: float | None, last_seconds: float
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
            now = asyncio.get_running_loop().time()
            self._limit.reschedule(now + self._last_seconds)

    async def _within(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(self._seconds) as self._limit:
                await work
        except TimeoutError:
            logger.warning("a client took nothing for %g s and is cut off", self._seconds)
            self._connection.transport.abort()
        finally:
            self._limit = None
