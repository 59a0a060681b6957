"""The open dictations: each socket joined to its conversation, from the first frame to the close.

Knows sockets, translators and conversations; knows nothing of audio or engines.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from websockets.exceptions import ConnectionClosed

from wsserver.dialects.dialect import Dated, Inquisitive, Model, Told, Translator
from wsserver.dialects.native import NativeTranslator
from wsserver.errors import ClientError, LimitReached, ServerError, ShuttingDown
from wsserver.messages import Audio, ClientMessage, Limits, ServerMessage, Warn
from wsserver.net.conversation import UNFORESEEN, Conversation
from wsserver.net.delivery import Connection, Delivery
from wsserver.net.host import Host
from wsserver.net.idleness import Idleness
from wsserver.net.inflow import SLICE_BYTES, Inflow
from wsserver.net.lines import Lines
from wsserver.net.outbox import Frame
from wsserver.net.places import Lease
from wsserver.session.actions import Close
from wsserver.speech import Priority

logger = logging.getLogger(__name__)

SHARE_OF_FINALS = 1 / 3
"""Part of the time to drain that is kept for the finals of those who did not pause in the rest."""

FAREWELL_SECONDS = 1.0
"""For the last messages to clients whose finals did not come in time when the server stopped."""

_GONE = Close(1001, "the client went away")


class Dictations:
    """All sockets that dictate."""

    def __init__(self, host: Host, limits: Limits, lines: Lines) -> None:
        self._host = host
        self._lines = lines
        self._limits = limits
        self._open: dict[Conversation, asyncio.Task[None]] = {}
        self._farewell: ShuttingDown | None = None

    def __len__(self) -> int:
        """Count the open dictations."""
        return len(self._open)

    async def serve(
        self, connection: Connection, lease: Lease, translator: Translator | None = None
    ) -> None:
        """Run one dictation to its end; the client may vanish at any time.

        Without a *translator* the native language is spoken.
        """
        line = self._lines.line(lease.guest, lease.release, lease.ticket)
        recorder = self._host.record(lease.token.name)
        publisher = self._host.publish(lease.token.name)
        async with Conversation(
            self._host, Priority.FINAL, line, recorder, publisher
        ) as conversation:
            conversation.watch.admitted(lease.token.name, lease.guest.trace_parent)
            if self._farewell:  # let in just before the server began to stop
                conversation.end(self._farewell)
            channel = _Channel(connection, translator or NativeTranslator())
            dictation = _Dictation(channel, conversation, lease, self._limits, self._turn)
            self._open[conversation] = asyncio.ensure_future(dictation.run())
            try:
                await self._open[conversation]
            finally:
                del self._open[conversation]

    def warn(self, warning: Warn) -> None:
        """Tell everybody who is here."""
        for conversation in self._open:
            conversation.warn(warning)

    async def drain(self, seconds: float) -> None:
        """Finalize what was said, tell every client to go elsewhere; after *seconds* just leave.

        Whoever speaks is heard to the next pause; whoever makes none in time is cut in mid-word.
        """
        self._farewell = farewell = ShuttingDown("the server is shutting down; reconnect to go on")
        finals_seconds = seconds * SHARE_OF_FINALS
        for tell, wait_seconds in (
            (Conversation.wind_down, seconds - finals_seconds),
            (Conversation.interrupt, finals_seconds),
            (Conversation.give_up, FAREWELL_SECONDS),
        ):
            for conversation in self._open:
                tell(conversation, farewell)
            await self._wait(wait_seconds)
        for task in self._open.values():
            task.cancel()

    async def _turn(self) -> None:
        await self._host.turn(len(self._open))

    async def _wait(self, seconds: float) -> None:
        if self._open:
            await asyncio.wait(self._open.values(), timeout=seconds)


@dataclass(frozen=True, slots=True)
class _Channel:
    """A socket, and what is spoken on it."""

    connection: Connection
    translator: Translator


class _Dictation:
    """One socket and its conversation."""

    def __init__(
        self,
        channel: _Channel,
        conversation: Conversation,
        lease: Lease,
        limits: Limits,
        turn: Callable[[], Awaitable[None]],
    ) -> None:
        self._translator = channel.translator
        self._delivery = _delivery(channel.connection)
        self._conversation = conversation
        self._lease = lease
        self._limits = limits
        self._idleness = Idleness(limits.idle_seconds, self._be_idle)
        self._inflow = Inflow(
            channel.connection, channel.translator, limits.frame_bytes, turn, self._idleness
        )

    async def run(self) -> None:
        self._conversation.outbox.closing.add_done_callback(lambda _: self._delivery.hurry())
        self._idleness.start()
        reader = asyncio.create_task(self._read())
        timer = asyncio.get_running_loop().call_later(
            self._limits.session_seconds, self._conversation.interrupt, self._too_long()
        )
        try:
            await self._write()
        except ConnectionClosed:
            logger.info(_GONE.reason)
        finally:
            timer.cancel()
            self._idleness.stop()
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    async def _write(self) -> None:
        outbox = self._conversation.outbox
        while not isinstance(item := await outbox.get(), Close):
            for frame in self._frames(item):
                await self._delivery.send(frame)
            if not isinstance(item, Frame):
                self._conversation.watch.sent(item)
        if item == _GONE:
            logger.info(_GONE.reason)
        await self._delivery.close(item.code, item.reason)

    def _frames(self, item: ServerMessage | Frame) -> Iterable[str]:
        # At once, not between one sending and the next: meanwhile the translator may read.
        return (item.text,) if isinstance(item, Frame) else tuple(self._translator.write(item))

    async def _read(self) -> None:
        """Take what the client sends, to the end of the connection.

        After the session's end a frame can only be wrong; but it has to be read to see the close.
        """
        try:
            self._introduce()
            told: Iterable[Told] = self._translator.greet()
            while True:
                try:
                    await self._take(told)
                    told = await self._inflow.next()
                except ClientError as error:
                    told = ()
                    self._conversation.end(error)
        except ConnectionClosed:
            self._conversation.outbox.put(_GONE)
        except Exception:  # this task ends one dictation, and never in silence
            logger.exception("a dictation failed in an unforeseen way")
            self._conversation.give_up(ServerError(UNFORESEEN))

    def _introduce(self) -> None:
        if isinstance(self._translator, Inquisitive):
            info = self._conversation.info
            self._translator.meet(Model(info.model, info.languages))
        if isinstance(self._translator, Dated):
            self._translator.begin(datetime.now(UTC))

    async def _take(self, told: Iterable[Told]) -> None:
        for item in told:
            if isinstance(item, str):
                self._conversation.answer(item)
            else:
                await self._receive(item)

    async def _receive(self, whole: ClientMessage) -> None:
        for message in _slices(whole):
            await self._conversation.prepare(message)
            if spent := self._conversation.receive(message):
                self._lease.spend(spent)
            await self._conversation.room()
            await asyncio.sleep(0)

    def _be_idle(self) -> None:
        if not self._conversation.is_ending:
            found = f"found nothing for {self._limits.idle_seconds:g} s"
            self._conversation.end(LimitReached(f"{found}, expected audio or a 'keepalive'"))

    def _too_long(self) -> LimitReached:
        return LimitReached(
            f"found a session of {self._limits.session_seconds:g} s, expected it to end by then"
        )


def _delivery(connection: Connection) -> Delivery:
    """Be as patient with a client that takes nothing as with one that answers no ping."""
    close_seconds = connection.close_timeout
    assert close_seconds is not None  # the settings know no end without one
    return Delivery(connection, connection.ping_timeout, close_seconds)


def _slices(message: ClientMessage) -> Iterator[ClientMessage]:
    if not isinstance(message, Audio) or len(message.data) <= SLICE_BYTES:
        yield message
        return
    for first in range(0, len(message.data), SLICE_BYTES):
        yield Audio(data=message.data[first : first + SLICE_BYTES])
