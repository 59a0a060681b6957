"""Rooms as Redis has them: every step of a room as a method.

Knows keys, scripts and what they answer; knows nothing of when to call them.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from uuid import uuid4

from wsserver import messages
from wsserver.broker import room_scripts
from wsserver.broker.connection import Connection
from wsserver.broker.room_events import Left, Look, Opened, read_look, write_final, write_told
from wsserver.errors import BrokerAway
from wsserver.rooms import captions
from wsserver.rooms.room import Room
from wsserver.rooms.story import MOST_SESSIONS

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.commands.core import AsyncScript

Verdict: TypeAlias = Literal[
    "ok", "stale", "later", "gap", "unknown", "none", "other", "alive", "ended", "lost"
]
"""`stale`: no news; `later`: Redis has no memory yet; `gap`: finals before it may come from where
the session was; `unknown`: it does not know the session; `none`: nor the room; `lost`: it has
forgotten everything."""

_LEAST_KEPT_MS = 15_000
"""Longer than between two signs of life."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How long and how much is remembered."""

    linger_seconds: float
    history_finals: int
    ended_seconds: float
    settle_seconds: float = 2.0
    """For which a Redis without a memory waits for gateways that have one, before it takes what is
    new; longer than they wait between two tries to reach it."""


class RoomStore:
    """All rooms in Redis, as one gateway calls them."""

    def __init__(self, connection: Connection, terms: Terms) -> None:
        self.gateway = uuid4().hex
        self.terms = terms
        self._connection = connection
        self.life = ""
        """Of Redis, as it was last asked; empty if it has to be asked."""

        self._clock_gap_ms = 0.0
        """Between Redis' clock and the one here."""

        redis = connection.redis
        script = redis.register_script
        self._look, self._seed = script(room_scripts.LOOK), script(room_scripts.SEED)
        self._extend, self._move = script(room_scripts.EXTEND), script(room_scripts.MOVE)
        self._opened, self._final = script(room_scripts.OPENED), script(room_scripts.FINAL)
        self._left, self._begin_life = script(room_scripts.LEFT), script(room_scripts.LIFE)

    @property
    def is_up(self) -> bool:
        """Tell whether Redis is there."""
        return self._connection.is_up

    @property
    def settles_in(self) -> float:
        """Give the seconds for which Redis still waits for gateways that have a memory."""
        began = self.life.rpartition(" ")[2]
        if not began:
            return 0.0
        age_ms = time.monotonic() * 1000 + self._clock_gap_ms - int(began)
        return max(0.0, self.terms.settle_seconds - age_ms / 1000)

    @property
    def rooms_channel(self) -> str:
        """Where all gateways hear of rooms that were ended."""
        return self._connection.key("rooms")

    def channel(self, name: str) -> str:
        """Give where a room's events are told."""
        return self._key(name, "events")

    async def learn_life(self) -> None:
        """Ask which life of Redis this is."""
        key = self._connection.key("life")
        about = await self._connection.ask(lambda redis: redis.info("server"))
        words = [uuid4().hex, str(about["run_id"])]
        life, now = await self._connection.ask(lambda _: self._begin_life(keys=[key], args=words))
        self._note_clock(int(now))
        self.life = life.decode()

    def forget_life(self) -> None:
        """Ask anew before anything else: it may be another Redis, or one that has forgotten."""
        self.life = ""

    async def look(self, room: Room, count: int) -> Look | Verdict:
        """Give what Redis knows of *room*, with at most *count* finals that it lacks."""
        args = (room.story.last, count, room.story_name)
        reply = await self._reply(self._look, room.name, *args)
        if reply[0] != b"room":
            return _verdict(reply)
        fields, found, now = reply[1:]
        self._note_clock(int(now))
        known = dict(zip(fields[::2], fields[1::2], strict=True))
        finals = [(entry[1], entry[3]) for _, entry in found]
        return read_look(known, finals, int(now))

    async def seed(self, room: Room, owner: str, origin: float | None) -> Verdict:
        """Have Redis know *room*, which began at *origin* by the clock here, as it is here."""
        story = room.story
        began = "" if origin is None else round(origin * 1000 + self._clock_gap_ms)
        courses = [
            word
            for session, course in story.courses()
            for word in (
                session,
                course.generation,
                round(course.offset * 1000),
                course.utterance,
            )
        ]
        kept = story.last - story.first + 1
        args = (room.story_name, uuid4().hex, story.first - 1, kept, began, owner, *courses)
        return _verdict(await self._reply(self._seed, room.name, *args))

    async def extend(self, room: Room, last: int, finals: Sequence[captions.Final]) -> Verdict:
        """Copy *finals*, which come behind number *last*, to Redis, which has forgotten them."""
        words = [word for final in finals for word in write_told(final)]
        args = (room.story_name, last, self.terms.history_finals, *words)
        return _verdict(await self._reply(self._extend, room.name, *args))

    async def move(self, room: Room, story: str) -> Verdict:
        """Give the room's story another name."""
        return _verdict(await self._reply(self._move, room.name, room.story_name, story))

    async def opened(self, name: str, opened: Opened, position: float, at: float) -> Verdict:
        """Let a session begin that went on at its second *position*, *at* this time here."""
        ago = max(0.0, time.monotonic() - at)
        args = (opened.session, opened.generation, _ms(position), _ms(ago), self.gateway)
        # Others come back to a Redis as late as it settles, and then tell what they have.
        await_ms = 2 * _ms(self.terms.settle_seconds)
        return _verdict(await self._reply(self._opened, name, *args, MOST_SESSIONS, await_ms))

    async def final(
        self, name: str, session: str, generation: int, final: messages.Final
    ) -> Verdict:
        """Add a final."""
        args = (session, generation, final.utterance, _ms(final.end), self.terms.history_finals)
        settle = _ms(self.terms.settle_seconds)
        body = write_final(final)
        return _verdict(await self._reply(self._final, name, settle, *args, body))

    async def left(self, name: str, left: Left, gateway: str = "") -> Verdict:
        """Note that a session is gone; with *gateway*, if that gives no sign of life any more."""
        signs = [self._sign(gateway)] if gateway else []
        args = (left.session, left.generation, gateway or self.gateway)
        return _verdict(await self._reply(self._left, name, *args, more_keys=signs))

    async def tell(self, name: str, data: bytes) -> None:
        """Tell whoever listens, and remember nothing."""
        await self._connection.ask(lambda redis: redis.publish(self.channel(name), data))

    async def owner(self, name: str) -> str | None:
        """Give who opened a room; None if Redis knows none of this name."""
        owner = await self._connection.ask(lambda redis: redis.hget(self._key(name), "owner"))
        return None if owner is None else _text(owner)

    async def end(self, rooms: Mapping[str, str]) -> None:
        """Forget rooms for good, and tell all gateways; *rooms* are their names and owners."""
        kept_ms = _ms(self.terms.ended_seconds)
        until = round(time.time() * 1000) + kept_ms

        async def ask(redis: "Redis") -> None:
            async with redis.pipeline(transaction=False) as pipe:
                for name, owner in rooms.items():
                    value, told = json.dumps([until, owner]), json.dumps([name, owner])
                    words = (name, self.rooms_channel, value, str(kept_ms), told)
                    pipe.eval(room_scripts.END, 4, *self._keys(name), *words)
                await pipe.execute()

        await self._connection.ask(ask)

    async def ended(self) -> Mapping[str, str]:
        """Give the rooms that were ended, and who ended them."""
        key, now = self._connection.key("ended"), time.time() * 1000
        found = await self._connection.ask(lambda redis: redis.hgetall(key))
        known = {_text(name): json.loads(value) for name, value in found.items()}
        if over := [name for name, (until, _) in known.items() if until < now]:
            await self._connection.ask(lambda redis: redis.hdel(key, *over))
        return {name: owner for name, (_, owner) in known.items() if name not in over}

    async def sign(self, seconds: float) -> None:
        """Give a sign of life that is good for *seconds*."""
        key = self._sign(self.gateway)
        await self._connection.ask(lambda redis: redis.set(key, "1", px=_ms(seconds)))

    async def retire(self) -> None:
        """Take the sign of life back."""
        await self._connection.ask(lambda redis: redis.delete(self._sign(self.gateway)))

    async def keep(self, name: str) -> bool:
        """Keep a room because somebody is in it; tell whether Redis still knew it."""
        key = self._key(name)
        finals, kept_ms = self._key(name, "finals"), self._kept_ms
        await self._connection.ask(lambda redis: redis.pexpire(finals, kept_ms))
        return bool(await self._connection.ask(lambda redis: redis.pexpire(key, kept_ms)))

    async def has_sign(self, gateway: str) -> bool:
        """Tell whether a gateway has given a sign of life lately."""
        return bool(await self._connection.ask(lambda redis: redis.exists(self._sign(gateway))))

    @property
    def _kept_ms(self) -> int:
        return _ms(self.terms.linger_seconds) + _LEAST_KEPT_MS

    def _key(self, name: str, *parts: str) -> str:
        return self._connection.key("room", name, *parts)

    def _sign(self, gateway: str) -> str:
        return self._connection.key("gateway", gateway)

    def _keys(self, name: str) -> list[str]:
        key = self._connection.key
        return [key("life"), self._key(name), self._key(name, "finals"), key("ended")]

    def _note_clock(self, now_ms: int) -> None:
        self._clock_gap_ms = now_ms - time.monotonic() * 1000

    async def _reply(
        self,
        script: "AsyncScript",
        name: str,
        *args: str | int | bytes,
        more_keys: Sequence[str] = (),
    ) -> Any:
        keys = [*self._keys(name), *more_keys]
        words = [self.life, name, self.channel(name), self._kept_ms, *args]
        reply = await self._connection.ask(lambda _: script(keys=keys, args=words))
        if not reply:
            raise BrokerAway("redis gave an empty answer")
        return reply


def _text(found: bytes | str) -> str:
    return found.decode() if isinstance(found, bytes) else found


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _verdict(reply: list[bytes]) -> Verdict:
    return reply[0].decode()  # type: ignore[return-value]
