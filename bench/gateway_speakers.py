"""Hundreds who speak at the pace of speech, in a process of their own that costs them little.

    python -m bench.gateway_speakers ws://127.0.0.1:8765/v1/dictation --sessions 250 --out said.json

Knows bytes on the wire and the wire language; knows nothing of what serves them.  Prints `there`
when all have their `ready`, begins when its standard input ends, and writes what was waited for.

`bench.speakers` says the same by way of the real client, which carries some dozens.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from heapq import heapify, heappop, heapreplace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import click

from bench.gateway_wire import BINARY, CLOSE, PING, PONG, TEXT, frame, frames, greeting
from bench.lags import Course, Lags, SentLog, percentile
from bench.talk import talk
from wsserver.audio.endpointer import DICTATION
from wsserver.dialects.native import read_server
from wsserver.event_loop import runner
from wsserver.messages import Done, Final, Ready
from wsserver.recognition.engines.fake import WORD_SAMPLES
from wsserver.speech import SAMPLE_RATE

CHUNKS_MS = (20, 40, 60, 100)
"""What clients send at a time: browsers and telephones the shorter, programs the longer."""

VOICES = 16
"""As many different talks as take little memory; no two sessions are in step."""

_WITHIN_S = 3.0
"""All begin within so long."""

_LAST_WORDS_S = 20.0
"""For the last final and `done`."""

_TOGETHER = 20
"""Connections that are opened at once."""


def address(number: int) -> str:
    """Give each speaker an address of their own: the door counts what comes from one."""
    block, place = divmod(number, 250)
    return f"127.{1 + block // 250}.{block % 250}.{1 + place}"


def word_ends(final: Final) -> Sequence[float]:
    """Give the words' ends: the scripted engine hears word 7 in the eighth 0.4 s."""
    numbers = (int(word[1:]) for word in final.text.split())
    return [min(final.end, (number + 1) * WORD_SAMPLES / SAMPLE_RATE) for number in numbers]


@dataclass(frozen=True, slots=True)
class Where:
    """Whom to speak to."""

    url: str
    token: str


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who speaks there, and how."""

    count: int
    seconds: float
    first: int
    """The number of the first of them, for no two processes shall say the same."""

    chunks_ms: tuple[int, ...]


@dataclass
class Told:
    """What came of all sessions of a process."""

    lags: Lags = field(default_factory=Lags)
    refused: int = 0
    late_ms: dict[str, float] = field(default_factory=dict)
    """How much later than it was spoken a chunk left: then this process had too much to do."""


class Speaker(asyncio.Protocol):
    """One session."""

    def __init__(self, where: Where, said: bytes, chunk_ms: int) -> None:
        """Say *said*, s16le at 16 kHz, *chunk_ms* at a time."""
        self._where = where
        self._said = said
        self._chunk = 2 * SAMPLE_RATE * chunk_ms // 1000
        self._at = 0
        self._heard = bytearray()
        self._sent = SentLog()
        self._course = Course(self._sent, DICTATION, word_ends)
        self._is_upgraded = self.is_done = self.is_refused = False
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.gone: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for an upgrade, and for a session at once."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its type
        self._transport.write(greeting(self._where.url, self._where.token))

    def data_received(self, data: bytes) -> None:
        """Take the head of the answer, then frames."""
        self._heard += data
        if not self._is_upgraded and not self._take_head():
            return
        for kind, payload in frames(self._heard):
            self._take(kind, payload)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Let go who waits."""
        for waited_for in (self.ready, self.gone):
            if not waited_for.done():
                waited_for.set_result(None)

    def speak(self, spoken: float, now: float) -> float | None:
        """Send the next chunk, spoken at a time; say when the one after it is, None for the end."""
        chunk = self._said[self._at : self._at + self._chunk]
        if self.gone.done():
            return None
        if not chunk:
            self._transport.write(frame(TEXT, b'{"type":"finish"}'))
            self._course.finish(now)
            return None
        self._sent.note(len(chunk) // 2, now, spoken)
        self._transport.write(frame(BINARY, chunk))
        self._at += len(chunk)
        return spoken + self._chunk / 2 / SAMPLE_RATE

    def lags(self) -> Lags:
        """Give what was waited for."""
        lags = self._course.lags()
        lags.unfinished = int(lags.unfinished or not (self.is_done or self.is_refused))
        return lags

    def leave(self) -> None:
        """Go."""
        self._transport.abort()

    def _take_head(self) -> bool:
        head, end, rest = self._heard.partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 101 "):
            self.is_refused = True
            self._transport.abort()
            return False
        self._is_upgraded, self._heard = True, rest
        self._transport.write(frame(TEXT, b'{"type":"start","language":"en"}'))
        return True

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == TEXT:
            self._hear(payload)
        elif kind == PING:
            self._transport.write(frame(PONG, payload))
        elif kind == CLOSE:
            self._transport.write(frame(CLOSE, payload))
            self._transport.close()

    def _hear(self, payload: bytes) -> None:
        message = read_server(payload.decode())
        self._course.hear(message, time.perf_counter())
        if isinstance(message, Ready) and not self.ready.done():
            self.ready.set_result(None)
        self.is_done = self.is_done or isinstance(message, Done)


async def come(where: Where, crowd: Crowd) -> list[Speaker]:
    """Bring all speakers in; each has its `ready`, or was refused."""
    voices = [talk(number, crowd.seconds) for number in range(VOICES)]
    loop, port = asyncio.get_running_loop(), urlsplit(where.url).port or 80

    async def enter(number: int) -> Speaker:
        chunk_ms = crowd.chunks_ms[number % len(crowd.chunks_ms)]
        speaker = Speaker(where, voices[number // len(crowd.chunks_ms) % VOICES], chunk_ms)
        own = (address(number), 0)
        await loop.create_connection(lambda: speaker, "127.0.0.1", port, local_addr=own)
        await speaker.ready
        return speaker

    numbers = range(crowd.first, crowd.first + crowd.count)
    speakers: list[Speaker] = []
    for at in range(0, crowd.count, _TOGETHER):
        together = (enter(number) for number in numbers[at : at + _TOGETHER])
        speakers += await asyncio.gather(*together)
    return speakers


async def speak(speakers: Sequence[Speaker]) -> list[float]:
    """Have all speak to their end; give how late each chunk left, in seconds."""
    chance, began = random.Random(len(speakers)), time.perf_counter()  # noqa: S311 - no secret
    due = [(began + chance.uniform(0, _WITHIN_S), at) for at in range(len(speakers))]
    heapify(due)
    late = []
    while due:
        spoken, at = due[0]
        now = time.perf_counter()
        if spoken > now:
            await asyncio.sleep(spoken - now)
            continue
        late.append(now - spoken)
        following = speakers[at].speak(spoken, now)
        if following is None:
            heappop(due)
        else:
            heapreplace(due, (following, at))
        if len(late) % _TOGETHER == 0:
            await asyncio.sleep(0)  # whoever is late still listens
    return late


async def attend(where: Where, crowd: Crowd) -> Told:
    """Come, wait for the sign, speak, listen to the end."""
    speakers = await come(where, crowd)
    print("there", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    late = await speak(speakers)
    await asyncio.wait([speaker.gone for speaker in speakers], timeout=_LAST_WORDS_S)
    told = Told(late_ms={f"p{q}": percentile(late, q) * 1000 for q in (50, 99, 100)})
    for speaker in speakers:
        speaker.leave()
        told.refused += speaker.is_refused
        told.lags.add(speaker.lags())
    return told


@click.command()
@click.argument("url")
@click.option("--sessions", "count", default=1, show_default=True)
@click.option("--seconds", default=20.0, show_default=True, help="That everybody speaks.")
@click.option("--first", default=0, show_default=True, help="The number of the first of them.")
@click.option("--chunks-ms", type=int, multiple=True, default=CHUNKS_MS, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(url: str, out: Path, **options: Any) -> None:
    """Speak to URL with the token in WSSERVER_TOKEN; write the lags."""
    with runner() as running:
        told = running.run(attend(Where(url, os.environ["WSSERVER_TOKEN"]), Crowd(**options)))
    out.write_text(json.dumps(asdict(told)))


if __name__ == "__main__":
    main()
