"""A line between browsers and a server that a test can cut, choke and lead to another server.

Knows bytes; knows nothing of what they say.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_PIECE_BYTES = 4096
"""Read at once, and kept by the system at most: what is choked is felt by the server soon."""


class Line:
    """Passes bytes on, from an address that stays the same."""

    def __init__(self) -> None:
        self.url = ""
        self._target: int | None = None
        self._is_free = asyncio.Event()
        self._is_free.set()
        self._writers: set[asyncio.StreamWriter] = set()

    def lead_to(self, port: int) -> None:
        """Connect who comes from now on to the server at *port*."""
        self._target = port

    def cut(self) -> None:
        """Break all connections, and take no others until it leads somewhere again."""
        self._target = None
        for writer in self._writers:
            writer.transport.abort()

    def choke(self) -> None:
        """Let nothing through to the browsers for now."""
        self._is_free.clear()

    def free(self) -> None:
        self._is_free.set()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Be one connection until either side ends it."""
        self._writers.add(writer)
        with suppress(OSError):
            if self._target is not None:
                await self._join(reader, writer, self._target)
        self._writers.discard(writer)
        writer.transport.abort()

    async def _join(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
    ) -> None:
        there, to_server = await _connect(port)
        self._writers.add(to_server)
        sending = asyncio.create_task(_pump(reader, to_server))
        try:
            while data := await there.read(_PIECE_BYTES):
                await self._is_free.wait()
                writer.write(data)
                await writer.drain()
        finally:
            self._writers.discard(to_server)
            sending.cancel()
            to_server.transport.abort()


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE_BYTES)
    narrow.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", port))
    except OSError:
        narrow.close()
        raise
    return await asyncio.open_connection(sock=narrow, limit=_PIECE_BYTES)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_PIECE_BYTES):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


@asynccontextmanager
async def open_line() -> AsyncIterator[Line]:
    """Open one at a free port; it leads nowhere yet."""
    line = Line()
    server = await asyncio.start_server(line.pass_on, "127.0.0.1", 0)
    line.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    yield line
    server.close()
    line.free()
    line.cut()
