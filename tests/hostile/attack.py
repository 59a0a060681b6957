"""What an attacker sends, byte by byte, and the honest session that must not notice."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.conftest import read_pcm
from tests.end_to_end.conftest import TOKEN, Running
from tests.waiting import until
from wsserver import client
from wsserver.messages import Final
from wsserver.self_check import SAMPLE

_, SPEECH = read_pcm(SAMPLE)
HEARD = "w0 w1 w2 w3 w4 w5 w6"
PATIENCE_SECONDS = 20
BEARER = f"Authorization: Bearer {TOKEN}"
UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)
CONTINUATION, TEXT, BINARY, CLOSE, PING = 0, 1, 2, 8, 9


def head(first: str, *lines: str) -> bytes:
    return "\r\n".join([f"{first} HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]).encode()


def frame(opcode: int, data: bytes = b"", *, fin: bool = True, mask: bool = True) -> bytes:
    """Give a frame (RFC 6455, section 5.2); *opcode* may hold reserved bits too, as 0x40."""
    length, masked = len(data), 0x80 if mask else 0
    first = bytes([opcode | (0x80 if fin else 0)])
    if length < 126:
        size = bytes([masked | length])
    elif length < 65_536:
        size = bytes([masked | 126]) + struct.pack(">H", length)
    else:
        size = bytes([masked | 127]) + struct.pack(">Q", length)
    return first + size + (bytes(4) if mask else b"") + data


@dataclass
class Wire:
    """A bare connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *pieces: bytes) -> None:
        """Send as much as the server takes; it may close meanwhile."""
        with suppress(OSError):
            for piece in pieces:
                self.writer.write(piece)
                await self.writer.drain()

    async def read(self) -> bytes:
        """Read to the end."""
        data = b""
        async with asyncio.timeout(PATIENCE_SECONDS):
            with suppress(OSError):
                while piece := await self.reader.read(65_536):
                    data += piece
        return data

    async def close_code(self) -> int | None:
        """Read up to the close frame; give its code, None if the connection ends without one."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            with suppress(OSError, asyncio.IncompleteReadError):
                while True:
                    opcode, data = await self._frame()
                    if opcode == CLOSE:
                        return int.from_bytes(data[:2], "big")
        return None

    async def _frame(self) -> tuple[int, bytes]:
        first, length = await self.reader.readexactly(2)
        if length == 126:
            length = int.from_bytes(await self.reader.readexactly(2), "big")
        return first & 0x0F, await self.reader.readexactly(length)


@asynccontextmanager
async def wire(server: Running, source: str = "127.0.0.1") -> AsyncIterator[Wire]:
    """Connect, from an address of this machine."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", urlsplit(server.url).port, local_addr=(source, 0)
    )
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def socket(server: Running) -> AsyncIterator[Wire]:
    """Open a WebSocket, bare as it is."""
    async with wire(server) as bare:
        await bare.send(head("GET /v1/dictation", *UPGRADE, BEARER))
        answer = await bare.reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101 ")
        yield bare


async def ask(server: Running, *pieces: bytes) -> bytes:
    """Send a request on a connection of its own; give the answer."""
    async with wire(server) as bare:
        await bare.send(*pieces)
        return await bare.read()


async def drip(server: Running, data: bytes) -> bytes:
    """Send byte by byte; give the answer."""
    return await ask(server, *(bytes([byte]) for byte in data))


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


async def dictate(server: Running) -> None:
    """Dictate as one should, and get the final."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with client.connect(server.socket_url, server.token) as dictation:
            await dictation.send(SPEECH)
            await dictation.finish()
            finals = [message.text async for message in dictation if isinstance(message, Final)]
    assert finals == [HEARD]


async def until_alone(server: Running) -> None:
    """Wait until no session is left."""
    await until(lambda: not server.app.open_dictations)
