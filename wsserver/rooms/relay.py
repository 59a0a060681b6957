"""What stands between those who speak in a room and the room, here and elsewhere.

Knows rooms; knows nothing of how anything gets anywhere.
"""

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
        """Let a session begin, or go on at its second *position*."""
        ...

    def partial(self, session: str, generation: int, partial: Partial) -> None:
        """Take what is heard so far."""
        ...

    def final(self, session: str, generation: int, final: Final) -> None:
        """Take what was said."""
        ...

    def left(self, session: str, generation: int) -> None:
        """Note that a session's connection is gone."""
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
