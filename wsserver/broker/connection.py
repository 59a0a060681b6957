"""Keep a connection to Redis, and say whether it is there.

Knows Redis and the event loop; knows nothing of what rides on it.

Nobody waits longer than `WAIT_SECONDS`: whoever finds Redis silent notes that it is away, and from
then on everybody is told so at once, until it takes something again.  One that answers and takes
nothing, as it is full, its disk is, or it is a replica, is away as well.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from wsserver.broker.backoff import wait_seconds
from wsserver.broker.settings import RedisSettings
from wsserver.errors import BrokerAway, ConfigError

if TYPE_CHECKING:
    from redis.asyncio import Redis

logger = logging.getLogger(__name__)

WAIT_SECONDS = 0.5
"""For an answer; on one network it takes a thousandth of that."""

PING_SECONDS = 1.0
"""Between two pings, which find a Redis away that nobody asks."""

MOST_CONNECTIONS = 32

T = TypeVar("T")


class Connection:
    """One Redis, from `start` to `stop`."""

    def __init__(self, settings: RedisSettings) -> None:
        """Connect later; raise `ConfigError` if there is no client for Redis that takes the URL."""
        self.prefix = settings.prefix
        self._place = settings.place
        self._redis = _client(settings)
        self._is_up = False
        self._refusal = ""
        """The latest that was logged, so that each is logged once."""

        self._fault = ""
        """The kind of the latest error."""

        self._on_change: list[Callable[[bool], None]] = []
        self._wake = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def is_up(self) -> bool:
        """Tell whether Redis took something lately."""
        return self._is_up

    @property
    def redis(self) -> "Redis":
        """Give the client, for what needs connections of its own; the others `ask`."""
        return self._redis

    def key(self, *parts: str) -> str:
        """Give the name of a key or channel."""
        return self.prefix + ":".join(parts)

    def on_change(self, tell: Callable[[bool], None]) -> None:
        """Have *tell* called, with whether Redis is there, whenever that has changed."""
        self._on_change.append(tell)

    async def start(self) -> None:
        """Try once, and keep trying; a Redis that is away is no reason not to start."""
        if not await self._ping():
            logger.warning("redis at %s is away: %s; nothing is shared", self._place, self._fault)
        self._keeping = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Close every connection."""
        if self._keeping:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping
        self._is_up = False
        with suppress(Exception):  # it is of no use any more, whatever it says
            async with asyncio.timeout(WAIT_SECONDS):
                await self._redis.aclose()

    async def ask(self, asked: Callable[["Redis"], Awaitable[T]]) -> T:
        """Give what *asked* gets from Redis; raise `BrokerAway` if that is not to be had now.

        What was asked may have been done all the same, so it has to bear being asked again.
        """
        if not self._is_up:
            raise BrokerAway("redis is away")
        return await self._ask(asked)

    async def _ask(self, asked: Callable[["Redis"], Awaitable[T]], *, is_ping: bool = False) -> T:
        from redis.exceptions import ConnectionError as Lost
        from redis.exceptions import RedisError, ResponseError
        from redis.exceptions import TimeoutError as TooLate

        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await asked(self._redis)
        except (Lost, TooLate, OSError, TimeoutError) as error:
            self._note(False, error)
            raise BrokerAway(f"redis is away: {type(error).__name__}") from None
        except ResponseError as error:
            if str(error) != self._refusal:
                logger.warning("redis at %s refuses: %s", self._place, error)
            self._refusal = str(error)
            if is_ping:
                self._note(False, error)
            raise BrokerAway("redis refuses") from None
        except RedisError as error:
            raise BrokerAway(f"redis cannot be asked: {type(error).__name__}") from None

    async def _ping(self) -> bool:
        try:
            # A write of nothing: it is refused as any other is, and leaves no key.
            await self._ask(lambda redis: redis.setrange(self.key("ping"), 0, ""), is_ping=True)
        except BrokerAway:
            return False
        self._note(True)
        return True

    async def _keep(self) -> None:
        failures = 0
        while is_wanted():
            failures = 0 if self._is_up else failures + 1
            seconds = wait_seconds(failures, random.random()) if failures else PING_SECONDS  # noqa: S311
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            try:
                await self._ping()
            except Exception as error:  # or Redis would be away for good
                logger.exception("redis at %s could not be asked", self._place)
                self._note(False, error)

    def _note(self, is_up: bool, error: BaseException | None = None) -> None:
        # Not what it says, in which the URL might stand.
        cause = error and error.__cause__
        self._fault = type(cause if isinstance(cause, Exception) else error).__name__
        if is_up == self._is_up:
            return
        self._is_up = is_up
        if is_up:
            logger.info("redis at %s answers", self._place)
        else:
            logger.warning("redis at %s is away: %s", self._place, self._fault)
            self._wake.set()
        for tell in self._on_change:
            try:
                tell(is_up)
            except Exception:  # or nobody would ask for Redis any more
                logger.exception("a change of redis could not be told")


async def answers(settings: RedisSettings) -> bool:
    """Tell whether the Redis of *settings* takes something now."""
    connection = Connection(settings)
    await connection.start()
    try:
        return connection.is_up
    finally:
        await connection.stop()


def is_wanted() -> bool:
    """Tell whether nobody has canceled the task that asks.

    Loops that ask Redis need it: with a `socket_timeout`, which a URL may ask for, its client sends
    by `asyncio.wait_for`, which in Python 3.11 may take a cancellation for itself.
    """
    task = asyncio.current_task()
    return task is not None and not task.cancelling()


def _client(settings: RedisSettings) -> "Redis":
    try:
        from redis.asyncio import BlockingConnectionPool, Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import RedisError
    except ModuleNotFoundError as error:
        raise ConfigError(
            "redis.url needs the extra [redis]; pip install 'wsserver[redis]'"
        ) from error
    assert settings.url is not None
    try:
        pool = BlockingConnectionPool.from_url(
            settings.url,
            max_connections=MOST_CONNECTIONS,
            timeout=WAIT_SECONDS,
            # Not by the client: in Python 3.11 `asyncio.wait_for` takes cancellations for itself.
            socket_timeout=None,
            socket_connect_timeout=WAIT_SECONDS,
            # It would connect again by itself, at the same time from who reads and from who writes.
            retry=Retry(NoBackoff(), 0, supported_errors=()),
        )
        # To no end but to have it say what it does not take.
        pool.make_connection()  # type: ignore[no-untyped-call]
    except (TypeError, ValueError, AttributeError, RedisError) as error:
        raise ConfigError(f"redis.url: found options that no client takes: {error}") from None
    return Redis.from_pool(pool)
