"""Let in those who speak another wire language, by the rules for every session.

Knows dialects, the gate and who serves; knows nothing of what is said.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from websockets.asyncio.server import ServerConnection

from wsserver.dialects.dialect import Dialect, Translator
from wsserver.errors import ClientError
from wsserver.net.admission import Gate
from wsserver.net.credentials import Presented, with_key
from wsserver.net.places import Lease
from wsserver.net.refusal import Refusal, Refused
from wsserver.net.settings import FRAME_LIMIT_HEADROOM

Serve: TypeAlias = Callable[[ServerConnection, Lease, Translator], Awaitable[None]]


class DialectDoor:
    """The way into sessions in one language."""

    def __init__(self, dialect: Dialect, gate: Gate, serve: Serve, frame_bytes: int) -> None:
        """Have sessions served by *serve*, in frames of at most *frame_bytes*."""
        self.frame_limit_bytes = frame_bytes * FRAME_LIMIT_HEADROOM
        self._dialect = dialect
        self._gate = gate
        self._serve = serve

    @property
    def subprotocols(self) -> tuple[str, ...]:
        """Say what may be answered: the first of them that is offered."""
        return self._dialect.subprotocols

    def leads(self, path: str) -> bool:
        """Tell whether the language is spoken at *path*."""
        return path in self._dialect.paths

    def explain(self, refusal: Refusal) -> Mapping[str, object]:
        """Give the body of the answer, in the form of the language."""
        return self._dialect.refusal(refusal.status, refusal.code, refusal.message)

    async def admit(self, presented: Presented) -> "Session":
        """Give a place; raise `Refused` if there is none, or what is asked for is not served."""
        try:
            return await self._admit(presented)
        except Refused as refused:
            found = refused.refusal
            status = self._dialect.statuses.get(found.code, found.status)
            raise Refused(replace(found, status=status)) from None

    async def _admit(self, presented: Presented) -> "Session":
        if key := self._dialect.key(presented.subprotocols):
            presented = with_key(presented, key)
        spoken, offered = self.subprotocols, presented.subprotocols
        expected = next((one for one in spoken if one in offered), self._dialect.subprotocol)
        take_place = self._gate.approve(presented, subprotocol=expected)
        try:
            translator = self._dialect.open(presented.query)
        except ClientError as error:
            raise Refused(Refusal(error.status, error.code, str(error))) from None
        return Session(await take_place(), translator, self._serve)


@dataclass(frozen=True, slots=True)
class Session:
    """One connection that was let in."""

    lease: Lease
    translator: Translator
    run: Serve

    async def serve(self, connection: ServerConnection) -> None:
        """Serve it to its end."""
        with self.lease as lease:
            await self.run(connection, lease, self.translator)

    def release(self) -> None:
        """Free its place."""
        self.lease.release()
