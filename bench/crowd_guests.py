"""Who comes to a crowded server: one by one, each from an address of its own in 127.0.0.0/8.

Knows bytes on the wire; knows nothing of what serves them, nor of why they come.
"""

import asyncio
import itertools
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_START = b'{"type":"start"}'
_PING, _PONG, _CLOSE = 0x89, 0x8A, 0x88


@dataclass
class Told:
    """What became of a crowd."""

    came: int = 0
    refused: int = 0
    """Answered with anything but what they came for."""

    lost: int = 0
    """Cut off without a word, before they went themselves."""

    audio_seconds: float = 0.0
    """Of files and fast sessions, that became final."""


@dataclass
class Crowd:
    """Whom to go to, and all who went."""

    url: str
    token: str
    count: int
    rate: float
    told: Told = field(default_factory=Told)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    there: set[asyncio.Transport] = field(default_factory=set)
    is_over: bool = False

    @property
    def socket_url(self) -> str:
        """Where sessions are opened."""
        return self.url.replace("http", "ws", 1) + "v1/dictation"

    async def come(self, guest: Callable[[], asyncio.Protocol], *, handshake: bool = True) -> None:
        """Open a connection from the next address."""
        number = next(self.numbers)
        address = f"127.{1 + (number >> 16) % 200}.{number >> 8 & 255}.{1 + number % 250}"
        parts = urlsplit(self.url)
        tls = ssl.create_default_context() if parts.scheme == "https" and handshake else None
        loop = asyncio.get_running_loop()
        await loop.create_connection(
            guest,
            "127.0.0.1",
            parts.port or 443,
            ssl=tls,
            server_hostname="localhost" if tls else None,
            local_addr=(address, 0),
        )


class Guest(asyncio.Protocol):
    """Says its *greeting* and nothing more."""

    def __init__(self, crowd: Crowd, greeting: bytes = b"") -> None:
        self._crowd, self._greeting = crowd, greeting
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Come in and say the greeting."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._crowd.told.came += 1
        self._crowd.there.add(transport)
        transport.write(self._greeting)

    def data_received(self, data: bytes) -> None:
        """Take note that there was an answer."""
        self._heard += data

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Count oneself as refused or lost, unless the crowd goes anyway."""
        self._crowd.there.discard(self._transport)
        if self._crowd.is_over:
            return
        if self._heard:
            self._crowd.told.refused += 1
        else:
            self._crowd.told.lost += 1


class Idler(Guest):
    """Opens a WebSocket, answers pings, and says nothing; or `start`, if it is to be *muted*."""

    def __init__(self, crowd: Crowd, greeting: bytes, *, muted: bool = False) -> None:
        super().__init__(crowd, greeting)
        self._muted = muted
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        """Read the answer to the upgrade, then frames."""
        self._heard += data
        if not self.opened.done():
            self._take_head()
        while self.opened.done() and len(self._heard) > 1 and self._take_frame():
            pass

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go who waits for the upgrade."""
        super().connection_lost(exc)
        if not self.opened.done():
            self.opened.set_result(None)

    def _take_head(self) -> None:
        head, end, rest = self._heard.partition(b"\r\n\r\n")
        if not end:
            return
        self._heard = rest
        if not head.startswith(b"HTTP/1.1 101 "):
            self._heard = head  # counts as refused at the end
            return
        self.opened.set_result(None)
        if self._muted:
            self._send(0x81, _START)

    def _take_frame(self) -> bool:
        first, size, skip = self._heard[0], self._heard[1], 2
        if size == 126:
            size, skip = int.from_bytes(self._heard[2:4], "big"), 4
        if len(self._heard) < skip + size:
            return False
        data, self._heard = self._heard[skip : skip + size], self._heard[skip + size :]
        if first == _PING:
            self._send(_PONG, data)
        elif first == _CLOSE:
            self._heard = first.to_bytes() + data
            self._transport.close()
            return False
        return True

    def _send(self, first: int, data: bytes) -> None:
        self._transport.write(bytes([first, 0x80 | len(data)]) + bytes(4) + data)
