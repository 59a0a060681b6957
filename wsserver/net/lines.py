"""Know which connection holds which session, and hand sessions on to newer ones.

Knows cursors, generations and tokens; knows nothing of sockets or audio.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from wsserver.errors import BadCursor, ClientError, DictationError, TakenOver
from wsserver.messages import Start
from wsserver.net.cursors import Claim, Cursors
from wsserver.net.tokens import Token
from wsserver.peers import UNSEEN, Ticket
from wsserver.session.actions import Hold
from wsserver.session.cursor import Cursor, Resumption

TAKEN_OVER = "the session goes on in a newer connection"


@dataclass(frozen=True, slots=True)
class Guest:
    """Who was let in, and by what."""

    token: Token
    claim: Claim | None = None
    """The cursor that was presented in place of a token."""

    is_stranger: bool = False
    """True if a cursor names a token that is not known here (any more)."""

    trace_parent: str = ""
    """W3C's `traceparent`, where what they do is part of a trace of their own."""


class Line:
    """One connection: what it may resume, and the session that it holds."""

    def __init__(
        self, lines: "Lines", guest: Guest, release: Callable[[], None], ticket: Ticket
    ) -> None:
        self._lines = lines
        self._guest = guest
        self._release = release
        self._ticket = ticket
        self._held: Hold | None = None
        self._was_heard = False
        self._is_lost = False
        self._give_up: Callable[[DictationError], None]
        ticket.on_lost(self.lose)

    @property
    def resumption(self) -> Resumption:
        """Say how sessions are resumed in this connection."""
        return Resumption(self._seal, self._unseal, is_required=self._guest.claim is not None)

    @property
    def generation(self) -> int:
        """The least of a cursor that takes the session over; 0 if none is held.

        While nothing came from the client after its `start`, its `ready` may be lost on a line that
        is dead without a sign: then the cursor that opened this line opens another one.
        """
        return max(self._held.generation - (not self._was_heard), 1) if self._held else 0

    async def prepare(self, start: Start) -> None:
        """Ask the other gateways for the session that *start* goes on with, if it does.

        To be called before a session opens here: then of two that want it one alone is greeted.
        """
        if self._held or start.resume is None:
            return
        with suppress(ClientError):  # whoever opens the session will raise it
            cursor = self._unseal(start.resume)
            if not await self._ticket.claim(cursor.session, cursor.generation):
                self._is_lost = True

    def hold(self, hold: Hold, give_up: Callable[[DictationError], None]) -> None:
        """Have the session; whoever had it is ended at once, as this will be by *give_up*."""
        self._held, self._give_up = hold, give_up
        self._ticket.hold(hold.session, hold.generation)
        self._lines.hand_over(hold.session, self)

    def hear(self) -> None:
        """Note that the client speaks on the session that it opened here."""
        if self._held and not self._was_heard:
            self._was_heard = True
            self._ticket.hear()

    def lose(self) -> None:
        """End the connection, for a newer one has the session; its place is free at once."""
        self._is_lost = True
        self._release()
        if self._held:
            self._give_up(TakenOver(TAKEN_OVER))

    def close(self) -> None:
        """Let the session go, if it is still held."""
        if self._held:
            self._lines.let_go(self._held.session, self)

    def _seal(self, cursor: Cursor) -> str:
        guest = self._guest
        # Else a token that was taken back would live on from cursor to cursor.
        expires = guest.claim.expires if guest.claim and guest.is_stranger else None
        return self._lines.cursors.seal(cursor, guest.token.name, expires)

    def _unseal(self, text: str) -> Cursor:
        cursor = self._lines.cursors.open(text).cursor
        claim = self._guest.claim
        if claim and claim.cursor.session != cursor.session:
            raise BadCursor("found another session than that of the cursor in the handshake")
        if self._is_lost or cursor.generation < self._lines.generation(cursor.session):
            raise TakenOver(TAKEN_OVER)
        return cursor


class Lines:
    """All connections that hold a session."""

    def __init__(self, cursors: Cursors) -> None:
        self.cursors = cursors
        self._holders: dict[str, Line] = {}

    def line(self, guest: Guest, release: Callable[[], None], ticket: Ticket = UNSEEN) -> Line:
        """Give a connection its line; *release* frees its place, and *ticket* is it elsewhere."""
        return Line(self, guest, release, ticket)

    def generation(self, session: str) -> int:
        """Give the least generation of a cursor that takes *session* over here; 0 if it is free."""
        holder = self._holders.get(session)
        return holder.generation if holder else 0

    def is_replaced_by(self, claim: Claim) -> bool:
        """Tell whether a connection that presents *claim* takes another one's place."""
        return 0 < self.generation(claim.cursor.session) <= claim.cursor.generation

    def end(self, session: str) -> None:
        """End whoever holds *session*."""
        self.hand_over(session, None)

    def hand_over(self, session: str, line: Line | None) -> None:
        """Give *session* to *line* and end whoever held it."""
        former = self._holders.pop(session, None)
        if line is not None:
            self._holders[session] = line
        if former is not None and former is not line:
            former.lose()

    def let_go(self, session: str, line: Line) -> None:
        """Forget *line*, unless another one has the session already."""
        if self._holders.get(session) is line:
            del self._holders[session]
