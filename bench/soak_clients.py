"""What a client of a soak can do: open lines, speak, listen, leave in several ways, ask by HTTP.

Knows the wire language and HTTP as strangers do; knows nothing of servers' insides.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from random import Random
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.faults.speech import STARTS, Speech, long_speech
from wsserver.dialects import native
from wsserver.messages import (
    Ack,
    Audio,
    ClientMessage,
    Done,
    Error,
    Final,
    Finish,
    Flush,
    Ready,
    ServerMessage,
    Start,
)

ADDRESSES = 500
"""From which clients come, by what a proxy would tell."""

_SHORTEST_S, _LONGEST_S = 2.0, 7.0
_COMES_AGAIN_AFTER_S = 0.5
M = TypeVar("M")


@dataclass(frozen=True)
class Place:
    """Where a server is, and what can be said there."""

    socket_url: str
    token: str
    speeches: tuple[Speech, ...]

    @property
    def url(self) -> str:
        """Where its HTTP is."""
        parts = urlsplit(self.socket_url)
        return f"http://{parts.netloc}"

    @property
    def host(self) -> tuple[str, int]:
        """Where its port is."""
        parts = urlsplit(self.socket_url)
        return parts.hostname or "", parts.port or 0


def speeches(count: int, random: Random) -> tuple[Speech, ...]:
    """Give a sentence or two each, in all formats, with pauses and flushes."""
    return tuple(_speech(STARTS[n % len(STARTS)], random) for n in range(count))


def _speech(start: Start, random: Random) -> Speech:
    whole = long_speech(start, 2 * _LONGEST_S, random)
    samples = int(random.uniform(_SHORTEST_S, _LONGEST_S) * start.sample_rate)
    flushes = tuple(at for at in whole.flushes if at < samples)
    return replace(whole, pcm=whole.pcm[: samples * whole.sample_bytes], flushes=flushes)


class Line:
    """A socket, and the last place from which its session can go on."""

    def __init__(self, socket: ClientConnection, speech: Speech) -> None:
        self._socket = socket
        self.speech = speech
        self.cursor = ""

    async def send(self, message: ClientMessage | str | bytes) -> None:
        """Send a message, or rubbish."""
        frame = message if isinstance(message, str | bytes) else native.write_client(message)
        await self._socket.send(frame)

    async def open(self, resume: str | None = None) -> Ready:
        """Begin the session, or go on with it."""
        await self.send(Start(resume=resume) if resume else self.speech.start)
        return await self.until(Ready)

    async def speak(self, until: float = 1.0, since: int = 0, *, flush: bool = False) -> None:
        """Say a share of the speech, from a sample on; faster than speech, if the server can."""
        for block in self.speech.blocks():
            if block.end > since and block.end <= until * self._samples:
                late = max(0, since - (block.end - len(block.data) // self.speech.sample_bytes))
                await self.send(Audio(data=block.data[late * self.speech.sample_bytes :]))
                if flush or block.flush:
                    await self.send(Flush(id=block.flush))

    async def finish(self, since: int = 0, *, flush: bool = False) -> Done:
        """Say the rest and hear the end."""

        async def say() -> None:
            await self.speak(since=since, flush=flush)
            await self.send(Finish())

        _, done = await asyncio.gather(say(), self.until(Done))
        return done

    async def until(self, kind: type[M]) -> M:
        """Hear everything up to a message of this *kind*."""
        while not isinstance(message := await self._hear(), kind):
            if isinstance(message, Error):
                raise AssertionError(f"found the error {message.code}, expected {kind.__name__}")
        return message

    async def error(self) -> str:
        """Hear everything up to an error; give its code."""
        return (await self.until(Error)).code

    async def _hear(self) -> ServerMessage:
        message = native.read_server(await self._socket.recv(decode=True))
        if isinstance(message, Ready | Final | Ack):
            self.cursor = message.cursor or self.cursor
        return message

    @property
    def _samples(self) -> int:
        return len(self.speech.pcm) // self.speech.sample_bytes

    def cut(self) -> None:
        """Leave without a word."""
        self._socket.transport.abort()

    async def close(self) -> None:
        """Leave with a word."""
        await self._socket.close()


@dataclass(frozen=True)
class Visit:
    """One client."""

    place: Place
    random: Random
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, place: Place, seed: str) -> "Visit":
        """Come from one of `ADDRESSES`."""
        random = Random(seed)  # noqa: S311 - no secret
        number = random.randrange(ADDRESSES)
        return cls(place, random, {"X-Forwarded-For": f"192.0.{number // 200}.{number % 200}"})

    @asynccontextmanager
    async def line(
        self, credential: str | None = None, speech: Speech | None = None
    ) -> AsyncIterator[Line]:
        """Open a socket; what is left of it at the end is cut."""
        async with await self._open(self._headers(credential)) as socket:
            line = Line(socket, speech or self.speech())
            yield line
            line.cut()

    async def _open(self, headers: dict[str, str]) -> ClientConnection:
        """Connect; who finds the server full comes again."""
        url = self.place.socket_url
        while True:
            try:
                return await connect(url, additional_headers=headers, compression=None, proxy=None)
            except InvalidStatus as refused:
                if refused.response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                    raise
            await asyncio.sleep(_COMES_AGAIN_AFTER_S)

    def speech(self) -> Speech:
        """Choose what to say."""
        return self.random.choice(self.place.speeches)

    async def request(self, path: str, **content: Any) -> tuple[int, bytes]:
        """Ask, with POST if there is something to send; who finds the server full comes again."""
        method, url = "POST" if content else "GET", self.place.url + path
        async with aiohttp.ClientSession(headers=self._headers(None)) as http:
            while True:
                async with http.request(method, url, **content) as answer:
                    if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
                        return answer.status, await answer.read()
                await asyncio.sleep(_COMES_AGAIN_AFTER_S)

    def _headers(self, credential: str | None) -> dict[str, str]:
        shown = credential or self.place.token
        return {**self.headers, "Authorization": f"Bearer {shown}"}
