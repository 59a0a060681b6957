"""Show a session in the room that its speaker named.

Knows rooms and the order of finals; knows nothing of sockets, viewers or who keeps the finals.
"""

from collections import deque
from collections.abc import Callable
from functools import partial

from wsserver.errors import UnknownRoom
from wsserver.messages import Final, Partial, Ready, Start, Warn
from wsserver.net.open_room import Seat
from wsserver.net.outbox import Leave
from wsserver.net.refusal import Refused
from wsserver.net.rooms import Rooms


class RoomPublisher:
    """Shows one connection's part of one session, to nobody if no room is named."""

    def __init__(self, rooms: Rooms, subject: str) -> None:
        """Show what the token called *subject* says."""
        self._rooms = rooms
        self._subject = subject
        self._seat: Seat | None = None
        self._line = ("", 0)
        """The session and its generation here."""

        self._waiting: deque[tuple[Leave | None, Callable[[], None]]] = deque()
        """Finals whose turn or leave is still to come, and in the end the end."""

    def check(self, start: Start) -> None:
        """Raise `UnknownRoom` if *start* names a room that is not the speaker's."""
        if start.room is not None and not self._rooms.ids.is_of(start.room, self._subject):
            raise UnknownRoom("found a room that is not of this token, expected one of its own")

    def opened(self, start: Start, ready: Ready) -> Warn | None:
        """Show the session that has begun; give what the speaker is told if it cannot be."""
        if start.room is None:
            return None
        try:
            self._seat = self._rooms.speak(start.room, self._subject)
        except Refused as refused:
            return Warn(code="not_shown", message=f"nobody can read along: {refused}")
        self._line = (ready.session, ready.generation)
        self._seat.relay.opened(*self._line, ready.through / start.sample_rate)
        return None

    def partial(self, partial: Partial) -> None:
        """Show *partial* in place of the one before."""
        if self._seat:
            self._seat.relay.partial(*self._line, partial)

    def final(self, final: Final, leave: Leave | None) -> None:
        """Show *final* as soon as it has its *leave*, and after the finals before it."""
        if self._seat:
            self._queue(leave, partial(self._seat.relay.final, *self._line, final))

    def closed(self) -> None:
        """Take the speaker out of the room, behind the last final."""
        if self._seat:
            self._queue(None, partial(self._seat.relay.left, *self._line))
            self._queue(None, self._seat.release)

    def _queue(self, leave: Leave | None, tell: Callable[[], None]) -> None:
        self._waiting.append((leave, tell))
        if leave and not leave.done():
            leave.add_done_callback(lambda _: self._advance())
        else:
            self._advance()

    def _advance(self) -> None:
        while self._waiting and _may_go(self._waiting[0][0]):
            self._waiting.popleft()[1]()


def _may_go(leave: Leave | None) -> bool:
    return leave is None or leave.done()
