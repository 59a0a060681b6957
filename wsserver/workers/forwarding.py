"""Pass finals on through another process, which alone has the folder and the receivers.

Knows the wire; knows nothing of receivers but whom they listen to.
"""

import asyncio
from collections.abc import Callable, Sequence

from wsserver.errors import DictationError
from wsserver.messages import Final
from wsserver.webhooks.courier import Courier
from wsserver.webhooks.dispatch import SessionForwarder
from wsserver.webhooks.event import Source
from wsserver.webhooks.settings import WebhookSettings
from wsserver.workers.frames import PassOn
from wsserver.workers.wire import Wire


class Forwarding:
    """The webhooks of a server that keeps none itself."""

    def __init__(self, settings: WebhookSettings, wire: Wire) -> None:
        self._receivers = settings.receivers
        self._wire = wire
        self._asking: set[asyncio.Task[None]] = set()

    def recorder(self, token_name: str) -> SessionForwarder | None:
        """Give what passes on one session of the token so named; None if nobody is told."""
        if not any(receiver.hears(token_name) for receiver in self._receivers):
            return None
        return SessionForwarder(token_name, (), self._put)

    def _put(
        self,
        _: Sequence[Courier],
        source: Source,
        final: Final,
        settled: Callable[[bool], None],
    ) -> None:
        task = asyncio.create_task(self._pass_on(PassOn(source, final), settled))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _pass_on(self, final: PassOn, settled: Callable[[bool], None]) -> None:
        try:
            settled(await self._wire.ask(final))
        except (ConnectionError, DictationError):
            settled(False)


def pass_on(
    put: Callable[[Source, Final, Callable[[bool], None]], None], asked: PassOn
) -> "asyncio.Future[bool]":
    """Have *put* take the final that is asked for; give whether it is on the disk."""
    loop = asyncio.get_running_loop()
    kept: asyncio.Future[bool] = loop.create_future()

    def settle(is_kept: bool) -> None:
        loop.call_soon_threadsafe(_settle, kept, is_kept)

    put(asked.source, asked.final, settle)
    return kept


def _settle(kept: "asyncio.Future[bool]", is_kept: bool) -> None:
    if not kept.done():
        kept.set_result(is_kept)
