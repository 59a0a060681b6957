"""A real port with the real page, where a test says what the server says."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosedError

from wsserver.dialects import native
from wsserver.messages import (
    Audio,
    ClientMessage,
    Final,
    Limits,
    Partial,
    Ready,
    ServerMessage,
    Start,
)
from wsserver.net.admission import Conditions, Gate, Lease
from wsserver.net.health import health_routes
from wsserver.net.http_app import http_app
from wsserver.net.listener import Listener
from wsserver.net.pages import page_routes, read_pages
from wsserver.net.settings import AdmissionSettings, NetSettings
from wsserver.net.tokens import Token, new_token

WEBCLIENT = Path(__file__).parents[2] / "webclient"

READY = Ready(
    session="s1",
    model="practice",
    practice=True,
    languages=("en",),
    encodings=("s16le",),
    sample_rates=(8000, 48_000),
    limits=Limits(frame_bytes=262_144, idle_seconds=60.0, session_seconds=3600.0),
)

PATIENCE_SECONDS = 30
"""For a machine that does other things as well."""

Told = TypeVar("Told", bound=ClientMessage)


def partial(text: str, committed: str = "", *, utterance: int = 1, lag: float = 0.4) -> Partial:
    return Partial(
        utterance=utterance, text=text, committed=len(committed), start=0.5, end=2.0, lag=lag
    )


def final(text: str, *, utterance: int = 1, start: float = 0.5, through: int = 1) -> Final:
    return Final(
        utterance=utterance,
        text=text,
        start=start,
        end=start + 2.0,
        language="en",
        through=through,
    )


@dataclass(slots=True)
class Call:
    """A session that the page opened; the test speaks for the server."""

    connection: ServerConnection
    frames: asyncio.Queue[str | bytes | None] = field(default_factory=asyncio.Queue)
    """What came and was not looked at yet; None at the end."""

    start: Start = field(default_factory=Start)
    audio: bytearray = field(default_factory=bytearray)
    """What was looked at until now."""

    async def say(self, *messages: ServerMessage) -> None:
        for message in messages:
            await self.connection.send(native.write_server(message))

    async def say_raw(self, text: str) -> None:
        await self.connection.send(text)

    async def hear(self, kind: type[Told]) -> Told:
        """Read on to the next message of *kind*."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                frame = await self.frames.get()
                assert frame is not None, f"the page hung up, expected {kind.__name__}"
                message = native.read_client(frame)
                if isinstance(message, Audio):
                    self.audio += message.data
                if isinstance(message, kind):
                    return message

    async def listen(self, samples: int) -> None:
        """Read on until at least this much audio came in all."""
        while len(self.audio) < 2 * samples:
            await self.hear(Audio)

    async def ended(self) -> None:
        """Wait until the connection is no more."""
        await self.connection.wait_closed()

    def clock(self) -> str:
        """Give how much audio was looked at, as the page writes it."""
        seconds = len(self.audio) // 2 // self.start.sample_rate
        return f"{seconds // 60}:{seconds % 60:02}"

    async def hang_up(self, code: int, reason: str = "") -> None:
        await self.connection.close(code, reason)

    def break_off(self) -> None:
        """Vanish without a word, as a network does."""
        self.connection.transport.abort()


@dataclass(slots=True)
class Stage:
    """A listener and the sessions it was asked for."""

    token: str
    gate: Gate
    listener: Listener | None = None
    arrivals: asyncio.Queue[Call] = field(default_factory=asyncio.Queue)

    @property
    def url(self) -> str:
        assert self.listener
        return self.listener.url

    @property
    def link(self) -> str:
        """The address that brings the token along."""
        return f"{self.url}#token={self.token}"

    async def call(self, ready: Ready = READY) -> Call:
        """Give the next session, once it sent its `start`; answer with *ready*."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            call = await self.arrivals.get()
            # A page that is told to connect at once drops the try that is under way.
            while (frame := await call.frames.get()) is None:
                call = await self.arrivals.get()
        start = native.read_client(frame)
        assert isinstance(start, Start)
        call.start = start
        await call.say(ready)
        return call

    async def empty(self) -> None:
        """Wait until no session is open."""
        assert self.listener
        await self.listener.wait_idle()

    async def serve(self, connection: ServerConnection, _: Lease) -> None:
        call = Call(connection)
        self.arrivals.put_nowait(call)
        # Read all the time, as the real server does: else nobody sees the page's farewell.
        with suppress(ConnectionClosedError):
            async for frame in connection:
                call.frames.put_nowait(frame)
        call.frames.put_nowait(None)


class Curtain:
    """Conditions that a test changes while the server runs."""

    def __init__(self) -> None:
        self.missing: str | None = None

    def __call__(self) -> str | None:
        return self.missing


@asynccontextmanager
async def open_stage(curtain: Curtain, max_sessions: int = 8) -> AsyncIterator[Stage]:
    """Run a listener on a free port."""
    plain, digest = new_token()
    tokens = (Token(name="ann", hash=digest),)
    admission = AdmissionSettings(tokens=tokens, max_sessions=max_sessions)
    settings = NetSettings(port=0, admission=admission)
    gate = Gate(settings.admission, Conditions(ready=curtain), time.time)
    stage = Stage(plain, gate)
    routes = [*health_routes(gate), *page_routes(read_pages(WEBCLIENT))]
    app = http_app(settings, gate, routes)
    async with Listener(settings, gate, stage.serve, app) as stage.listener:
        yield stage
