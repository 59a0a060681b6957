"""The rooms that are open here: who speaks and who reads along in each of them.

Knows rooms, their audiences and their limits; knows nothing of tokens, sockets or HTTP.

A room comes to life with its first speaker or viewer, and is forgotten some time after the last.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Collection
from functools import partial
from typing import NoReturn

from wsserver.net.audience import Audience
from wsserver.net.ended_rooms import EndedRooms
from wsserver.net.ledger import Clock
from wsserver.net.refusal import refuse
from wsserver.net.room_ids import RoomIds
from wsserver.net.settings import RoomSettings
from wsserver.net.story_file import StoryFile
from wsserver.rooms.captions import Closed
from wsserver.rooms.room import Room

_RETRY_AFTER_SECONDS = 30


class OpenRoom:
    """One room with its audience."""

    def __init__(self, room: Room, audience: Audience, owner: str) -> None:
        self.room = room
        self.owner = owner
        """The name of the token with which it was opened."""

        self.audience = audience
        self.seats = 0
        """Viewers who were let in."""

        self.held = 0
        """Viewers and speakers."""

        self.is_ended = False
        self.files: dict[str, StoryFile] = {}
        """By name, those that somebody has asked for."""


class Seat:
    """The place of one viewer, or of one speaker, in a room."""

    def __init__(self, rooms: "Rooms", opened: OpenRoom, seats: int) -> None:
        self.room = opened.room
        self.audience = opened.audience
        self._rooms = rooms
        self._opened = opened
        self._seats = seats
        self._is_free = False

    @property
    def is_ended(self) -> bool:
        """Tell whether the owner has ended the room."""
        return self._opened.is_ended

    def release(self) -> None:
        """Free the place; again does nothing."""
        if not self._is_free:
            self._is_free = True
            self._rooms.leave(self._opened, self._seats)


class Rooms:
    """All open rooms."""

    def __init__(self, settings: RoomSettings, ids: RoomIds, clock: Clock) -> None:
        self.ids = ids
        self._settings = settings
        self._clock = clock
        self._open: dict[str, OpenRoom] = {}
        self._empty: OrderedDict[str, asyncio.TimerHandle] = OrderedDict()
        """Open ones without anybody, the one that has been so longest first."""

        self._ended = EndedRooms()
        self._viewers = 0
        self._is_stopping = False

    def __len__(self) -> int:
        """Count the open rooms."""
        return len(self._open)

    @property
    def viewers(self) -> int:
        """How many read along, in all rooms."""
        return self._viewers

    def find(self, name: str) -> OpenRoom | None:
        """Give the room, if it is open here."""
        return self._open.get(name)

    def check_ended(self, name: str) -> None:
        """Raise `Refused` (410) if the owner has ended the room."""
        if name in self._ended:
            refuse(410, "room_ended", "found a room that its owner has ended")

    def sit(self, name: str, owner: str = "") -> Seat:
        """Give a viewer a place; raise `Refused` (410 or 503) if there is none.

        *owner* is the name of the token with which the room was opened; it counts where this is the
        first visit.
        """
        self.check_ended(name)
        opened = self._open.get(name)
        here = opened.seats if opened else 0
        if here >= self._settings.viewers_per_room:
            self._refuse(f"found {here} viewers of this room, the most at a time")
        if self._viewers >= self._settings.viewers:
            self._refuse(f"found {self._viewers} viewers, the most at a time")
        return self._enter(name, owner, 1)

    def speak(self, name: str, owner: str = "") -> Seat:
        """Give a speaker a place; raise `Refused` (410 or 503) if there is none."""
        self.check_ended(name)
        return self._enter(name, owner, 0)

    def leave(self, opened: OpenRoom, seats: int) -> None:
        """Free a place."""
        name = opened.room.name
        opened.held -= 1
        opened.seats -= seats
        self._viewers -= seats
        if opened.held or opened.is_ended:
            return
        if self._is_stopping:
            self._forget(name)
        else:
            loop = asyncio.get_running_loop()
            seconds = self._settings.linger_seconds
            self._empty[name] = loop.call_later(seconds, partial(self._forget, name))

    async def end(self, name: str, owner: str = "") -> None:
        """End *owner*'s room for good: its viewers are told, and nobody comes in any more."""
        self._ended.add(name, owner)
        if opened := self._forget(name):
            await opened.audience.end(1000, "ended", Closed(reason="ended"))

    async def stop(self) -> None:
        """Send all viewers elsewhere, with the last words."""
        self._is_stopping = True
        ending = [opened.audience.end(1001, "the server stops") for opened in self._open.values()]
        await asyncio.gather(*ending)
        for name in tuple(self._empty):
            self._forget(name)

    def _enter(self, name: str, owner: str, seats: int) -> Seat:
        opened = self._open.get(name) or self._begin(name, owner)
        if (handle := self._empty.pop(name, None)) is not None:
            handle.cancel()
        opened.held += 1
        opened.seats += seats
        self._viewers += seats
        return Seat(self, opened, seats)

    def _begin(self, name: str, owner: str) -> OpenRoom:
        own = {each for each, opened in self._open.items() if opened.owner == owner}
        if len(own) >= self._settings.limit_per_token:
            self._make_way(own, f"found {len(own)} rooms of this token")
        elif len(self) >= self._settings.limit:
            self._make_way(self._open.keys(), f"found {len(self)} rooms")
        room = Room(name, secrets.token_urlsafe(9), self._settings.history_finals)
        audience = Audience(room, self._settings.patience_seconds, self._clock)
        self._open[name] = OpenRoom(room, audience, owner)
        return self._open[name]

    def _make_way(self, names: Collection[str], found: str) -> None:
        """Forget the one of *names* that has been empty longest; raise `Refused` if none is."""
        empty = next((name for name in self._empty if name in names), None)
        if empty is None:
            self._refuse(f"{found}, the most at a time")
        self._forget(empty)

    def _forget(self, name: str) -> OpenRoom | None:
        if (handle := self._empty.pop(name, None)) is not None:
            handle.cancel()
        opened = self._open.pop(name, None)
        if opened:
            opened.is_ended = True
        return opened

    def _refuse(self, message: str) -> NoReturn:
        refuse(503, "full", message, _RETRY_AFTER_SECONDS)
