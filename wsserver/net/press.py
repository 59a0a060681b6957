"""Write what a room tells once for all who get it.

Knows a room and wires; knows nothing of who the viewers are.
"""

from dataclasses import dataclass

from wsserver.dialects import captions as dialect
from wsserver.net.wires import Wire
from wsserver.rooms.captions import Caption, Final, Live
from wsserver.rooms.room import Position, Room

PAGE_FINALS = 32
"""On a page at most, so that little waits for a viewer who reads slowly."""


MOST_PAGES = 64
"""Kept for others at the same position; nearly all viewers are at one or two."""


@dataclass(frozen=True, slots=True)
class Page:
    """What comes next for everybody at one position, and where they then are."""

    data: bytes
    position: Position


class Press:
    """The writer of one room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._head = room.head
        self._pages: dict[tuple[Wire, Position], Page] = {}
        self._signs: dict[Wire, bytes] = {}
        self._finals: dict[int, bytes] = {}
        """Their JSON, for as long as they are in the story."""

        self._oldest = 1

    def page(self, wire: Wire, position: Position) -> Page:
        """Give what comes next for a viewer at *position*."""
        if self._head is not self._room.head:
            self._turn_over()
        key = (wire, position)
        if key not in self._pages:
            if len(self._pages) >= MOST_PAGES:
                self._pages.clear()
            due = self._room.due(position, PAGE_FINALS)
            data = b"".join(self.write(wire, caption) for caption in due.messages)
            self._pages[key] = Page(data, due.position)
        return self._pages[key]

    def sign_of_life(self, wire: Wire) -> bytes:
        """Give what somebody gets who lacks nothing: if it has to be a message, what they know."""
        if self._head is not self._room.head:
            self._turn_over()
        if wire not in self._signs:
            known = self.write(wire, Live(live=self._room.is_live))
            self._signs[wire] = known if wire.sign_of_life is None else wire.sign_of_life
        return self._signs[wire]

    def write(self, wire: Wire, caption: Caption) -> bytes:
        """Write one message."""
        return wire.write(caption, self._json(caption), self._room.story_name)

    def _json(self, caption: Caption) -> bytes:
        if not isinstance(caption, Final):
            return dialect.write(caption)
        if caption.number not in self._finals:
            self._finals[caption.number] = dialect.write(caption)
        return self._finals[caption.number]

    def _turn_over(self) -> None:
        self._head = self._room.head
        self._pages.clear()
        self._signs.clear()
        while self._oldest < self._room.story.first:
            self._finals.pop(self._oldest, None)
            self._oldest += 1
