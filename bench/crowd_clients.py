"""Those who crowd a server: they sit there, or never finish their first word, or send files.

    python -m bench.crowd_clients flood http://127.0.0.1:8765/ --count 200 --rate 300

Knows bytes on the wire and the client; knows nothing of what serves them.  Each connection comes
from an address of its own in 127.0.0.0/8.  Prints `there` when all of its kind are, goes on until
its standard input ends, and then prints what became of them, as JSON.
"""

import asyncio
import itertools
import json
import os
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

import aiohttp
import click

from bench.talk import talk
from wsserver import client
from wsserver.messages import Final, Start
from wsserver.speech import SAMPLE_RATE

_UPGRADE = (
    "GET /v1/dictation HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Authorization: Bearer {token}\r\n\r\n"
)
_START = b'{"type":"start"}'
_PING, _PONG, _CLOSE = 0x89, 0x8A, 0x88
_DRIP = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"." * 10_000
_DRIP_SECONDS = 0.5
_TOGETHER = 20
"""Connections that are opened at once."""

_FILE_SECONDS = 60.0


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


class _Guest(asyncio.Protocol):
    """Says its *greeting* and nothing more."""

    def __init__(self, crowd: Crowd, greeting: bytes = b"") -> None:
        self._crowd, self._greeting = crowd, greeting
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._crowd.told.came += 1
        self._crowd.there.add(transport)
        transport.write(self._greeting)

    def data_received(self, data: bytes) -> None:
        self._heard += data

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._crowd.there.discard(self._transport)
        if self._crowd.is_over:
            return
        if self._heard:
            self._crowd.told.refused += 1
        else:
            self._crowd.told.lost += 1


class _Idler(_Guest):
    """Opens a WebSocket, answers pings, and says nothing; or `start`, if it is to be *muted*."""

    def __init__(self, crowd: Crowd, greeting: bytes, *, muted: bool = False) -> None:
        super().__init__(crowd, greeting)
        self._muted = muted
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if not self.opened.done():
            self._take_head()
        while self.opened.done() and len(self._heard) > 1 and self._take_frame():
            pass

    def connection_lost(self, exc: Exception | None) -> None:
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


async def idle(crowd: Crowd, *, muted: bool = False) -> None:
    """Open WebSockets with a token, and say nothing."""
    greeting = _UPGRADE.format(host=urlsplit(crowd.url).netloc, token=crowd.token).encode()

    async def come() -> None:
        idler: _Idler | None = None

        def make() -> _Idler:
            nonlocal idler
            idler = _Idler(crowd, greeting, muted=muted)
            return idler

        await crowd.come(make)
        assert idler is not None
        await idler.opened

    for first in range(0, crowd.count, _TOGETHER):
        together = min(_TOGETHER, crowd.count - first)
        await asyncio.gather(*(come() for _ in range(together)))
    _say_there()
    await asyncio.Event().wait()


async def mute(crowd: Crowd) -> None:
    """Open sessions with a `start`, and say nothing more."""
    await idle(crowd, muted=True)


async def flood(crowd: Crowd) -> None:
    """Connect at a rate and never send a whole head: most send nothing, *count* a byte at a time.

    Where the server speaks TLS, every second one does not even begin with that.
    """
    dripping = asyncio.create_task(_drip(crowd))
    try:
        await _at_rate(crowd)
    finally:
        dripping.cancel()


async def _at_rate(crowd: Crowd) -> None:
    clock = asyncio.get_running_loop().time
    began, tasks = clock(), set[asyncio.Task[None]]()
    for number in itertools.count():
        await asyncio.sleep(began + number / crowd.rate - clock())
        task = asyncio.create_task(crowd.come(lambda: _Guest(crowd), handshake=number % 2 == 0))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        if number == round(crowd.rate):
            _say_there()


async def _drip(crowd: Crowd) -> None:
    dripping: dict[asyncio.Transport, int] = {}

    class Dripper(_Guest):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            dripping[self._transport] = 0

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            dripping.pop(self._transport, None)

    while True:
        for _ in range(min(_TOGETHER, crowd.count - len(dripping))):
            await crowd.come(lambda: Dripper(crowd))
        for transport, sent in list(dripping.items()):
            transport.write(_DRIP[sent : sent + 1])
            dripping[transport] = sent + 1
        await asyncio.sleep(_DRIP_SECONDS)


async def upload(crowd: Crowd) -> None:
    """Send *count* long files at once, again and again, and one session as fast as it is taken."""
    speech = talk(1, _FILE_SECONDS)
    _say_there()
    await asyncio.gather(*(_post(crowd, speech) for _ in range(crowd.count)), _hurry(crowd, speech))


async def _post(crowd: Crowd, speech: bytes) -> None:
    size = len(speech)
    head = b"RIFF%sWAVEfmt %s" % ((36 + size).to_bytes(4, "little"), (16).to_bytes(4, "little"))
    form = b"\x01\0\x01\0%s%s\x02\0\x10\0" % (
        SAMPLE_RATE.to_bytes(4, "little"),
        (2 * SAMPLE_RATE).to_bytes(4, "little"),
    )
    file = head + form + b"data" + size.to_bytes(4, "little") + speech
    bearer = {"Authorization": f"Bearer {crowd.token}"}
    async with aiohttp.ClientSession(headers=bearer) as http:
        while True:
            crowd.told.came += 1
            async with http.post(crowd.url + "stt", data=file) as answer:
                if answer.status == 200:
                    crowd.told.audio_seconds += _FILE_SECONDS
                else:
                    crowd.told.refused += 1
                    await asyncio.sleep(1)


async def _hurry(crowd: Crowd, speech: bytes) -> None:
    blocks = [speech[at : at + 32_000] for at in range(0, len(speech), 32_000)]
    while True:
        crowd.told.came += 1
        start = Start(language="en", partials=False)
        async with client.connect(crowd.socket_url, crowd.token, start) as dictation:
            before = 0.0
            async with dictation.feeding(blocks):
                async for message in dictation:
                    if isinstance(message, Final):
                        crowd.told.audio_seconds += message.end - before
                        before = message.end


def _say_there() -> None:
    print("there", flush=True)


KINDS: dict[str, Callable[[Crowd], Awaitable[None]]] = {
    "idle": idle,
    "mute": mute,
    "flood": flood,
    "upload": upload,
}


async def attend(crowd: Crowd, kind: str) -> None:
    """Be the crowd until standard input ends."""
    coming = asyncio.ensure_future(KINDS[kind](crowd))
    ended = asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait((coming, ended), return_when=asyncio.FIRST_COMPLETED)
    if coming.done():
        coming.result()
    crowd.is_over = True
    coming.cancel()
    await asyncio.wait([coming])
    for transport in tuple(crowd.there):
        transport.abort()


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("url")
@click.option("--count", "count", default=100, show_default=True)
@click.option("--rate", default=300.0, show_default=True, help="Of the flood, a second.")
def main(kind: str, url: str, count: int, rate: float) -> None:
    """Crowd URL with the token in WSSERVER_TOKEN."""
    crowd = Crowd(url, os.environ["WSSERVER_TOKEN"], count, rate)
    asyncio.run(attend(crowd, kind))
    print(json.dumps(asdict(crowd.told)))


if __name__ == "__main__":
    main()
