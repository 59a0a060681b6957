"""Pass finals on: from the sessions that run to the spool, and from there to every receiver.

Knows messages, the spool and the couriers; knows nothing of sockets or sessions.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from wsserver.messages import Final, Ready, Start, Warn
from wsserver.webhooks.courier import Courier, Luck, trace
from wsserver.webhooks.event import Source, body, event_id
from wsserver.webhooks.rounds import Delivery
from wsserver.webhooks.settings import WebhookSettings
from wsserver.webhooks.spool import Parcel, Spool

logger = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 5.0
"""For a final to be in the spool, before its speaker gets it all the same."""

FAREWELL_SECONDS = 5.0
"""For what is due when the server stops; the rest goes when it runs again."""

NOT_PASSED_ON = Warn(
    code="not_passed_on",
    message="what is said cannot be passed on at the moment; it is recognized as before",
)
"""What a speaker is told, once, when the spool is full or the disk does not take it."""


class Dispatch:
    """The webhooks of a running server, from `start` to `stop`; one time only."""

    def __init__(self, settings: WebhookSettings, folder: Path, luck: Luck | None = None) -> None:
        self._settings = settings
        self._luck = luck or Luck()
        self._spool = Spool(folder, self._arrive)
        self._couriers = {
            receiver.key: Courier(receiver, self._spool, settings.give_up_seconds, self._luck)
            for receiver in settings.receivers
        }
        self._running: list[tuple[Courier, asyncio.Task[None]]] | None = None

    @property
    def waiting(self) -> int:
        """How many deliveries are still to be taken, by all receivers together."""
        return sum(courier.waiting for courier in self._couriers.values())

    async def start(self) -> None:
        """Open the spool and begin with what is in it; raise `ConfigError`."""
        await self._spool.start()
        self._running = [(c, asyncio.create_task(_run(c))) for c in self._couriers.values()]

    async def stop(self) -> None:
        """Send what is due, for a while; what is left is sent by the next server."""
        if self._running is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._spool.look()
                at_work = [courier for courier, task in self._running if not task.done()]
                await asyncio.gather(*(courier.settle() for courier in at_work))
        for _, task in self._running:
            task.cancel()
        await asyncio.gather(*(task for _, task in self._running), return_exceptions=True)
        if not await self._spool.stop():
            logger.error("the disk did not take all webhooks")

    def recorder(self, token_name: str) -> "SessionForwarder | None":
        """Give what passes on one session of the token so named; None if nobody is told."""
        couriers = self._to_be_told(token_name)
        return SessionForwarder(token_name, couriers, self._put) if couriers else None

    def forward(self, source: Source, final: Final, settled: Callable[[bool], None]) -> None:
        """Spool *final* of a session elsewhere; *settled* is told, in any thread, whether it is."""
        self._put(self._to_be_told(source.token_name), source, final, settled)

    def _to_be_told(self, token_name: str) -> list[Courier]:
        return [c for c in self._couriers.values() if c.receiver.hears(token_name)]

    def _arrive(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            if courier := self._couriers.get(delivery.receiver):
                courier.add(delivery)
            else:
                logger.warning("event %s is dropped: its receiver is gone", delivery.event)
                self._spool.remove(delivery)

    def _put(
        self,
        couriers: Sequence[Courier],
        source: Source,
        final: Final,
        settled: Callable[[bool], None],
    ) -> None:
        """Spool *final* for those who have room; *settled* is told whether all have it."""
        present = [courier for courier in couriers if not courier.is_gone]
        open_to = [c for c in present if c.waiting < self._settings.most_waiting]
        if not open_to:
            settled(not present)
            return
        now = self._luck.clock()
        moment = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
        parcel = Parcel(
            receivers=tuple(courier.receiver.key for courier in open_to),
            session=source.session,
            event=event_id(source, final),
            created=now,
            body=body(source, final, moment.replace("+00:00", "Z")),
        )
        is_all = len(open_to) == len(present)
        self._spool.put(parcel, lambda is_kept: settled(is_kept and is_all))


class SessionForwarder:
    """Passes on one connection's part of a session; no method waits."""

    def __init__(
        self,
        token_name: str,
        couriers: Sequence[Courier],
        put: Callable[[Sequence[Courier], Source, Final, Callable[[bool], None]], None],
    ) -> None:
        self._token_name = token_name
        self._couriers = couriers
        self._put = put
        self._source: Source
        self._is_warned = False

    def opened(self, start: Start, ready: Ready) -> None:  # noqa: ARG002 - as every recorder
        """Take note of what session this is."""
        self._source = Source(ready.session, ready.generation, self._token_name)

    def audio(self, data: bytes) -> None:
        """Leave audio where it is."""

    def final(self, final: Final) -> asyncio.Future[Warn | None]:
        """Spool *final*; the future is done once it is on the disk, or has to go without."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Warn | None] = loop.create_future()
        settle = partial(self._settle, told)
        deadline = loop.call_later(LONGEST_WAIT_SECONDS, settle, False)
        told.add_done_callback(lambda _: deadline.cancel())
        self._put(self._couriers, self._source, final, partial(_call_in, loop, settle))
        return told

    def closed(self) -> None:
        """Need nothing: what is spooled goes its way."""

    def _settle(self, told: asyncio.Future[Warn | None], is_spooled: bool) -> None:
        if told.done():
            return
        told.set_result(None if is_spooled or self._is_warned else NOT_PASSED_ON)
        self._is_warned |= not is_spooled


async def _run(courier: Courier) -> None:
    """Run *courier*; what is wrong with it is no end of the others."""
    try:
        await courier.run()
    except Exception as error:  # noqa: BLE001 - nobody reads this task's result before the end
        place = courier.receiver.place
        message = "webhooks to %s have to wait until the server is started again: %s"
        logger.error(message, place, trace(error))


def _call_in(
    loop: asyncio.AbstractEventLoop, settle: Callable[[bool], None], is_spooled: bool
) -> None:
    with suppress(RuntimeError):  # the event loop is closed
        loop.call_soon_threadsafe(settle, is_spooled)
