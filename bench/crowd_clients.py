"""Those who crowd a server: they sit there, or never finish their first word, or send files.

    python -m bench.crowd_clients flood http://127.0.0.1:8765/ --count 200 --rate 300

Knows the guests and the client; knows nothing of what serves them.  Prints `there` when all of its
kind are, goes on until its standard input ends, and then prints what became of them, as JSON.
"""

import asyncio
import itertools
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from urllib.parse import urlsplit

import aiohttp
import click

from bench.crowd_guests import Crowd, Guest, Idler
from bench.talk import talk
from wsserver import client
from wsserver.messages import Final, Start
from wsserver.speech import SAMPLE_RATE

_UPGRADE = (
    "GET /v1/dictation HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Authorization: Bearer {token}\r\n\r\n"
)
_DRIP = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"." * 10_000
_DRIP_SECONDS = 0.5
_TOGETHER = 20
"""Connections that are opened at once."""

_FILE_SECONDS = 60.0


async def idle(crowd: Crowd, *, muted: bool = False) -> None:
    """Open WebSockets with a token, and say nothing."""
    greeting = _UPGRADE.format(host=urlsplit(crowd.url).netloc, token=crowd.token).encode()

    async def come() -> None:
        idler: Idler | None = None

        def make() -> Idler:
            nonlocal idler
            idler = Idler(crowd, greeting, muted=muted)
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
        task = asyncio.create_task(crowd.come(lambda: Guest(crowd), handshake=number % 2 == 0))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        if number == round(crowd.rate):
            _say_there()


async def _drip(crowd: Crowd) -> None:
    dripping: dict[asyncio.Transport, int] = {}

    class Dripper(Guest):
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
