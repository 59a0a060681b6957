"""Dictate to a server from Python: audio in, messages out.

Knows the wire language and websockets; knows nothing of sound files or of the server's insides.
"""

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

from pydantic import TypeAdapter, ValidationError
from websockets.asyncio import client as websocket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.http11 import Response
from websockets.typing import Subprotocol

from wsserver import messages
from wsserver.dialects import native
from wsserver.errors import BadMessage, ConfigError, DictationError
from wsserver.messages import Start

Blocks: TypeAlias = Iterable[bytes] | AsyncIterable[bytes]  # each a whole number of samples
Pace: TypeAlias = Literal["real", "fast"]  # as somebody speaks, or as the server makes it final
Feeding: TypeAlias = asyncio.Task[None]
Tls: TypeAlias = ssl.SSLContext | None
_DEFAULT = Start()
_BYTES_PER_SAMPLE = {"s16le": 2, "f32le": 4, "mulaw": 1, "alaw": 1}
_LARGEST_FRAME_OF_SAMPLES = 8  # two channels of f32le
_UNCHECKED_S = 30.0  # audio that may wait for its final before the server is asked if it reads
_MAX_UNREAD = 1000  # then partials, which the next one replaces, are dropped
_DRAIN_WITHIN_S = 2.0
_PONG_WITHIN_S = 120.0  # a server busy with audio sent faster than speech reads a ping late

_logger = logging.getLogger("wsserver.client.websocket")
_logger.setLevel(logging.INFO)  # at DEBUG websockets writes every header, the token among them


class Refused(DictationError):
    """The server did not open a session; it may say in how many seconds to try again."""

    def __init__(self, status: int, code: str, message: str, retry_after: int | None) -> None:
        super().__init__(f"refused with {status} ({code}): {message}")
        self.status = status  # type: ignore[misc]  # the server's word, not this class's
        self.code = code  # type: ignore[misc]
        self.message = message
        self.retry_after = retry_after


class SessionFailed(DictationError):
    """The server ended the session with a fatal error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"the session failed ({code}): {message}")
        self.code = code  # type: ignore[misc]  # the server's word, not this class's
        self.message = message


class ConnectionLost(DictationError):
    """The server could not be reached, or was gone before `done`."""

    code = "connection_lost"


class Dictation:
    """An open session.  Iterate over it to get the messages, up to and with `done`.

    Messages are read in the background, so that sending never waits for the reader; what cannot
    be read any more is raised by every method as `SessionFailed` or `ConnectionLost`.
    """

    def __init__(self, socket: websocket.ClientConnection, start: Start, where: str) -> None:
        self.ready: messages.Ready
        self.through = 0  # samples (per channel) that are final
        self._socket, self._start, self._where = socket, start, where
        self._inbox: asyncio.Queue[messages.ServerMessage | None] = asyncio.Queue()
        self._reader = asyncio.create_task(self._read())

    def __repr__(self) -> str:
        state = "over" if self._reader.done() else "open"
        return f"<Dictation at {self._where}, {state}>"

    async def send(self, pcm: bytes) -> None:
        """Send audio in the declared format, a whole number of samples of any length."""
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
        start, clock = self._start, asyncio.get_running_loop().time
        sample_bytes = start.channels * _BYTES_PER_SAMPLE[start.encoding]
        began, sent_s = clock(), 0.0
        try:
            async for block in blocks if isinstance(blocks, AsyncIterable) else _each(blocks):
                sent_s += len(block) / sample_bytes / start.sample_rate
                # A microphone has a block when its last sample was spoken.
                await asyncio.sleep(began + sent_s - clock() if pace == "real" else 0)
                await self._hold(sent_s)
                await self.send(block)
        finally:
            # What cannot be sent at once is on its way all the same: only the wait is cut short.
            with suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_WITHIN_S):
                    await self.finish()

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
        await self._send(self._start)
        first = await anext(self, None)
        if not isinstance(first, messages.Ready):
            raise SessionFailed("bad_order", f"expected ready, found {first}")
        self.ready = first

    async def _hold(self, sent_s: float) -> None:
        """Wait until the server reads: behind megabytes of audio it would miss our pongs."""
        if sent_s - self.through / self._start.sample_rate > _UNCHECKED_S:
            with suppress(ConnectionClosed):
                await (await self._socket.ping())

    async def _close(self) -> None:
        await self._socket.close()
        await self._reader

    async def _send(self, message: messages.ClientMessage) -> None:
        try:
            await self._socket.send(native.write_client(message))
        except ConnectionClosed:
            failure = await self._reader
            raise failure or ConnectionLost(f"the session at {self._where} is over") from None

    async def _read(self) -> DictationError | None:
        """Fill the inbox up to the end; give what ended the session, None for `done`."""
        try:
            return await self._receive()
        except ConnectionClosed as closed:
            found = f"closed with {closed.rcvd}" if closed.rcvd else "the connection broke"
            return ConnectionLost(f"{self._where} was gone before done: {found}")
        except BadMessage as error:
            await self._socket.close(error.close_code)
            return SessionFailed(error.code, f"the server sent no message: {error}")
        finally:
            self._inbox.put_nowait(None)

    async def _receive(self) -> SessionFailed | None:
        while True:
            message = native.read_server(await self._socket.recv(decode=True))
            if isinstance(message, messages.Error) and message.fatal:
                return SessionFailed(message.code, message.message)
            if isinstance(message, messages.Final | messages.Ack):
                self.through = message.through
            if not isinstance(message, messages.Partial) or self._inbox.qsize() < _MAX_UNREAD:
                self._inbox.put_nowait(message)
            if isinstance(message, messages.Done):
                return None


@asynccontextmanager
async def connect(
    url: str, token: str | None = None, start: Start = _DEFAULT, tls: Tls = None
) -> AsyncIterator[Dictation]:
    """Open a session; leaving the context closes it, finished or not.

    Raises `Refused`, `ConnectionLost` if nobody answers, `SessionFailed` if the server does not
    take *start*, and `ConfigError` for a url or a token that cannot be one.
    """
    dictation = Dictation(await _connect(url, token, tls), start, _where(url))
    try:
        await dictation._open()  # noqa: SLF001 - the other half of this function
        yield dictation
    finally:
        await dictation._close()  # noqa: SLF001


async def transcribe(
    url: str, token: str | None, blocks: Blocks, start: Start = _DEFAULT, pace: Pace = "fast"
) -> list[messages.Final]:
    """Send all *blocks* in the format that *start* declares and give the finals."""
    async with connect(url, token, start) as dictation, dictation.feeding(blocks, pace):
        return [message async for message in dictation if isinstance(message, messages.Final)]


class _Connect(websocket.connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        # Older websockets send the token along to wherever they are redirected.
        return exc


async def _connect(url: str, token: str | None, tls: Tls) -> websocket.ClientConnection:
    where = _where(url)
    try:
        socket = await _Connect(
            url,
            subprotocols=[Subprotocol(native.SUBPROTOCOL)],
            additional_headers=_credentials(token),
            compression=None,
            ssl=(tls or True) if where.startswith("wss:") else None,
            ping_timeout=_PONG_WITHIN_S,
            logger=_logger,
        )
    except InvalidStatus as error:
        raise _refusal(error.response) from None
    except (OSError, InvalidHandshake) as error:
        raise ConnectionLost(f"cannot reach {where}: {_reason(error)}") from None
    except (InvalidURI, ValueError):
        raise ConfigError(f"expected a url such as wss://localhost/, found {where}") from None
    if socket.subprotocol is None:
        await socket.close()
        raise Refused(101, "bad_subprotocol", f"{where} does not speak {native.SUBPROTOCOL}", None)
    return socket


def _where(url: str) -> str:
    """Give the url without what may be secret in it: user, password and query."""
    return re.sub(r"(?<=//)[^/]*@|[?#].*", "", url, flags=re.DOTALL)


def _credentials(token: str | None) -> dict[str, str]:
    if token is None:
        return {}
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError("expected a token of visible ASCII characters, found others in it")
    return {"Authorization": f"Bearer {token}"}


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    return str(error)


@dataclass(frozen=True, slots=True)
class _Admission:
    code: str
    message: str


def _refusal(response: Response) -> Refused:
    status, after = response.status_code, response.headers.get("Retry-After", "")
    try:
        told = TypeAdapter(_Admission).validate_json(response.body or b"")
    except ValidationError:
        # No word of our server: a proxy, or something else altogether.
        told = _Admission(f"http_{status}", response.reason_phrase.lower())
    return Refused(status, told.code, told.message, int(after) if after.isdecimal() else None)


async def _each(blocks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for block in blocks:
        yield block
