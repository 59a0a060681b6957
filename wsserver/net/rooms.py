"""The rooms that are open here: who speaks and who reads along in each of them.

Knows rooms, their audiences and their limits; knows nothing of tokens, sockets or HTTP.

A room comes to life with its first speaker or viewer, and is forgotten some time after the last.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from functools import partial
from typing import NoReturn

from wsserver.net.audience import Audience
from wsserver.net.ended_rooms import EndedRooms
from wsserver.net.ledger import Clock
from wsserver.net.open_room import OpenRoom, Seat
from wsserver.net.refusal import refuse
from wsserver.net.relay import NoOthers
from wsserver.net.room_ids import RoomIds
from wsserver.net.settings import RoomSettings
from wsserver.rooms.captions import Closed
from wsserver.rooms.relay import Relays
from wsserver.rooms.room import Room

_RETRY_AFTER_SECONDS = 30


class Rooms:
    """All open rooms."""

    def __init__(
        self, settings: RoomSettings, ids: RoomIds, clock: Clock, relays: Relays | None = None
    ) -> None:
        """Share the rooms with whom *relays* lead to; with nobody by default."""
        self.ids = ids
        self._relays = relays or NoOthers()
        self._settings = settings
        self._clock = clock
        self._open: dict[str, OpenRoom] = {}
        self._empty: OrderedDict[str, asyncio.TimerHandle] = OrderedDict()
        """Open ones without anybody, the one that has been so longest first."""

        self._ended = EndedRooms()
        self._viewers = 0
        self._is_stopping = False
        self._ending: set[asyncio.Task[None]] = set()

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

    async def bring(self, name: str) -> OpenRoom | None:
        """Give the room if it is open here, or elsewhere: from then on it is open here as well.

        Raises `Refused` (503) if there is no place for it.
        """
        if name not in self._open and name not in self._ended:
            owner = await self._relays.owner(name)
            if owner is not None and name not in self._open and name not in self._ended:
                self._begin(name, owner)
                self._linger(name)
        if opened := self._open.get(name):
            await opened.relay.ready()
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
            self._linger(name)

    async def end(self, name: str, owner: str = "") -> None:
        """End *owner*'s room for good: its viewers are told, and nobody comes in any more."""
        self._ended.add(name, owner)
        if opened := self._open.get(name):
            await opened.relay.flush()
        self._forget(name)
        await self._relays.end(name, owner)
        if opened:
            await opened.audience.end(1000, "ended", Closed(reason="ended"))

    def ended(self, name: str, owner: str) -> None:
        """Note that *owner* has ended the room elsewhere; does not wait for its viewers."""
        self._ended.add(name, owner)
        if opened := self._forget(name):
            ending = opened.audience.end(1000, "ended", Closed(reason="ended"))
            task = asyncio.create_task(ending)
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def stop(self) -> None:
        """Send all viewers elsewhere, with the last words."""
        self._is_stopping = True
        await asyncio.gather(*(opened.relay.flush() for opened in self._open.values()))
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
        return Seat(opened, partial(self.leave, opened, seats))

    def _linger(self, name: str) -> None:
        loop = asyncio.get_running_loop()
        seconds = self._settings.linger_seconds
        self._empty[name] = loop.call_later(seconds, partial(self._forget, name))

    def _begin(self, name: str, owner: str) -> OpenRoom:
        own = {each for each, opened in self._open.items() if opened.owner == owner}
        if len(own) >= self._settings.limit_per_token:
            self._make_way(own, f"found {len(own)} rooms of this token")
        elif len(self) >= self._settings.limit:
            self._make_way(self._open.keys(), f"found {len(self)} rooms")
        self._open[name] = OpenRoom(partial(self._audience, name), owner, self._relays)
        return self._open[name]

    def _audience(self, name: str, story: str) -> Audience:
        room = Room(name, story, self._settings.history_finals)
        return Audience(room, self._settings.patience_seconds, self._clock)

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
            opened.relay.close()
        return opened

    def _refuse(self, message: str) -> NoReturn:
        refuse(503, "full", message, _RETRY_AFTER_SECONDS)
