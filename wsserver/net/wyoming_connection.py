"""A TCP connection on which Wyoming is spoken, in the shape of a WebSocket.

Knows streams and how events are framed; knows nothing of what events mean.
"""

import asyncio
from contextlib import suppress
from typing import cast

from websockets.exceptions import ConnectionClosedError

from wsserver.dialects.wyoming_event import STOP, read_head
from wsserver.errors import BadMessage, ClientError, TooLarge
from wsserver.net.client_address import peer_address
from wsserver.net.settings import SocketSettings

LINE_BYTES = 65_536
"""Of the line that an event begins with, and of the data behind it."""

_DISCARD_BYTES = 65_536


class WyomingConnection:
    """One client; a frame is an event without its payload (str), or the payload (bytes)."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        settings: SocketSettings,
    ) -> None:
        """Read from a *reader* whose limit is `LINE_BYTES`."""
        self.ping_timeout: float | None = settings.ping_timeout_seconds
        self.close_timeout: float | None = settings.close_timeout_seconds
        self._reader = reader
        self._writer = writer
        self._frame_bytes = settings.frame_limit_bytes
        self._reading = asyncio.Lock()
        self._payload_bytes = 0
        self._is_complete = False
        """The client has nothing more to say, and may close its side of the connection."""

        self._is_lost = False
        """Nobody knows any more where an event begins, or wants to."""

        self._is_over = False

    @property
    def transport(self) -> asyncio.Transport:
        """What bytes go through."""
        return cast("asyncio.Transport", self._writer.transport)

    @property
    def address(self) -> str:
        """The address of the other end."""
        return peer_address(self._writer.get_extra_info("peername"))

    async def recv(self) -> str | bytes:
        """Wait for a frame.

        Raises `BadMessage` or `TooLarge`, after which nothing more can be understood; and
        `ConnectionClosed`, unless the client has said all and waits for the answer.
        """
        try:
            async with self._reading:
                return await self._frame()
        except (ClientError, asyncio.CancelledError):
            self._is_lost = True
            raise
        except (EOFError, OSError):
            self._is_over = True
            if self._is_complete:
                await asyncio.get_running_loop().create_future()
            raise ConnectionClosedError(None, None) from None

    async def send(self, frame: str, /) -> None:
        """Send events as they stand on the wire."""
        try:
            self._writer.write(frame.encode())
            await self._writer.drain()
        except OSError:
            raise ConnectionClosedError(None, None) from None

    async def close(self, _code: int, _reason: str, /) -> None:
        """Close once the client does.

        Closed at once, a connection on which something came unread is reset, and what was sent
        last is lost with it.
        """
        self._is_lost = True
        with suppress(OSError, EOFError):
            self._writer.write_eof()
            async with self._reading:
                await self._discard()
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _frame(self) -> str | bytes:
        if self._is_lost:
            await self._discard()
        if not self._payload_bytes:
            return await self._event()
        payload = await self._reader.readexactly(self._payload_bytes)
        self._payload_bytes = 0
        return payload

    async def _event(self) -> str:
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise TooLarge(f"expected a line of at most {LINE_BYTES} bytes") from None
        head = read_head(line)
        data_bytes = _limited(head.data_length, LINE_BYTES, "data")
        payload_bytes = _limited(head.payload_length, self._frame_bytes, "payload")
        data = await self._reader.readexactly(data_bytes)
        self._payload_bytes = payload_bytes
        self._is_complete |= head.type == STOP
        try:
            return (line + data).decode()
        except UnicodeDecodeError:
            raise BadMessage("expected JSON in UTF-8, found bytes that are not") from None

    async def _discard(self) -> None:
        """Read to the end; raise `EOFError` there."""
        while not self._is_over and await self._reader.read(_DISCARD_BYTES):
            pass
        raise EOFError


def _limited(length: int | None, most: int, what: str) -> int:
    if length and length > most:
        raise TooLarge(f"found {length:.4g} bytes of {what}, expected at most {most}")
    return length or 0
