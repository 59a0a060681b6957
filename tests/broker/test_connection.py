import asyncio
import logging
import traceback
from collections.abc import AsyncIterator

import pytest

from tests.broker.redis_server import PASSWORD, RedisServer
from tests.waiting import until
from wsserver.broker.connection import Connection
from wsserver.broker.settings import RedisSettings
from wsserver.errors import BrokerAway, ConfigError


@pytest.fixture
async def connection(redis_server: RedisServer) -> AsyncIterator[Connection]:
    connection = Connection(RedisSettings(url=redis_server.url))
    await connection.start()
    yield connection
    await connection.stop()


async def test_what_is_asked_is_answered(connection: Connection) -> None:
    await connection.ask(lambda redis: redis.set(connection.key("a", "b"), "c"))

    assert await connection.ask(lambda redis: redis.get("wsserver:a:b")) == b"c"


async def test_a_redis_that_dies_is_away_until_it_is_back(
    connection: Connection, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    changes: list[bool] = []
    connection.on_change(changes.append)

    redis_server.kill()
    await until(lambda: not connection.is_up)
    with pytest.raises(BrokerAway):
        await connection.ask(lambda redis: redis.ping())
    await asyncio.sleep(0.3)
    redis_server.start()
    await until(lambda: connection.is_up)

    assert changes == [False, True]
    assert await connection.ask(lambda redis: redis.ping())
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert PASSWORD not in caplog.text


async def test_a_redis_that_hangs_is_waited_for_once(
    connection: Connection, redis_server: RedisServer
) -> None:
    redis_server.halt()
    asked = [connection.ask(lambda redis: redis.ping()) for _ in range(100)]

    told = await asyncio.gather(*asked, return_exceptions=True)
    is_up = connection.is_up
    redis_server.go_on()
    await until(lambda: connection.is_up)

    assert {type(each) for each in told} == {BrokerAway}
    assert not is_up


async def test_a_command_that_redis_refuses_does_not_make_it_away(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        with pytest.raises(BrokerAway, match="refuses"):
            await connection.ask(lambda redis: redis.eval("nonsense", 0))

    assert connection.is_up
    assert len(caplog.records) == 1


async def test_a_redis_that_is_full_is_away_until_it_takes_something(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await connection.redis.config_set("maxmemory", 1)
    await until(lambda: not connection.is_up)
    await connection.redis.config_set("maxmemory", 0)
    await until(lambda: connection.is_up)

    assert "refuses: command not allowed when used memory > 'maxmemory'" in caplog.text
    assert "away: OutOfMemoryError" in caplog.text
    assert await connection.redis.dbsize() == 0


async def test_a_replica_is_away_for_it_takes_nothing(connection: Connection) -> None:
    await connection.redis.replicaof("127.0.0.1", 1)
    await until(lambda: not connection.is_up)
    await connection.redis.replicaof("NO", "ONE")

    await until(lambda: connection.is_up)


@pytest.mark.parametrize("option", ["foo=1", "db=x", "protocol=9", "retry=1"])
def test_an_option_that_the_client_does_not_take_is_told_before_it_is_used(option: str) -> None:
    with pytest.raises(ConfigError, match=r"^redis\.url: found options") as caught:
        Connection(RedisSettings(url=f"redis://:{PASSWORD}@example.org/0?{option}"))

    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


async def test_a_server_starts_without_its_redis(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    redis_server.kill()
    connection = Connection(RedisSettings(url=redis_server.url))

    await connection.start()
    is_up = connection.is_up
    redis_server.start()
    await until(lambda: connection.is_up)
    await connection.stop()

    assert not is_up
    assert caplog.messages == [
        f"redis at unix://{redis_server.path} is away: ConnectionError; nothing is shared"
    ]


async def test_a_wrong_password_is_told_once_and_never_shown(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    url = redis_server.url.replace(PASSWORD, "a-wrong-one")
    connection = Connection(RedisSettings(url=url))

    await connection.start()
    await asyncio.sleep(0.3)
    await connection.stop()

    assert not connection.is_up
    assert "away: AuthenticationError" in caplog.text
    assert len(caplog.records) == 1
    assert "a-wrong-one" not in caplog.text


async def test_a_fault_of_who_is_told_of_a_change_ends_nothing(
    connection: Connection, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(is_up: bool) -> None:
        raise RuntimeError("a mistake")

    connection.on_change(fail)
    redis_server.kill()
    await until(lambda: not connection.is_up)
    redis_server.start()
    await until(lambda: connection.is_up)

    assert "a mistake" in caplog.text


async def test_a_fault_of_the_client_does_not_make_redis_away_for_good(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("a mistake")

    with monkeypatch.context() as mistaken:
        mistaken.setattr(connection.redis, "setrange", fail)
        await until(lambda: not connection.is_up)
    await until(lambda: connection.is_up)

    assert "a mistake" in caplog.text
