"""One viewer: where they are in a room, and whether they take what they are sent.

Knows a transport and the time it is told; knows nothing of what is written.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from wsserver.net.wires import Wire
from wsserver.rooms.room import Position

LITTLE_BYTES = 16_384
"""Unsent at most when more is written; else the viewer is slow and has to wait."""

LIFE_SECONDS = 15.0
"""Without a message before a sign of life."""


@dataclass(frozen=True, slots=True)
class Link:
    """The connection of a viewer, as far as it matters here."""

    transport: asyncio.WriteTransport
    wire: Wire
    is_open: Callable[[], bool]
    close: Callable[[int, str], None]
    """Begins to close it with a WebSocket's code and reason; does not wait."""


class Viewer:
    """Somebody who reads along."""

    def __init__(self, link: Link, position: Position, expires: float | None, now: float) -> None:
        """Begin at *position*; what lets them in *expires* at that Unix time."""
        self.link = link
        self.position = position
        self.expires = expires
        self._unsent = 0
        self._took_at = self._wrote_at = now

    @property
    def is_slow(self) -> bool:
        """Tell whether too much is unsent to write more."""
        return self._unsent > LITTLE_BYTES

    def takes(self, now: float, patience_seconds: float) -> bool:
        """Look how much is unsent; tell whether any of it went within the last seconds."""
        unsent = self.link.transport.get_write_buffer_size()
        if unsent < self._unsent or not unsent:
            self._took_at = now
        self._unsent = unsent
        return now - self._took_at < patience_seconds

    def write(self, data: bytes, now: float) -> None:
        """Send *data* without waiting; nothing once the connection is being closed."""
        if data and self.link.is_open():
            self.link.transport.write(data)
            self._unsent = self.link.transport.get_write_buffer_size()
            self._wrote_at = now

    def wants_life(self, now: float) -> bool:
        """Tell whether it is time for a sign of life."""
        return now - self._wrote_at > LIFE_SECONDS
