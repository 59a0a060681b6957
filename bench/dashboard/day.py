"""A few minutes with everything in them: speech, a crowd, an engine that dies, lines that break.

Knows a server as its clients do; knows nothing of metrics.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import time
from urllib.parse import urlsplit

import aiohttp
import numpy as np
from aiohttp import web
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import ConnectionClosed

from bench.talk import talk
from tests.faults.harness import HASTY
from tests.faults.kept_server import TOKEN, KeptServer
from tests.faults.proxy import Proxy
from wsserver.client import connect
from wsserver.errors import DictationError
from wsserver.messages import Start
from wsserver.speech import SAMPLE_RATE

SPEAKERS = 3
CROWD = 12
CROWD_STAYS = 0.2
"""Of the time."""

VIEWERS = 8
BLOCK_SECONDS = 0.1
FAREWELL_S = 15.0
_AGAIN_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens in the course."""

    at: float
    """Seconds since the epoch."""

    name: str


@dataclass
class Receiver:
    """Who is told of finals, and takes none for a while."""

    is_away: bool = False

    async def take(self, request: web.Request) -> web.Response:
        """Answer to a webhook."""
        await request.read()
        return web.Response(status=503 if self.is_away else 204)


@dataclass
class Day:
    """The course of it."""

    server: KeptServer
    proxy: Proxy
    receiver: Receiver
    seconds: float
    events: list[Event] = field(default_factory=list)
    room: dict[str, str] = field(default_factory=dict)
    finals: int = 0
    began: float = 0.0

    async def run(self) -> None:
        """Live through it."""
        await self._open_room()
        voices = await asyncio.to_thread(self._voices)
        line = f"ws://127.0.0.1:{self.proxy.port}/v1/dictation"
        self.began = time()
        # The last finals may be late, but there is an end.
        with suppress(TimeoutError):
            async with asyncio.timeout(self.seconds + FAREWELL_S):
                await self._live(line, voices)

    async def _live(self, line: str, voices: Sequence[bytes]) -> None:
        async with asyncio.TaskGroup() as everybody:
            for seed in range(SPEAKERS):
                room = self.room["room"] if seed == 0 else None
                everybody.create_task(self._speak(line, voices[seed], room))
            everybody.create_task(self._speak(line, voices[SPEAKERS], None))
            for number in range(VIEWERS):
                everybody.create_task(self._watch(number))
            for happening in self._happenings(everybody, voices[SPEAKERS + 1 :]):
                everybody.create_task(happening)

    def _voices(self) -> list[bytes]:
        """Give what is said: by the speakers, over a tape that runs backwards, by the crowd."""
        speakers = [talk(seed, self.seconds) for seed in range(SPEAKERS)]
        crowd = [talk(100 + seed, CROWD_STAYS * self.seconds) for seed in range(CROWD)]
        one, other = (
            np.frombuffer(talk(seed, self.seconds), "<i2").astype(np.int32) for seed in (40, 41)
        )
        # No model hears that right, so the guards have something to do.
        both = ((one + other[::-1]) // 2).astype("<i2").tobytes()
        return [*speakers, both, *crowd]

    def _happenings(
        self, everybody: asyncio.TaskGroup, voices: Sequence[bytes]
    ) -> Iterator[Coroutine[None, None, None]]:
        """Let things happen, each in its time."""
        course: list[tuple[float, str, Callable[[], object]]] = [
            (0.25, "a crowd comes", lambda: everybody.create_task(self._crowd(voices))),
            (0.25 + CROWD_STAYS, "it has gone", lambda: None),
            (0.55, "the engine is killed", lambda: self.server.signal_engine(signal.SIGKILL)),
            (0.68, "webhooks are not taken", lambda: setattr(self.receiver, "is_away", True)),
            (0.75, "all lines are cut", self.proxy.cut),
            (0.82, "all lines are cut", self.proxy.cut),
            (0.88, "webhooks are taken", lambda: setattr(self.receiver, "is_away", False)),
        ]
        for share, name, happen in course:
            yield self._at(share * self.seconds, name, happen)

    async def _at(self, seconds: float, name: str, happen: Callable[[], object]) -> None:
        await asyncio.sleep(seconds)
        self.events.append(Event(time(), name))
        happen()

    async def _crowd(self, voices: Sequence[bytes]) -> None:
        url = f"{self.server.url.replace('http', 'ws', 1)}v1/dictation"
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(CROWD_STAYS * self.seconds),
                asyncio.TaskGroup() as crowd,
            ):
                for voice in voices:
                    crowd.create_task(self._speak(url, voice, None))
                crowd.create_task(self._guess(url))

    async def _guess(self, url: str) -> None:
        while True:
            with suppress(DictationError):
                async with connect(url, "somebody-elses"):
                    pass
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def _speak(self, url: str, audio: bytes, room: str | None) -> None:
        """Say *audio* as it comes, as long as it goes on, whoever is there to hear it."""
        clock, came = asyncio.get_running_loop().time, asyncio.get_running_loop().time()
        while rest := audio[2 * int(SAMPLE_RATE * (clock() - came)) :]:
            try:
                async with (
                    connect(url, TOKEN, Start(room=room), None, HASTY) as dictation,
                    dictation.feeding(_blocks(rest), "real"),
                ):
                    async for message in dictation:
                        self.finals += message.type == "final"
            except DictationError:  # refused, or gone for good
                await asyncio.sleep(_AGAIN_AFTER_S)

    async def _open_room(self) -> None:
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as http,
            http.post(f"{self.server.url}v1/rooms", json={"title": "The dashboard"}) as answer,
        ):
            opened = await answer.json()
        self.room = {"room": opened["room"], "socket": opened["links"]["socket"]}

    async def _watch(self, number: int) -> None:
        """Come, read along and go."""
        share = self.seconds / (2 * VIEWERS)
        await asyncio.sleep(number * share)
        url = f"ws://{urlsplit(self.server.url).netloc}{self.room['socket']}"
        with suppress(TimeoutError, ConnectionClosed):
            async with asyncio.timeout(self.seconds * 0.45), connect_socket(url) as socket:
                async for _ in socket:
                    pass


def _blocks(audio: bytes) -> Iterator[bytes]:
    size = int(2 * SAMPLE_RATE * BLOCK_SECONDS)
    return (audio[at : at + size] for at in range(0, len(audio), size))
