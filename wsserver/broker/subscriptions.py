"""Hear what is said on channels of Redis, over one connection.

Knows Redis and the event loop; knows nothing of what is said.

A channel's listener is told each time that its subscription begins, anew after Redis was away: what
was said before, it has not heard.
"""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from wsserver.broker.connection import PING_SECONDS, Connection, is_wanted

if TYPE_CHECKING:
    from redis.asyncio.client import PubSub

logger = logging.getLogger(__name__)

SILENT_SECONDS = 5.0
"""Without even an answer to a ping, after which the connection is given up."""

_RETRY_SECONDS = 0.1


class Listener(Protocol):
    """Who hears a channel; neither method waits."""

    def begin(self) -> None:
        """Note that from now on everything is heard."""
        ...

    def hear(self, data: bytes) -> None:
        """Take what was said."""
        ...


class Subscriptions:
    """All channels of one gateway, from `start` to `stop`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._listeners: dict[str, Listener] = {}
        self._wishes: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()
        """Channels that are to be begun, or left."""

        self._fault = ""
        """The latest of a listener, so that each is logged once."""

        self._running: asyncio.Task[None] | None = None
        connection.on_change(self._follow)

    async def start(self) -> None:
        """Begin, now or when Redis is there."""
        self._follow(self._connection.is_up)

    async def stop(self) -> None:
        """Hear nothing more."""
        self._listeners.clear()
        if running := self._running:
            self._running = None
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def add(self, channel: str, listener: Listener) -> None:
        """Have *listener* hear *channel*, soon."""
        self._listeners[channel] = listener
        self._wishes.put_nowait((channel, True))

    def drop(self, channel: str) -> None:
        """Hear *channel* no more."""
        if self._listeners.pop(channel, None):
            self._wishes.put_nowait((channel, False))

    def _follow(self, is_up: bool) -> None:
        if self._running:
            self._running.cancel()
            self._running = None
        if is_up:
            self._running = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while is_wanted():
            try:
                async with self._connection.redis.pubsub() as pubsub:
                    await self._listen(pubsub)
            except Exception:  # of whatever kind, it begins again
                logger.debug("subscriptions begin again", exc_info=True)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self, pubsub: "PubSub") -> None:
        self._wishes = asyncio.Queue()
        # One that nobody uses keeps the connection in the right state while there is no other.
        await pubsub.subscribe(self._connection.key("nobody"), *self._listeners)
        both = [asyncio.create_task(part(pubsub)) for part in (self._write, self._read)]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in both:
                each.cancel()
            ends = await asyncio.gather(*both, return_exceptions=True)
        logger.debug("subscriptions begin again: %r", ends)

    async def _write(self, pubsub: "PubSub") -> None:
        while is_wanted():
            channel, is_begun = None, False
            with suppress(TimeoutError):
                async with asyncio.timeout(PING_SECONDS):
                    channel, is_begun = await self._wishes.get()
            if channel is None:
                await pubsub.ping()
            elif is_begun:
                await pubsub.subscribe(channel)
            elif channel not in self._listeners:
                await pubsub.unsubscribe(channel)

    async def _read(self, pubsub: "PubSub") -> None:
        while (said := await pubsub.get_message(timeout=SILENT_SECONDS)) is not None:
            if listener := self._listeners.get((said["channel"] or b"").decode()):
                self._hand_on(listener, said["type"], said["data"])
        raise TimeoutError(f"found nothing in {SILENT_SECONDS:g} s, expected a pong at least")

    def _hand_on(self, listener: Listener, kind: str, data: bytes) -> None:
        try:
            if kind == "subscribe":
                listener.begin()
            elif kind == "message":
                listener.hear(data)
        except Exception as error:  # all begin again, so that this one may look what it missed
            if repr(error) != self._fault:
                logger.exception("what was said on a channel could not be heard")
            self._fault = repr(error)
            raise
