from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tests.broker.redis_server import RedisServer
from tests.waiting import until
from wsserver.broker.connection import Connection
from wsserver.broker.settings import RedisSettings
from wsserver.broker.subscriptions import Subscriptions


@dataclass
class Ear:
    """Remembers what it hears."""

    heard: list[bytes] = field(default_factory=list)

    def begin(self) -> None:
        self.heard.append(b"(begin)")

    def hear(self, data: bytes) -> None:
        self.heard.append(data)


@pytest.fixture
async def connection(redis_server: RedisServer) -> AsyncIterator[Connection]:
    connection = Connection(RedisSettings(url=redis_server.url))
    await connection.start()
    yield connection
    await connection.stop()


@pytest.fixture
async def subscriptions(connection: Connection) -> AsyncIterator[Subscriptions]:
    subscriptions = Subscriptions(connection)
    await subscriptions.start()
    yield subscriptions
    await subscriptions.stop()


async def say(connection: Connection, channel: str, data: bytes) -> None:
    await connection.ask(lambda redis: redis.publish(channel, data))


async def test_what_is_said_on_a_channel_is_heard_from_its_beginning_on(
    connection: Connection, subscriptions: Subscriptions
) -> None:
    one, other = Ear(), Ear()
    subscriptions.add("one", one)
    subscriptions.add("other", other)
    await until(lambda: bool(one.heard and other.heard))

    for word in (b"a", b"b"):
        await say(connection, "one", word)
    await until(lambda: len(one.heard) == 3)

    assert one.heard == [b"(begin)", b"a", b"b"]
    assert other.heard == [b"(begin)"]


async def test_a_channel_that_is_dropped_is_heard_no_more(
    connection: Connection, subscriptions: Subscriptions
) -> None:
    dropped, kept = Ear(), Ear()
    subscriptions.add("dropped", dropped)
    subscriptions.add("kept", kept)
    await until(lambda: bool(dropped.heard and kept.heard))

    subscriptions.drop("dropped")
    await say(connection, "dropped", b"a")
    await say(connection, "kept", b"b")
    await until(lambda: b"b" in kept.heard)

    assert dropped.heard == [b"(begin)"]


async def test_after_redis_was_away_every_channel_begins_anew(
    connection: Connection, subscriptions: Subscriptions, redis_server: RedisServer
) -> None:
    ear = Ear()
    subscriptions.add("one", ear)
    await until(lambda: bool(ear.heard))

    redis_server.kill()
    await until(lambda: not connection.is_up)
    late = Ear()
    subscriptions.add("two", late)
    redis_server.start()
    await until(lambda: len(ear.heard) == 2 and len(late.heard) == 1)
    await say(connection, "one", b"a")
    await until(lambda: len(ear.heard) == 3)

    assert ear.heard == [b"(begin)", b"(begin)", b"a"]


async def test_a_fault_of_a_listener_is_logged_once_and_all_begin_anew(
    connection: Connection, subscriptions: Subscriptions, caplog: pytest.LogCaptureFixture
) -> None:
    class Faulty(Ear):
        def hear(self, data: bytes) -> None:
            super().hear(data)
            raise RuntimeError("a mistake")

    faulty, ear = Faulty(), Ear()
    subscriptions.add("faulty", faulty)
    subscriptions.add("one", ear)
    await until(lambda: bool(faulty.heard and ear.heard))

    for times in (2, 3):
        await say(connection, "faulty", b"a")
        await until(lambda: ear.heard.count(b"(begin)") == times)  # noqa: B023 - it is asked here

    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [str(record.exc_info and record.exc_info[1]) for record in errors] == ["a mistake"]
