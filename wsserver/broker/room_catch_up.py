"""Bring a room's copy to where Redis is, or Redis to where the copy is if it has forgotten.

Knows a room, its copy and its store; knows nothing of who speaks or reads here.
"""

import secrets
import time
from collections.abc import Callable

from wsserver.broker.room_events import Look
from wsserver.broker.room_replica import Replica
from wsserver.broker.room_store import RoomStore, Verdict
from wsserver.rooms.relay import Premises

PAGE_FINALS = 200
"""At once, so that neither Redis nor the event loop is held up."""


class CatchUp:
    """The way of one copy."""

    def __init__(
        self, premises: Premises, store: RoomStore, replica: Replica, on_restart: Callable[[], None]
    ) -> None:
        """Call *on_restart* when another story has taken the place of the one here."""
        self.origin: float | None = None
        """When the story began, by the clock here."""

        self._premises = premises
        self._store = store
        self._replica = replica
        self._on_restart = on_restart
        self._born = ""
        """Of what Redis knows, as far as the finals here agree with it."""

    async def step(self) -> Look | Verdict:
        """Go a step; give what Redis knows once all its finals are here, `ok` if there is more."""
        room = self._premises.room
        look = await self._store.look(room, PAGE_FINALS)
        if not isinstance(look, Look):
            return look
        if look.story != room.story_name:
            return await self._take_other(look)
        if room.story.last > look.last or (look.born != self._born and room.story.last):
            return await self._remind(look)
        return self._take(look)

    async def seed(self) -> Verdict:
        """Have Redis know the room, as far as it does not."""
        return await self._store.seed(self._premises.room, self._premises.owner, self.origin)

    async def _take_other(self, look: Look) -> Verdict:
        """Go over to another story, unless there is nothing in it and something in this one."""
        if self._premises.room.story.last and not look.last:
            return await self.seed()
        self._premises.restart(look.story)
        self._replica.restart(self._premises.room)
        self._born = ""
        self._on_restart()
        return "ok"

    async def _remind(self, look: Look) -> Verdict:
        """Give Redis back what it has forgotten and is known here."""
        room = self._premises.room
        finals = room.story.after(look.last, PAGE_FINALS)
        if room.story.last <= look.base:
            self._born = look.born
            return await self.seed()
        if look.last == look.base and finals and finals[0].number == look.last + 1:
            return _more(await self._store.extend(room, look.last, finals))
        # Others have gone on without what is known here: all read all of it anew.
        return _more(await self._store.move(room, secrets.token_urlsafe(9)))

    def _take(self, look: Look) -> Look | Verdict:
        self._replica.take(look)
        self._premises.tell()
        self._born = look.born
        if len(look.finals) == PAGE_FINALS:
            return "ok"
        if look.began_ms is not None:
            self.origin = time.monotonic() - (look.now_ms - look.began_ms) / 1000
        return look


def _more(verdict: Verdict) -> Verdict:
    return "ok" if verdict == "stale" else verdict  # somebody else was faster: look again
