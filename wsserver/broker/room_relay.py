"""Take what is said in one room to all gateways, and what they tell to the room.

Knows a room's copy, what waits, and Redis by its store; knows nothing of viewers.

Whatever changes the room goes to Redis first, which gives finals their numbers, and comes back
from there; so all copies have the same order.  While Redis is away, what is said here waits, and is
shown here as a partial: its words are there at once, and its numbers when Redis is back.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress

from wsserver.broker.connection import is_wanted
from wsserver.broker.room_catch_up import CatchUp
from wsserver.broker.room_events import Left, Look, Opened, Said, read, write_partial
from wsserver.broker.room_replica import Replica
from wsserver.broker.room_store import RoomStore, Verdict
from wsserver.broker.room_waiting import Leaving, Opening, Own, Saying, Waiting
from wsserver.errors import BrokerAway
from wsserver.messages import Final, Partial
from wsserver.rooms.relay import Premises

logger = logging.getLogger(__name__)

MOMENT_SECONDS = 1.0
"""For which somebody waits for others at most."""

_RETRY_SECONDS = 0.25
_GAP_SECONDS = 0.05


class RedisRelay:
    """The way to one room, from its first to its last here."""

    def __init__(
        self, premises: Premises, store: RoomStore, on_close: Callable[["RedisRelay"], None]
    ) -> None:
        """Begin; *on_close* is told of every `close`."""
        self.premises = premises
        self.name = premises.room.name
        self.replica = Replica(premises.room, store.gateway)
        self.is_over = False
        """Whether the room was found to have been ended."""

        self._store = store
        self._on_close = on_close
        self._waiting = Waiting()
        self._partials: dict[str, bytes] = {}
        self._catch_up = CatchUp(premises, store, self.replica, self._restarted)
        self._is_heard = False
        self._wake, self._calm = asyncio.Event(), asyncio.Event()
        self._running: asyncio.Task[None] | None = asyncio.create_task(self._run())

    @property
    def _flows(self) -> bool:
        return self._store.is_up and self.replica.is_whole

    # What speakers here do.

    def opened(self, session: str, generation: int, position: float) -> None:
        """Let a session begin, or go on at its second *position*."""
        opening = Opening(session, generation, position, time.monotonic())
        self._waiting.add(opening)
        self._place(opening)
        self._news()

    def partial(self, session: str, generation: int, partial: Partial) -> None:
        """Show *partial* here at once, and elsewhere soon."""
        shown = self._waiting.hear(session, partial)
        self.premises.room.partial(session, generation, shown)
        self._partials[session] = write_partial(self._store.gateway, session, generation, partial)
        self._news()

    def final(self, session: str, generation: int, final: Final) -> None:
        """Have *final* numbered, and then shown everywhere."""
        if self._running is None:  # the room has ended, and who speaks goes on
            return
        self._waiting.add(Saying(session, generation, final))
        self._partials.pop(session, None)
        if not self._flows:
            self._show(session)
        self._news()

    def left(self, session: str, generation: int) -> None:
        """Note that a session's connection is gone."""
        self._waiting.hush(session)
        self._partials.pop(session, None)
        if not (self._flows or self._waiting.says(session)):
            self.premises.room.left(session, generation)
        self._waiting.add(Leaving(session, generation))
        self._news()

    # What the room does.

    async def ready(self) -> None:
        """Wait a moment at most until the room is as others have it."""
        if self._store.is_up and not self.replica.is_whole:
            with suppress(TimeoutError):
                async with asyncio.timeout(MOMENT_SECONDS):
                    await self._calm.wait()

    async def flush(self) -> None:
        """Wait a moment at most until everybody has been told what was said."""
        with suppress(TimeoutError):
            async with asyncio.timeout(MOMENT_SECONDS):
                while self._waiting and self._store.is_up and self._running:
                    await asyncio.sleep(0.005)

    def close(self) -> None:
        """Forget the room."""
        if self._running:
            self._running.cancel()
            self._running = None
        self._calm.set()
        self._on_close(self)

    # What Redis does.

    def begin(self) -> None:
        """Note that from now on everything is heard, and look at what was before."""
        self._is_heard = True
        self.doubt()

    def hear(self, data: bytes) -> None:
        """Take an event."""
        try:
            told = read(data)
        except ValueError:
            logger.warning("found an event of a room that is none", exc_info=True)
            return
        if not self.replica.hear(told):
            self.doubt()
        if isinstance(told.event, Said):
            self._see(told.event.session)
        self.premises.tell()

    def doubt(self) -> None:
        """Look again, for something may have been missed."""
        self.replica.doubt()
        self._calm.clear()
        self._wake.set()

    def away(self) -> None:
        """Note that Redis is away: go on with what is here."""
        self._is_heard = False
        self.replica.doubt()
        self._calm.set()
        for session in self._waiting.sessions:
            self._show(session)
        self.premises.tell()

    def back(self) -> None:
        """Note that Redis is there: newcomers wait a moment for what it knows."""
        self._calm.clear()

    async def _run(self) -> None:
        while is_wanted():
            await self._wake.wait()
            self._wake.clear()
            try:
                while self._is_heard and await self._step():
                    pass
            except BrokerAway:
                self._wake_later(_RETRY_SECONDS)
            except Exception:  # nobody would notice, and nothing more would be shown
                logger.exception("a room could not be shared")
                self._wake_later(MOMENT_SECONDS)

    async def _step(self) -> bool:
        """Do the next thing; tell whether there was one."""
        if not self.replica.is_whole:
            await self._look()
        elif (own := self._waiting.next()) is not None:
            await self._send(own)
        elif self._partials:
            data = self._partials.pop(next(iter(self._partials)))
            await self._store.tell(self.name, data)
        else:
            return False
        return is_wanted()

    async def _look(self) -> None:
        found = await self._catch_up.step()
        if isinstance(found, Look):
            self._enter(found)
        elif found != "ok":
            await self._answer(found)

    def _enter(self, look: Look) -> None:
        settles_in = self._store.settles_in
        # Others may still have to tell a Redis without a memory who speaks with them.
        stay = self.premises.room.speakers() if settles_in else self._waiting.sessions
        if self.replica.enter(look, stay):
            self._calm.set()
        if settles_in:
            asyncio.get_running_loop().call_later(settles_in, self.doubt)
        self._again({each.session: each for each in look.sessions})
        self.premises.tell()

    def _again(self, known: dict[str, Opened]) -> None:
        for session, opening in list(self._waiting.open.items()):
            there = known.get(session)
            if there and there.generation > opening.generation:
                self._waiting.forget(session, opening.generation)
        here = self._store.gateway
        self._waiting.again(
            {key: each.generation for key, each in known.items() if each.gateway == here}
        )
        for session in self._waiting.sessions:
            self._see(session)

    async def _send(self, own: Own) -> None:
        match own:
            case Opening(session, generation, position, at):
                opened = Opened(session, generation, 0.0, 0, self._store.gateway)
                verdict = await self._store.opened(self.name, opened, position, at)
            case Saying(session, generation, final):
                verdict = await self._store.final(self.name, session, generation, final)
            case Leaving(session, generation):
                verdict = await self._store.left(self.name, Left(session, generation))
        if verdict == "ok":
            self._waiting.took(own)
        elif verdict == "stale" or (verdict == "unknown" and own.session not in self._waiting.open):
            # Whom Redis has forgotten it is told of again, but not of who speaks elsewhere by now.
            self._waiting.refuse(own)
            self._see(own.session)
        else:
            await self._answer(verdict)

    async def _answer(self, verdict: Verdict) -> None:
        match verdict:
            case "none":
                self.doubt()
                await self._catch_up.seed()
            case "lost":
                await self._store.learn_life()
                self.doubt()
            case "ended":
                self.is_over = True
                self.close()
            case "later":
                await asyncio.sleep(min(_RETRY_SECONDS, self._store.settles_in + 0.01))
            case "gap":
                await asyncio.sleep(_GAP_SECONDS)
            case _:
                self.doubt()

    def _restarted(self) -> None:
        for opening in self._waiting.openings():
            self._place(opening)

    def _place(self, opening: Opening) -> None:
        """Let a session speak here at once, until Redis says when in the story that is."""
        room, session = self.premises.room, opening.session
        if self._catch_up.origin is None:
            self._catch_up.origin = opening.at
        offset = max(opening.at - self._catch_up.origin, 0.0) - opening.position
        course = room.story.course(session)
        known = course.offset if course else offset
        room.place(session, opening.generation, known, 0)

    def _see(self, session: str) -> None:
        """Show what is left to show of *session*, now that more of it may have its numbers."""
        course = self.premises.room.story.course(session)
        if course and self._waiting.seen(session, course.utterance):
            self._show(session)

    def _show(self, session: str) -> None:
        room, shown = self.premises.room, self._waiting.shown(session)
        course = room.story.course(session)
        if shown and course:
            room.partial(session, course.generation, shown)

    def _news(self) -> None:
        self.premises.tell()
        self._wake.set()
        if self._waiting.lost:
            logger.warning("redis was away for too long: %d finals are lost", self._waiting.lost)
            self._waiting.lost = 0

    def _wake_later(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._wake.set)
