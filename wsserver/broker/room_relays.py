"""All rooms of one gateway that others share: who lives, who is gone, what has ended.

Knows relays and their store; knows nothing of viewers or of what is said.
"""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Collection
from contextlib import suppress

from wsserver.broker.connection import Connection, is_wanted
from wsserver.broker.room_events import Left
from wsserver.broker.room_relay import RedisRelay
from wsserver.broker.room_store import RoomStore, Terms
from wsserver.broker.subscriptions import Subscriptions
from wsserver.errors import BrokerAway
from wsserver.rooms.relay import Premises, Relay

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
"""Between two signs of life."""

GONE_SECONDS = 7.0
"""Without one, after which a gateway is taken for gone, and its speakers with it."""

_FORGET_SECONDS = 60.0
"""Between two times that rooms are forgotten in Redis whose end nobody has to know any more."""

_MOST_ENDED = 10_000
_AT_ONCE = 200
"""Ended rooms that Redis is told, so that nobody waits long for it."""

_NAME = re.compile(r"[\w-]{1,64}", re.ASCII)


class RedisRelays:
    """The rooms of one gateway, from `start` to `stop`."""

    def __init__(self, connection: Connection, subscriptions: Subscriptions, terms: Terms) -> None:
        self.store = RoomStore(connection, terms)
        self.on_ended: Callable[[str, str], None] = lambda _name, _owner: None
        """Is told of every room that was ended elsewhere, and by whom."""

        self._subscriptions = subscriptions
        self._joined: dict[str, RedisRelay] = {}
        self._ended: dict[str, str] = {}
        """The rooms that were ended here, and their owners; kept for a Redis that has forgotten."""

        self._life = ""
        """Of Redis, in which it was told everything."""

        self._suspects: set[str] = set()
        self._beat = asyncio.Event()
        self._beating: asyncio.Task[None] | None = None
        connection.on_change(self._follow)

    async def start(self) -> None:
        """Begin to listen, now or when Redis is there; know then which rooms were ended."""
        self._subscriptions.add(self.store.rooms_channel, self)
        with suppress(BrokerAway):
            await self.store.learn_life()
            await self._learn_ended()
        self._beating = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Tell that this gateway goes, and listen no more."""
        if self._beating:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
        for joined in tuple(self._joined.values()):
            joined.close()
        self._subscriptions.drop(self.store.rooms_channel)
        with suppress(BrokerAway):
            await self.store.retire()

    def relay(self, premises: Premises) -> Relay:
        """Join a room."""
        joined = RedisRelay(premises, self.store, self._part)
        self._joined[joined.name] = joined
        self._subscriptions.add(self.store.channel(joined.name), joined)
        return joined

    async def owner(self, name: str) -> str | None:
        """Give who opened a room that is open elsewhere."""
        if not _NAME.fullmatch(name):
            return None
        try:
            return await self.store.owner(name)
        except BrokerAway:
            return None

    async def end(self, name: str, owner: str) -> None:
        """Tell everybody that *owner* has ended a room; those who are away now, later."""
        self._ended[name] = owner
        if len(self._ended) > _MOST_ENDED:
            del self._ended[next(iter(self._ended))]
        with suppress(BrokerAway):
            await self.store.end({name: owner})

    def begin(self) -> None:
        """Note that what is told of all rooms is heard from now on."""
        self.store.forget_life()
        self._suspects.clear()
        self._beat.set()

    def hear(self, data: bytes) -> None:
        """Take note of a room that was ended."""
        name, owner = json.loads(data)
        self.on_ended(name, owner)

    def _part(self, joined: RedisRelay) -> None:
        """Leave a room, and tell if that is because it has ended."""
        if self._joined.get(joined.name) is joined:
            del self._joined[joined.name]
            self._subscriptions.drop(self.store.channel(joined.name))
            if joined.is_over:
                self.on_ended(joined.name, joined.premises.owner)

    def _follow(self, is_up: bool) -> None:
        if not is_up:
            self.store.forget_life()
        for joined in self._joined.values():
            if is_up:
                joined.back()
            else:
                joined.away()

    async def _run(self) -> None:
        now = asyncio.get_running_loop().time
        forgot_at = now()
        while is_wanted():
            try:
                if self._beat.is_set():
                    self._beat.clear()
                    await self._tell_ended()
                await self._live()
                if now() >= forgot_at + _FORGET_SECONDS:
                    forgot_at = now()
                    await self._learn_ended()
            except BrokerAway:
                pass
            except Exception:  # nobody would notice, and all speakers here would be taken for gone
                logger.exception("this gateway could not give a sign of life")
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._beat.wait()

    async def _live(self) -> None:
        await self.store.sign(GONE_SECONDS)
        await self.store.learn_life()
        if (life := self.store.life) != self._life:
            await self._tell_ended()
            for joined in self._joined.values():
                joined.doubt()
            self._life = life
        for joined in tuple(self._joined.values()):
            if joined.premises.is_held and not await self.store.keep(joined.name):
                joined.doubt()
        await self._bury()

    async def _bury(self) -> None:
        """Let nobody speak whose gateway gave no sign of life, twice in a row."""
        speakers = [
            (joined.name, session, gateway)
            for joined in self._joined.values()
            for session, gateway in joined.replica.gateways.items()
            if gateway != self.store.gateway
        ]
        gateways = {gateway for _, _, gateway in speakers}
        silent = {each for each in gateways if not await self.store.has_sign(each)}
        for name, session, gateway in speakers:
            if gateway in silent & self._suspects and (joined := self._joined.get(name)):
                generation = joined.premises.room.speakers().get(session, 0)
                await self.store.left(name, Left(session, generation), gateway)
        self._suspects = silent

    async def _tell_ended(self) -> None:
        known = await self._learn_ended()
        lacking = [name for name in self._ended if name not in known]
        for first in range(0, len(lacking), _AT_ONCE):
            names = lacking[first : first + _AT_ONCE]
            await self.store.end({name: self._ended[name] for name in names})

    async def _learn_ended(self) -> Collection[str]:
        ended = await self.store.ended()
        for name, owner in ended.items():
            self.on_ended(name, owner)
        return ended.keys()
