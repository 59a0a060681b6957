"""Viewers of one room, who read as fast as they can, in a process of their own.

    python -m bench.room_viewers ws://127.0.0.1:8765/v1/rooms/ROOM?token=... --count 1000

Knows bytes on the wire; knows nothing of what serves them.  Prints `there` when all have come, goes
on until its standard input ends, and then prints what they got, as JSON.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

import click

_UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_TEXT, _PING, _PONG = 0x81, 0x89, 0x8A
_NUMBER = re.compile(rb'\{"type":"final","number":(\d+),')
_TOGETHER = 20
"""Connections that are opened at once."""


@dataclass
class Got:
    """What the viewers got."""

    came: int = 0
    lost: int = 0
    """Refused, or cut off."""

    finals: int = 0
    """Of the story."""

    missed: int = 0
    """Finals that some viewer did not get, or not in their turn, for all viewers together."""

    spreads: list[float] = field(default_factory=list)
    """Seconds from the first viewer who got a final to the last."""


@dataclass
class Hall:
    """All viewers."""

    url: str
    count: int
    readers: list["Reader"] = field(default_factory=list)
    times: dict[int, list[float]] = field(default_factory=dict)
    """When each final came to each viewer."""

    def got(self) -> Got:
        """Sum up."""
        last = max(self.times, default=0)
        came = [reader for reader in self.readers if reader.is_open]
        return Got(
            came=len(came),
            lost=self.count - sum(reader.is_there for reader in self.readers),
            finals=last,
            missed=sum(last - reader.number for reader in came),
            spreads=[times[-1] - times[0] for times in self.times.values()],
        )


class Reader(asyncio.Protocol):
    """One viewer."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._heard = b""
        self.number = 0
        """The latest final that came in its turn."""

        self.is_open = False
        self.is_there = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for an upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        parts = urlsplit(self._hall.url)
        path = f"{parts.path}?{parts.query}"
        transport.write(_UPGRADE.format(path=path, host=parts.netloc).encode())

    def data_received(self, data: bytes) -> None:
        """Take the head of the answer, then frames."""
        self._heard += data
        if not self.is_open:
            head, end, rest = self._heard.partition(b"\r\n\r\n")
            if not end:
                return
            self.is_open = self.is_there = head.startswith(b"HTTP/1.1 101 ")
            self._heard = rest
            self.opened.set_result(None)
        for kind, payload in self._frames():
            self._take(kind, payload)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Count as lost."""
        self.is_there = False
        if not self.opened.done():
            self.opened.set_result(None)

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        while len(self._heard) > 1:
            kind, size, skip = self._heard[0], self._heard[1], 2
            if size > 125:
                skip = 4 if size == 126 else 10
                size = int.from_bytes(self._heard[2:skip], "big")
            if len(self._heard) < skip + size:
                return
            payload, self._heard = self._heard[skip : skip + size], self._heard[skip + size :]
            yield kind, payload

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == _PING:
            self._transport.write(bytes([_PONG, 0x80 | len(payload)]) + bytes(4) + payload)
        elif kind == _TEXT and (found := _NUMBER.match(payload)):
            number = int(found[1])
            self.number += number == self.number + 1
            self._hall.times.setdefault(number, []).append(time.perf_counter())


async def come(hall: Hall) -> None:
    """Bring all viewers in."""
    parts = urlsplit(hall.url)
    loop = asyncio.get_running_loop()

    async def enter() -> None:
        hall.readers.append(reader := Reader(hall))
        await loop.create_connection(
            lambda: reader, parts.hostname or "localhost", parts.port or 80
        )
        await reader.opened

    for first in range(0, hall.count, _TOGETHER):
        together = min(_TOGETHER, hall.count - first)
        await asyncio.gather(*(enter() for _ in range(together)))


async def watch(hall: Hall) -> Got:
    """Read along until standard input ends."""
    await come(hall)
    print("there", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    return hall.got()


@click.command()
@click.argument("url")
@click.option("--count", default=1_000, show_default=True)
def main(url: str, count: int) -> None:
    """Read along at URL."""
    print(json.dumps(asdict(asyncio.run(watch(Hall(url, count))))))


if __name__ == "__main__":
    main()
