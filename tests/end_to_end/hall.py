"""A room of a server in this process: its speaker, and viewers of both kinds."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import aiohttp
import numpy as np
import soundfile
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.arrangements import copies_of
from tests.conftest import SAMPLES
from tests.end_to_end.conftest import Running
from tests.end_to_end.test_resume import Peer, connected
from tests.waiting import until
from wsserver.dialects import captions as dialect
from wsserver.messages import Audio, Final, Flush, Flushed, Ready, ServerMessage, Start
from wsserver.rooms import captions

BEARER = {"Authorization": "Bearer a-token-for-tests"}
RATE = 16_000


@cache
def sentence() -> bytes:
    """Give a few seconds of speech with silence around it, as s16le."""
    samples, rate = soundfile.read(SAMPLES / "en-us-my-uncle-sold.wav", dtype="int16")
    assert rate == RATE
    pause = np.zeros(RATE // 2, np.int16)
    whole: bytes = np.concatenate([pause, samples, pause]).astype("<i2").tobytes()
    return whole


@dataclass
class Speaker:
    """Somebody who speaks in a room."""

    peer: Peer
    ready: Ready
    hall: "Hall | None" = None
    heard: list[ServerMessage] = field(default_factory=list)

    @property
    def finals(self) -> list[Final]:
        return [each for each in self.heard if isinstance(each, Final)]

    async def say(self, times: int = 1) -> None:
        """Say the sentence and wait until it is final."""
        for _ in range(times):
            await self.send(sentence())
            await self.settle()

    async def send(self, sound: bytes) -> None:
        for at in range(0, len(sound), 6_400):
            await self.peer.say(Audio(data=sound[at : at + 6_400]))

    async def settle(self) -> None:
        """Wait until what was sent is final, and all gateways of the server know it."""
        await self.peer.say(Flush())
        while not isinstance(message := await self.peer.hear(), Flushed):
            self.heard.append(message)
        await until(self._is_known)

    def _is_known(self) -> bool:
        if not (self.hall and self.finals):
            return True
        copies = copies_of(self.hall.server.app, self.hall.room)
        courses = [room.story.course(self.ready.session) for room in copies]
        last = self.finals[-1].utterance
        return all(course and course.utterance >= last for course in courses)


@dataclass
class Reader:
    """Somebody who reads along by WebSocket."""

    socket: ClientConnection
    told: list[captions.Caption] = field(default_factory=list)

    @property
    def finals(self) -> list[captions.Final]:
        return [each for each in self.told if isinstance(each, captions.Final)]

    @property
    def texts(self) -> list[str]:
        return [final.text for final in self.finals]

    @property
    def place(self) -> str:
        """Say where to go on after a break."""
        (welcome,) = [each for each in self.told if isinstance(each, captions.Room)]
        return f"{welcome.story}:{self.finals[-1].number if self.finals else 0}"

    async def read(self) -> captions.Caption:
        async with asyncio.timeout(30):
            self.told.append(dialect.read(await self.socket.recv(decode=True)))
        return self.told[-1]

    async def read_finals(self, count: int) -> list[captions.Final]:
        """Read until *count* finals came in all."""
        while len(self.finals) < count:
            await self.read()
        return self.finals

    async def read_until(self, kind: type[captions.Caption]) -> Any:
        while not isinstance(told := await self.read(), kind):
            pass
        return told

    async def read_to_the_end(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await self.read()


@dataclass
class Hall:
    """One room, and ways into it."""

    server: Running
    room: str
    token: str
    links: dict[str, str]
    browser: aiohttp.ClientSession

    @asynccontextmanager
    async def speaker(self, **start: Any) -> AsyncIterator[Speaker]:
        async with connected(self.server.socket_url, self.server.token) as peer:
            yield Speaker(peer, await peer.begin(Start(**({"room": self.room} | start))), self)

    def connect(self, after: str | None = None, **options: Any) -> connect:
        link = self.links["socket"] + (f"&after={after}" if after else "")
        url = self.server.url.replace("http", "ws", 1).rstrip("/") + link
        protocols = [Subprotocol("captions.v1")]
        return connect(url, **({"subprotocols": protocols, "proxy": None} | options))

    @asynccontextmanager
    async def reader(self, after: str | None = None, **options: Any) -> AsyncIterator[Reader]:
        async with self.connect(after, **options) as socket:
            yield Reader(socket)

    @asynccontextmanager
    async def events(self, **headers: str) -> AsyncIterator["Events"]:
        async with self.browser.get(self.links["events"], headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            yield Events(answer)

    async def end(self) -> int:
        async with self.browser.delete(f"/v1/rooms/{self.room}", headers=BEARER) as answer:
            return answer.status

    async def refusal(self, path: str, **headers: str) -> tuple[int, str]:
        """Give status and code of a request that is not let in."""
        async with self.browser.get(path, headers=headers) as answer:
            return answer.status, (await answer.json())["code"]


@dataclass
class Events:
    """An event stream, event by event."""

    answer: aiohttp.ClientResponse
    ids: list[str] = field(default_factory=list)

    async def next(self) -> dict[str, Any] | None:
        """Give the next event's data, None at the end of the stream."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(30):
            while line := (await self.answer.content.readline()).decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if line == "\n" and "data" in fields:
                    break
                if line != "\n":
                    fields[name] = value
        if "data" not in fields:
            return None
        data: dict[str, Any] = json.loads(fields["data"])
        assert data["type"] == fields["event"]
        self.ids += [fields["id"]] if "id" in fields else []
        return data

    async def finals(self, count: int) -> list[str]:
        """Give the texts of the next *count* finals."""
        texts: list[str] = []
        while len(texts) < count:
            event = await self.next()
            assert event is not None
            texts += [event["text"]] if event["type"] == "final" else []
        return texts


async def post(browser: aiohttp.ClientSession, **wish: Any) -> dict[str, Any]:
    async with browser.post("/v1/rooms", json=wish, headers=BEARER) as answer:
        assert answer.status == 201, await answer.text()
        return dict(await answer.json())


@asynccontextmanager
async def open_hall(server: Running, **wish: Any) -> AsyncIterator[Hall]:
    async with aiohttp.ClientSession(server.url) as browser:
        made = await post(browser, **wish)
        yield Hall(server, made["room"], made["token"], made["links"], browser)
