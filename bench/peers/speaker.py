"""Speak to a server in real time and note what comes back when.

Knows sockets and clocks; knows nothing of what the frames mean or of what starts the server.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from bench.peers.speech import Speech
from bench.peers.timing import Course, Read
from bench.peers.wires import Answer, Frame, Wire
from wsserver.speech import SAMPLE_RATE

CHUNK_MS = 100
_CHUNK_BYTES = 2 * SAMPLE_RATE * CHUNK_MS // 1000
READY_WITHIN_S = 120.0
"""Some load their model for the first who comes."""

OVER_WITHIN_S = 30.0
"""After the stop."""


class PeerError(Exception):
    """A server did not let a speaker in, or broke off; told in the table."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    url: str
    """A ws:// url, or tcp://host:port."""

    token: str | None = field(default=None, repr=False)
    subprotocol: str | None = None


class Link(Protocol):
    """A connection that carries frames."""

    async def send(self, frame: Frame) -> None:
        """Send one frame."""
        ...

    async def end(self) -> None:
        """Tell that nothing more is sent."""
        ...

    async def receive(self) -> Frame | None:
        """Give the next frame, None at the end."""
        ...


class _WebSocket:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, frame: Frame) -> None:
        await self._socket.send(frame)

    async def end(self) -> None:
        await self._socket.close()

    async def receive(self) -> Frame | None:
        try:
            return await self._socket.recv()
        except ConnectionClosed:
            return None


class _Stream:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, frame: Frame) -> None:
        self._writer.write(frame if isinstance(frame, bytes) else frame.encode())
        await self._writer.drain()

    async def end(self) -> None:
        self._writer.write_eof()

    async def receive(self) -> Frame | None:
        try:
            return await self._reader.read(65_536) or None
        except ConnectionError:
            return None


@asynccontextmanager
async def _open(address: Address) -> AsyncIterator[Link]:
    if address.url.startswith("tcp://"):
        host, port = address.url.removeprefix("tcp://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            yield _Stream(reader, writer)
        finally:
            writer.close()
        return
    headers = {"Authorization": f"Bearer {address.token}"} if address.token else {}
    subprotocols = [Subprotocol(address.subprotocol)] if address.subprotocol else None
    async with connect(
        address.url,
        additional_headers=headers,
        subprotocols=subprotocols,
        compression=None,
        max_size=None,
        ping_timeout=None,
    ) as socket:
        yield _WebSocket(socket)


class Speaker:
    """One session."""

    def __init__(self, link: Link, wire: Wire) -> None:
        self._link, self._wire = link, wire
        self._ready = asyncio.Event()
        self._refusal: str | None = None
        self._over: float | None = None
        self._reads: list[Read] = []

    async def say(self, said: Speech, patience_s: float) -> Course:
        """Say it all, stop, and wait for what is still to come.

        *patience_s* is how long the end of the audio is kept from the server.
        """
        listening = asyncio.create_task(self._listen())
        try:
            for frame in self._wire.opening():
                await self._link.send(frame)
            async with asyncio.timeout(READY_WITHIN_S):
                await self._ready.wait()
            self._check()
            began = perf_counter()
            stopped = await self._send(said.pcm, began)
            await asyncio.sleep(patience_s)
            await self._stop()
            await asyncio.wait([listening], timeout=OVER_WITHIN_S)
            self._check()
        except TimeoutError:
            raise PeerError(f"not ready within {READY_WITHIN_S:.0f} s") from None
        except ConnectionClosed:
            self._check()
            raise PeerError("closed while somebody spoke") from None
        finally:
            listening.cancel()
        return Course(said, began, stopped, self._over, tuple(self._reads))

    def _check(self) -> None:
        if self._refusal:
            raise PeerError(self._refusal)

    async def _send(self, pcm: bytes, began: float) -> float:
        for at in range(0, len(pcm), _CHUNK_BYTES):
            chunk = pcm[at : at + _CHUNK_BYTES]
            # A microphone has a chunk when its last sample was spoken.
            spoken = (at + len(chunk)) / 2 / SAMPLE_RATE
            await asyncio.sleep(began + spoken - perf_counter())
            await self._link.send(self._wire.audio(chunk))
        return perf_counter()

    async def _stop(self) -> None:
        closing = self._wire.closing()
        if closing is None:
            await self._link.end()
        else:
            await self._link.send(closing)

    async def _listen(self) -> None:
        if not self._wire.answers_first:
            self._ready.set()
        while (frame := await self._link.receive()) is not None:
            self._take(self._wire.read(frame), perf_counter())
            if self._over is not None or self._refusal:
                break
        self._over = self._over or perf_counter()
        self._ready.set()

    def _take(self, answer: Answer, at: float) -> None:
        if answer.is_ready:
            self._ready.set()
        if answer.is_over:
            self._over = at
        self._refusal = answer.refusal
        if answer.text is not None and (not self._reads or self._reads[-1].text != answer.text):
            self._reads.append(Read(at, answer.text))


async def speak(address: Address, wire: Wire, said: Speech, patience_s: float = 0.0) -> Course:
    """Speak to a server; raise `PeerError` if it does not take it."""
    try:
        async with _open(address) as link:
            return await Speaker(link, wire).say(said, patience_s)
    except InvalidStatus as error:
        raise PeerError(f"refused with {error.response.status_code}") from None
    except OSError as error:
        raise PeerError(f"not reached: {error}") from None
