"""Bring what waits to one receiver, and try again until it is taken.

Knows one receiver, its rounds and the HTTP client; knows nothing of sessions that run.
"""

import asyncio
import logging
import random
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import aiohttp

from wsserver.webhooks.backoff import Answer, read_retry_after
from wsserver.webhooks.rounds import Delivery, Rounds
from wsserver.webhooks.settings import Receiver
from wsserver.webhooks.signature import headers, read_secret
from wsserver.webhooks.spool import Spool

logger = logging.getLogger(__name__)

TRY_SECONDS = 20.0
"""For one request; Standard Webhooks recommends 15 to 30."""

UNREADABLE_SECONDS = 5.0
"""Before a spool that could not be read is tried again."""


@dataclass(frozen=True, slots=True)
class Luck:
    """What is not decided here, so that tests can."""

    clock: Callable[[], float] = time.time
    """Seconds since the epoch, by a clock that may be set."""

    monotonic: Callable[[], float] = time.monotonic
    """Seconds since any moment, by a clock that nobody sets."""

    chance: Callable[[], float] = random.random


def trace(error: BaseException) -> str:
    """Say what *error* is and where it came from, without its words: a URL may be in them."""
    if isinstance(error, BaseExceptionGroup):
        return "\n".join(map(trace, error.exceptions))
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"


class Courier:
    """All that goes to one receiver, while `run` runs."""

    def __init__(
        self, receiver: Receiver, spool: Spool, give_up_seconds: float, luck: Luck | None = None
    ) -> None:
        self.receiver = receiver
        self.is_gone = False
        """It asked (410) not to be sent anything any more."""

        self._spool = spool
        self._luck = luck or Luck()
        self._secrets = [read_secret(secret) for secret in receiver.secrets]
        self._rounds = Rounds(give_up_seconds)
        self._changed = asyncio.Event()
        self._settled = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many deliveries wait or are under way."""
        return len(self._rounds)

    def add(self, delivery: Delivery) -> None:
        """Bring *delivery* after the others of its session."""
        if self.is_gone:
            self._spool.remove(delivery)
            return
        age_seconds = self._luck.clock() - delivery.created
        self._rounds.add(delivery, self._luck.monotonic(), age_seconds)
        self._changed.set()

    async def run(self) -> None:
        """Bring what there is, until canceled; what is under way then is tried again later."""
        async with asyncio.TaskGroup() as tries, _client() as client:
            while True:
                self._changed.clear()
                for delivery in self._rounds.take(self._luck.monotonic()):
                    tries.create_task(self._bring(client, delivery))
                await self._wait()

    async def settle(self) -> None:
        """Wait until nothing is under way or due; what failed waits for its time."""
        while self._rounds.is_due(self._luck.monotonic()):
            self._settled.clear()
            await self._settled.wait()

    async def _wait(self) -> None:
        wake_at = self._rounds.wake_at()
        seconds = None if wake_at is None else max(wake_at - self._luck.monotonic(), 0.0)
        if seconds == 0.0 and self._rounds.under_way:
            seconds = None  # there is no room for it before one of them is done
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def _bring(self, client: aiohttp.ClientSession, delivery: Delivery) -> None:
        try:
            answer = await self._try(client, delivery)
        except Exception as error:  # noqa: BLE001 - this task ends one try, and never in silence
            logger.error("a webhook failed in an unforeseen way: %s", trace(error))
            answer = Answer(None)
        if answer.outcome == "gone":
            self._give_up()
        if not self.is_gone:
            self._note(delivery, answer)
        self._changed.set()
        self._settled.set()

    def _note(self, delivery: Delivery, answer: Answer) -> None:
        now = self._luck.monotonic()
        is_over = self._rounds.settle(delivery, answer, now, self._luck.chance())
        if is_over:
            self._spool.remove(delivery)
        if answer.outcome == "taken":
            return
        place, event = self.receiver.place, delivery.event
        if answer.outcome == "lost":
            logger.error("a webhook to %s is lost: the spool has no %s any more", place, event)
            return
        reason = f"status {answer.status}" if answer.status else "no answer"
        if is_over:
            logger.error("a webhook to %s is given up: %s for %s", place, reason, event)
        elif self._rounds.failures(delivery) == 1:
            logger.warning("a webhook to %s failed and is tried again: %s", place, reason)

    def _give_up(self) -> None:
        if not self.is_gone:
            logger.error(
                "%s takes no webhooks any more (410); %d that wait for it are dropped",
                self.receiver.place,
                self.waiting,
            )
        self.is_gone = True
        self._rounds.clear()
        self._spool.remove_all(self.receiver.key)

    async def _try(self, client: aiohttp.ClientSession, delivery: Delivery) -> Answer:
        body = await self._spool.body(delivery)
        if body == "missing":
            return Answer(None, is_lost=True)
        if body == "unreadable":
            await asyncio.sleep(UNREADABLE_SECONDS)
            return Answer(None)
        signed = headers(self._secrets, delivery.event, int(self._luck.clock()), body)
        try:
            async with client.post(
                self.receiver.url, data=body, headers=signed, allow_redirects=False
            ) as response:
                asked = read_retry_after(response.headers.get("Retry-After", ""))
                return Answer(response.status, asked)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return Answer(None)  # what it says may hold the URL


def _client() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        headers={"Content-Type": "application/json", "User-Agent": "wsserver"},
        timeout=aiohttp.ClientTimeout(total=TRY_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
