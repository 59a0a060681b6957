"""Take what is said in a room to the room, where it is in this process alone.

Knows rooms and a clock; knows nothing of viewers or other gateways.
"""

import time

from wsserver.messages import Final, Partial
from wsserver.rooms.relay import Premises, Relay


class DirectRelay:
    """The way to a room that is in this process alone."""

    def __init__(self, premises: Premises) -> None:
        self._room = premises.room
        self._tell = premises.tell

    def opened(self, session: str, generation: int, position: float) -> None:
        """Show that a session begins."""
        self._room.opened(session, generation, time.monotonic(), position)
        self._tell()

    def partial(self, session: str, generation: int, partial: Partial) -> None:
        """Show *partial*."""
        self._room.partial(session, generation, partial)
        self._tell()

    def final(self, session: str, generation: int, final: Final) -> None:
        """Show *final*."""
        self._room.final(session, generation, final)
        self._tell()

    def left(self, session: str, generation: int) -> None:
        """Show that nobody speaks on *session*."""
        self._room.left(session, generation)
        self._tell()

    async def ready(self) -> None:
        """Do nothing: it is."""

    async def flush(self) -> None:
        """Do nothing: all was told."""

    def close(self) -> None:
        """Do nothing."""


class NoOthers:
    """All rooms are in this process."""

    def relay(self, premises: Premises) -> Relay:
        """Give the direct way."""
        return DirectRelay(premises)

    async def owner(self, name: str) -> str | None:  # noqa: ARG002
        """Give None: nothing is open elsewhere."""
        return None

    async def end(self, name: str, owner: str) -> None:
        """Tell nobody, for there is nobody else."""
