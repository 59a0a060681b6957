"""Between those who speak in a room and the room: in this process, straight on.

Knows rooms; knows nothing of viewers, and of other gateways only that there may be some.
"""

import time
from typing import Protocol

from wsserver.messages import Final, Partial
from wsserver.rooms.room import Room


class Premises(Protocol):
    """A room that is open here."""

    owner: str
    """The name of the token with which it was opened."""

    @property
    def room(self) -> Room:
        """Give what is shown."""
        ...

    @property
    def is_held(self) -> bool:
        """Tell whether anybody is here."""
        ...

    def tell(self) -> None:
        """Note that there is news."""
        ...

    def restart(self, story: str) -> None:
        """Begin the *story* so called, and send everybody to its beginning."""
        ...


class Relay(Protocol):
    """Takes what is said in one room to wherever it is read along; only two methods wait."""

    def opened(self, session: str, generation: int, position: float) -> None:
        """A session begins, or goes on at its second *position*."""
        ...

    def partial(self, session: str, generation: int, partial: Partial) -> None:
        """Something is heard."""
        ...

    def final(self, session: str, generation: int, final: Final) -> None:
        """Something was said."""
        ...

    def left(self, session: str, generation: int) -> None:
        """A session's connection is gone."""
        ...

    async def ready(self) -> None:
        """Wait a moment at most until the room is as others have it."""
        ...

    async def flush(self) -> None:
        """Wait a moment at most until everybody has been told what was said."""
        ...

    def close(self) -> None:
        """Forget the room."""
        ...


class Relays(Protocol):
    """Gives relays, and knows of rooms that are open elsewhere."""

    def relay(self, premises: Premises) -> Relay:
        """Join a room that is open here from now on."""
        ...

    async def owner(self, name: str) -> str | None:
        """Give who opened a room that is open elsewhere; None if there is none."""
        ...

    async def end(self, name: str, owner: str) -> None:
        """Tell everybody else that *owner* has ended the room."""
        ...


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

    async def owner(self, name: str) -> str | None:
        """Give None: nothing is open elsewhere."""
        return None

    async def end(self, name: str, owner: str) -> None:
        """Tell nobody, for there is nobody else."""
