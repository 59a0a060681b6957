"""A session, over as many connections as it takes.

Knows what was sent and how to go on; knows nothing of handshakes or sound files.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

from wsserver import messages
from wsserver.client.failures import ConnectionLost, Refused, SessionFailed, Unanswered
from wsserver.client.feed import Blocks, Feeding, Pace, feed
from wsserver.client.keeper import Keeper
from wsserver.client.line import Line, Tls
from wsserver.client.reconnect import Reconnect, is_passing
from wsserver.client.watch import LOOKS, watch
from wsserver.client.way import Way
from wsserver.errors import DictationError
from wsserver.messages import Start

_DEFAULT = Start()
_PATIENTLY = Reconnect()
_BYTES_PER_SAMPLE = {"s16le": 2, "f32le": 4, "mulaw": 1, "alaw": 1}
_LARGEST_FRAME_OF_SAMPLES = 8  # two channels of f32le
_UNCHECKED_S = 30.0  # audio that may wait for its final before the server is asked if it reads
_MOST_KEPT_S = 600.0  # audio taken in while there is no connection
_MAX_FAULTS = 3  # sessions that the server failed, one after the other without any progress
_MAX_UNREAD = 1000  # then partials, which the next one replaces, are dropped


class Dictation:
    """An open session.  Iterate over it to get the messages, up to and with `done`.

    Messages are read in the background, so that sending never waits for the reader.  When the
    connection breaks, the session is resumed in a new one: what is not final is sent again, and the
    `ready` of the new connection is one of the messages.  A break that lasts is raised by every
    method as `SessionFailed`, `Refused` or `ConnectionLost`.
    """

    def __init__(self, way: Way, reconnect: Reconnect) -> None:
        self.ready: messages.Ready
        self.through = 0  # samples (per channel) that are final
        self._way, self._reconnect = way, reconnect
        self._sample_bytes = way.start.channels * _BYTES_PER_SAMPLE.get(way.start.encoding, 2)
        self._keeper = Keeper(self._sample_bytes)
        self._queue: deque[messages.ClientMessage] = deque()
        self._writing, self._changed = asyncio.Lock(), asyncio.Event()
        self._inbox: asyncio.Queue[messages.ServerMessage | None] = asyncio.Queue()
        self._cursor: str | None = None
        self._in_trouble_since: float | None = None
        self._faults = self._silences = 0
        self._line: Line
        self._is_up = False
        self._reader: asyncio.Task[DictationError | None]
        self._sender: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        state = "over" if self._reader.done() else "open" if self._is_up else "interrupted"
        return f"<Dictation at {self._line.where}, {state}>"

    @property
    def unfinished(self) -> bytes:
        """The audio that was sent and is not final: all that a session that failed leaves over."""
        return self._keeper.unfinished

    async def send(self, pcm: bytes) -> None:
        """Send audio in the declared format, a whole number of samples of any length.

        While there is no connection it is kept, and sent once there is one.
        """
        limit = self.ready.limits.frame_bytes
        step = limit - limit % _LARGEST_FRAME_OF_SAMPLES
        for begin in range(0, len(pcm), step):
            await self._send(messages.Audio(data=pcm[begin : begin + step]))

    async def flush(self, id: str | None = None) -> None:  # noqa: A002 - the field's name on the wire
        """Ask that all audio so far becomes final; `Flushed` with this id answers."""
        await self._send(messages.Flush(id=id))

    async def keepalive(self) -> None:
        """Tell the server that audio will come although none does now."""
        await self._send(messages.Keepalive())

    async def finish(self) -> None:
        """Ask that all audio becomes final and the session ends; `Done` answers."""
        await self._send(messages.Finish())

    async def feed(self, blocks: Blocks, pace: Pace = "fast") -> None:
        """Send all *blocks*, then finish; also if they break off or this is canceled."""
        await feed(self, blocks, pace, self._sample_bytes * self._way.start.sample_rate)

    @asynccontextmanager
    async def feeding(self, blocks: Blocks, pace: Pace = "fast") -> AsyncIterator[Feeding]:
        """Feed in the background; canceling the task ends the audio early and still finishes.

        An error of *blocks* is raised at the end, when what had been sent is final and read.
        """
        task = asyncio.create_task(self.feed(blocks, pace))
        try:
            yield task
        finally:
            if not self._reader.done() or self._reader.result():
                task.cancel()
            await asyncio.wait([task])
            failure = None if task.cancelled() else task.exception()
        if failure:
            raise failure

    async def hold(self, sent_seconds: float) -> None:
        """Wait until the server reads: behind megabytes of audio it would miss our pongs.

        Without a connection, wait only once very much is kept: what speaks does not stop.
        """
        rate = self._way.start.sample_rate
        while not self._is_up and self._keeper.samples > _MOST_KEPT_S * rate:
            self._changed.clear()
            await self._changed.wait()
            if self._reader.done():
                return
        if self._is_up and sent_seconds - self.through / rate > _UNCHECKED_S:
            with suppress(ConnectionLost):
                await self._line.catch_up()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> messages.ServerMessage:
        message = await self._inbox.get()
        if message is not None:
            return message
        self._inbox.put_nowait(None)
        raise await self._reader or StopAsyncIteration

    async def _open(self) -> None:
        """Send `start` and wait for `ready`."""
        self._line, ready = await self._way.open()
        self._keeper.begin(ready.resend_from)
        self._welcome(ready)
        self._reader = asyncio.create_task(self._read())

    async def _close(self) -> None:
        """Close, whatever is under way."""
        if self._sender:
            self._sender.cancel()
        await self._line.close()
        if not self._is_up:
            self._reader.cancel()
        await asyncio.wait([self._reader])

    async def _send(self, message: messages.ClientMessage) -> None:
        if not self._reader.done():
            if not isinstance(message, messages.Start | messages.Keepalive):
                self._keeper.push(message)
            self._queue.append(message)
            await self._write()
            if self._is_up or self._may_resume:
                return
        over = ConnectionLost(f"the session at {self._line.where} is over")
        raise await self._reader or over

    async def _write(self) -> None:
        """Write what waits, in order, whoever brought it."""
        async with self._writing:
            while self._queue and self._is_up:
                line, message = self._line, self._queue.popleft()
                try:
                    await line.send(message)
                except ConnectionLost:
                    if line is self._line:
                        self._is_up = False

    async def _read(self) -> DictationError | None:
        """Fill the inbox up to the end; give what ended the session, None for `done`."""
        try:
            while failure := await self._receive():
                self._is_up = False
                if final_failure := await self._go_on(failure):
                    return final_failure
            return None
        finally:
            self._is_up = False
            self._changed.set()
            self._inbox.put_nowait(None)

    async def _receive(self) -> DictationError | None:
        """Take messages until the connection or the session ends; None for `done`."""
        look_seconds = self._reconnect.silent_seconds / LOOKS
        watching = asyncio.create_task(watch(self._line, look_seconds, self._patience))
        try:
            while not isinstance(message := await self._line.receive(), messages.Done):
                self._take(message)
        except (ConnectionLost, SessionFailed) as failure:
            return failure
        finally:
            watching.cancel()
        self._inbox.put_nowait(message)
        return None

    def _patience(self) -> float:
        """Give the seconds after which silence means that nobody is there."""
        waiting = self._keeper.end - self.through
        return self._reconnect.patience(waiting / self._way.start.sample_rate, self._silences)

    def _take(self, message: messages.ServerMessage) -> None:
        match message:
            case messages.Final() | messages.Ack():
                self.through = message.through
                self._cursor = message.cursor
                self._keeper.settle(message.through, message.resend_from)
                self._in_trouble_since, self._faults, self._silences = None, 0, 0
            case messages.Flushed():
                self._keeper.answer()
        if not isinstance(message, messages.Partial) or self._inbox.qsize() < _MAX_UNREAD:
            self._inbox.put_nowait(message)

    @property
    def _may_resume(self) -> bool:
        return self._cursor is not None and self._reconnect.give_up_seconds > 0

    async def _go_on(self, failure: DictationError) -> DictationError | None:
        """Resume the session; give the failure that it ends with if that cannot be."""
        now = asyncio.get_running_loop().time
        self._faults += isinstance(failure, SessionFailed)
        self._silences += self._line.is_given_up
        await self._line.close()
        self._in_trouble_since = began = self._in_trouble_since or now()
        attempt, unanswered = 0, False
        while self._cursor and self._faults <= _MAX_FAULTS:
            if not is_passing(failure, was_unanswered=unanswered):
                break
            delay = self._reconnect.delay(attempt, failure)
            if now() + delay - began > self._reconnect.give_up_seconds:
                break
            await asyncio.sleep(delay)
            attempt += 1
            try:
                self._line, ready = await self._way.resume(self._cursor)
            except (ConnectionLost, Refused, SessionFailed) as error:
                failure = error
                unanswered |= isinstance(error, Unanswered)
                continue
            self._welcome(ready)
            self._inbox.put_nowait(ready)
            self._sender = asyncio.create_task(self._write())
            return None
        return failure

    def _welcome(self, ready: messages.Ready) -> None:
        """Begin with a connection: queue what has to be sent in it."""
        self.ready = ready
        self.through, self._cursor = ready.through, ready.cursor
        self._keeper.settle(ready.through, ready.resend_from)
        self._queue = deque(self._keeper.rest(ready.resend_from))
        self._is_up = True
        self._changed.set()


@asynccontextmanager
async def connect(
    url: str,
    token: str | None = None,
    start: Start = _DEFAULT,
    tls: Tls = None,
    reconnect: Reconnect = _PATIENTLY,
) -> AsyncIterator[Dictation]:
    """Open a session; leaving the context closes it, finished or not.

    Raises `Refused`, `ConnectionLost` if nobody answers, `SessionFailed` if the server does not
    take *start*, and `ConfigError` for a url or a token that cannot be one.  What was open once is
    resumed after a break.
    """
    way = Way(url, token, start, tls, reconnect.silent_seconds)
    dictation = Dictation(way, reconnect)
    await dictation._open()  # noqa: SLF001 - the other half of this function
    try:
        yield dictation
    finally:
        await dictation._close()  # noqa: SLF001


async def transcribe(
    url: str, token: str | None, blocks: Blocks, start: Start = _DEFAULT, pace: Pace = "fast"
) -> list[messages.Final]:
    """Send all *blocks* in the format that *start* declares and give the finals."""
    async with connect(url, token, start) as dictation, dictation.feeding(blocks, pace):
        return [message async for message in dictation if isinstance(message, messages.Final)]
