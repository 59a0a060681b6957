"""Decide who may open a room, end it, or read along in it.

Knows tokens and rooms; knows no sockets and no HTTP library.

Viewers are no sessions: they have limits of their own, and handshakes are not counted for them,
since hundreds of those who sit in one hall share an address.
"""

from dataclasses import dataclass

from wsserver.net.admission import Gate
from wsserver.net.credentials import Presented
from wsserver.net.identity import Visitor
from wsserver.net.refusal import refuse
from wsserver.net.rooms import Rooms
from wsserver.net.signed_tokens import LEEWAY_SECONDS, SignedToken
from wsserver.net.tokens import Token


@dataclass(frozen=True, slots=True)
class Pass:
    """What somebody may read, and how long."""

    room: str
    title: str | None
    expires: float | None
    """Unix time; None if what was presented does not expire."""

    owner: str = ""
    """The name of the token with which the room was opened, where the room has to come to life."""


class RoomGate:
    """Lets in who may."""

    def __init__(self, gate: Gate, rooms: Rooms) -> None:
        self._gate = gate
        self._rooms = rooms

    def opener(self, presented: Presented) -> Token:
        """Give the token that may open rooms; raise `Refused` if it is none."""
        visitor = self._gate.meet(presented)
        if visitor.signed and visitor.signed.room is not None:
            refuse(403, "missing_scope", "found a token for a room, expected one for the server")
        if visitor.signed and visitor.signed.one_session:
            refuse(403, "not_long_lived", "found a token for one session, expected one for more")
        _check_scope(visitor, "speak")
        return visitor.guest.token

    def check_owner(self, presented: Presented, room: str) -> Token:
        """Give the token whose *room* it is; raise `Refused` unless it is the one presented."""
        token = self.opener(presented)
        if not self._rooms.ids.is_of(room, token.name):
            refuse(404, "unknown_room", "found a room that is not of this token")
        return token

    async def read(self, presented: Presented, room: str) -> Pass:
        """Let somebody read in *room*; raise `Refused` if they may not.

        Whoever may view and has no token for one room alone needs to know the room's name, and it
        has to be open, unless it is their own.
        """
        visitor = self._gate.meet(presented)
        signed = visitor.signed
        if signed and signed.room is not None:
            self._check_bound(signed, room)
            return Pass(room, signed.title, _end(signed), signed.subject)
        _check_scope(visitor, "view")
        is_own = self._rooms.ids.is_of(room, visitor.guest.token.name)
        if not (is_own or await self._rooms.bring(room)):
            refuse(404, "unknown_room", "found no such room")
        return Pass(room, None, _end(signed) if signed else None, visitor.guest.token.name)

    def _check_bound(self, signed: SignedToken, room: str) -> None:
        # Whether its maker may view is not asked: who may speak in a room may show it.
        if "view" not in signed.scope:
            refuse(403, "missing_scope", "found a token without the scope 'view'")
        if signed.room != room:
            refuse(403, "missing_scope", "found a token for another room")
        if not self._rooms.ids.is_of(room, signed.subject):
            refuse(404, "unknown_room", "found a token for a room that is not its maker's")


def _end(signed: SignedToken) -> float:
    return signed.expires + LEEWAY_SECONDS


def _check_scope(visitor: Visitor, scope: str) -> None:
    if scope not in visitor.guest.token.scope:
        refuse(403, "missing_scope", f"found a token without the scope {scope!r}")
