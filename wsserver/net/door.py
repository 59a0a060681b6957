"""A door for WebSockets that are no sessions, as the listener sees it.

Knows connections and what they present; knows nothing of what goes on behind the door.
"""

from collections.abc import Mapping
from typing import Protocol

from websockets.asyncio.server import ServerConnection

from wsserver.net.credentials import Presented
from wsserver.net.refusal import Refusal


class Visit(Protocol):
    """One WebSocket that was let in."""

    async def serve(self, connection: ServerConnection) -> None:
        """Serve it to its end."""
        ...

    def release(self) -> None:
        """Free its place, whether or not it was ever served."""
        ...


class Door(Protocol):
    """Decides who comes in, by rules of its own."""

    @property
    def subprotocols(self) -> tuple[str, ...]:
        """Say what may be answered: the first of them that is offered."""
        ...

    @property
    def frame_limit_bytes(self) -> int:
        """Say how long a message may be; a longer one closes with 1009."""
        ...

    def leads(self, path: str) -> bool:
        """Tell whether *path* is behind this door."""
        ...

    def explain(self, refusal: Refusal) -> Mapping[str, object]:
        """Give the body of the answer to who is not let in."""
        ...

    async def admit(self, presented: Presented) -> Visit:
        """Give a place; raise `Refused` if there is none for *presented*."""
        ...
