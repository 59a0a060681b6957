"""A gateway's rooms on a Redis, without sockets: speakers and readers of several gateways."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.broker.redis_server import RedisServer
from tests.rooms.told import Reader, final, partial, says
from tests.waiting import until
from wsserver.broker.connection import Connection
from wsserver.broker.room_relays import RedisRelays
from wsserver.broker.room_store import Terms
from wsserver.broker.settings import RedisSettings
from wsserver.broker.subscriptions import Subscriptions
from wsserver.net.open_room import Seat
from wsserver.net.room_ids import RoomIds
from wsserver.net.rooms import Rooms
from wsserver.net.settings import RoomSettings
from wsserver.rooms.room import Room

ROOM = "room"
OWNER = "ada"


class Speaker:
    """Somebody who speaks in the room at one gateway."""

    def __init__(self, seat: Seat, session: str, generation: int = 1, position: float = 0) -> None:
        self.seat = seat
        self._line = (session, generation)
        seat.relay.opened(*self._line, position)

    def say(self, *utterances: int) -> None:
        for utterance in utterances:
            self.seat.relay.final(*self._line, final(utterance))

    def say_nothing(self, utterance: int) -> None:
        self.seat.relay.final(*self._line, final(utterance, ""))

    def mumble(self, utterance: int, text: str = "sai") -> None:
        self.seat.relay.partial(*self._line, partial(utterance, text))

    def leave(self) -> None:
        self.seat.relay.left(*self._line)
        self.seat.release()


class Gateway:
    """The rooms of one gateway."""

    def __init__(self, redis: RedisServer, terms: Terms) -> None:
        self.connection = Connection(RedisSettings(url=redis.url))
        self.subscriptions = Subscriptions(self.connection)
        self.relays = RedisRelays(self.connection, self.subscriptions, terms)
        settings = RoomSettings(
            history_finals=terms.history_finals, linger_seconds=terms.linger_seconds
        )
        self.rooms = Rooms(settings, RoomIds(bytes(32)), time.time, self.relays)
        self.relays.on_ended = self.rooms.ended

    async def start(self) -> None:
        await self.connection.start()
        await self.subscriptions.start()
        await self.relays.start()

    async def stop(self) -> None:
        await self.rooms.stop()
        await self.die()

    async def die(self) -> None:
        """Be gone without a word about who speaks here."""
        for part in (self.relays, self.subscriptions, self.connection):
            await part.stop()

    @property
    def room(self) -> Room:
        """What is shown here."""
        opened = self.rooms.find(ROOM)
        assert opened is not None
        return opened.room

    def speaker(self, session: str, generation: int = 1, position: float = 0) -> Speaker:
        return Speaker(self.rooms.speak(ROOM, OWNER), session, generation, position)

    async def reader(self) -> Reader:
        seat = self.rooms.sit(ROOM, OWNER)
        await seat.relay.ready()
        return Reader.new(seat.room)


@asynccontextmanager
async def gateways(redis: RedisServer, count: int, **terms: float) -> AsyncIterator[list[Gateway]]:
    """Start so many; stop them in the end."""
    agreed = Terms(
        linger_seconds=terms.get("linger_seconds", 60.0),
        history_finals=int(terms.get("history_finals", 1_000)),
        ended_seconds=60.0,
        settle_seconds=terms.get("settle_seconds", 0.0),
    )
    started = [Gateway(redis, agreed) for _ in range(count)]
    for each in started:
        await each.start()
    try:
        yield started
    finally:
        for each in started:
            await each.stop()


async def reads(reader: Reader, count: int) -> list[str]:
    """Wait until *reader* has so many finals; give them in a word each."""

    def has_all() -> bool:
        reader.read_all()
        return len(reader.finals) >= count

    await until(has_all, lambda: [says(each) for each in reader.told[-20:]])
    return [f"{each.number} {each.session}{each.utterance}" for each in reader.finals]


async def all_read(readers: list[Reader], count: int) -> list[list[str]]:
    """Wait until all have so many."""
    return [await reads(reader, count) for reader in readers]


def numbered(read: list[str]) -> list[str]:
    """Give what was read without its numbers, which go from 1 without a gap."""
    assert [each.split(" ")[0] for each in read] == [str(n) for n in range(1, len(read) + 1)]
    return [each.split(" ")[1] for each in read]
