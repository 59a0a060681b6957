"""A line that can be made bad: a TCP proxy that cuts, stalls, slows, swallows and delays.

Knows bytes and sockets; knows nothing of what they mean.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

_CHUNK_BYTES = 65_536
ProxyT = TypeVar("ProxyT", bound="Proxy")
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Weather:
    """What becomes of bytes that do come through."""

    bytes_per_second: float = float("inf")
    hold_seconds: float = 0.0
    """What comes meanwhile is sent on in one piece."""

    piece_bytes: int = _CHUNK_BYTES
    """What comes is sent on in pieces so small."""


@dataclass
class _Pair:
    """The two halves of one connection."""

    writers: list[asyncio.StreamWriter]
    moving: asyncio.Event = field(default_factory=asyncio.Event)
    swallows: bool = False
    loses_answers: bool = False
    """All but the first, which is that of the handshake."""


class Proxy:
    """Stands before one port of this machine."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self.weather = Weather()
        self.is_refusing = False
        self.answers_to_lose = 0
        """Connections to come of which the client sees the handshake and nothing more."""

        self._target_port = target_port
        self._pairs: list[_Pair] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._pairs)

    def cut(self) -> None:
        """Reset all connections."""
        for pair in self._pairs:
            _reset(*pair.writers)

    def close(self) -> None:
        """Close all connections in order, without a word of WebSocket."""
        for pair in self._pairs:
            for writer in pair.writers:
                writer.close()

    def stall(self) -> None:
        """Take nothing more from either side of the connections that are open."""
        for pair in self._pairs:
            pair.moving.clear()

    def swallow(self) -> None:
        """Take everything and pass on nothing: neither side sees that the other is gone."""
        for pair in self._pairs:
            pair.swallows = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a client to the server, until either leaves."""
        if self.is_refusing:
            _reset(writer)
            return
        try:
            answers, asks = await self.reach()
        except OSError:
            _reset(writer)
            return
        pair = _Pair([writer, asks], loses_answers=self.answers_to_lose > 0)
        self.answers_to_lose = max(0, self.answers_to_lose - 1)
        pair.moving.set()
        self._pairs.append(pair)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(pair, reader, asks))
                both.create_task(self._carry(pair, answers, writer))
        finally:
            self._pairs.remove(pair)
            _reset(*pair.writers)

    async def reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the other side; raise `OSError` if nobody is there."""
        return await asyncio.open_connection("127.0.0.1", self._target_port)

    async def _carry(
        self, pair: _Pair, source: asyncio.StreamReader, drain: asyncio.StreamWriter
    ) -> None:
        is_lossy = pair.loses_answers and drain is pair.writers[0]
        is_first = True
        with suppress(OSError):
            while data := await source.read(_CHUNK_BYTES):
                await pair.moving.wait()
                if not pair.swallows and (is_first or not is_lossy):
                    await self._pass_on(source, drain, data)
                is_first = False
            # Who swallows does not tell that somebody left.
            if not pair.swallows and not pair.loses_answers:
                drain.close()

    async def _pass_on(
        self, source: asyncio.StreamReader, drain: asyncio.StreamWriter, data: bytes
    ) -> None:
        weather = self.weather
        if weather.hold_seconds:
            await asyncio.sleep(weather.hold_seconds)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.001):
                    data += await source.read(_CHUNK_BYTES)
        for begin in range(0, len(data), weather.piece_bytes):
            piece = data[begin : begin + weather.piece_bytes]
            if drain.is_closing():
                return
            drain.write(piece)
            await drain.drain()
            await asyncio.sleep(len(piece) / weather.bytes_per_second)

    def adopt(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve in a task that ends with the proxy."""
        task = asyncio.create_task(self.serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def leave(self) -> None:
        """End everything."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def proxy_to(target_port: int) -> AsyncIterator[Proxy]:
    """Open a proxy on a free port."""
    async with opened(Proxy(target_port)) as proxy:
        yield proxy


@asynccontextmanager
async def opened(proxy: ProxyT) -> AsyncIterator[ProxyT]:
    """Let *proxy* listen on a free port."""
    server = await asyncio.start_server(proxy.adopt, "127.0.0.1", 0, limit=_CHUNK_BYTES)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.leave()


def _reset(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        if writer.is_closing():
            continue
        sock = writer.transport.get_extra_info("socket")
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        writer.transport.abort()
