"""A real port with the real page, where a test says what the server says."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosedError

from tests.net.doorway import until_idle
from wsserver.dialects import native
from wsserver.messages import (
    Ack,
    Audio,
    ClientMessage,
    Error,
    Final,
    Limits,
    Partial,
    Ready,
    ServerMessage,
    Start,
)
from wsserver.net.admission import Gate
from wsserver.net.conditions import Conditions
from wsserver.net.cursors import Cursors
from wsserver.net.health import health_routes
from wsserver.net.http_app import http_app
from wsserver.net.lines import Lines
from wsserver.net.listener import Listener, Sockets
from wsserver.net.pages import page_routes, read_pages
from wsserver.net.places import Lease
from wsserver.net.settings import AdmissionSettings, NetSettings
from wsserver.net.signed_tokens import Grant, SignedTokens, is_signed
from wsserver.net.tokens import Token, new_token
from wsserver.session.cursor import Cursor

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
Marked = TypeVar("Marked", Ready, Final, Ack)

_KEY = bytes(range(32))


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


def cursor(name: str, lifetime_seconds: float = 3600.0) -> str:
    """Give a cursor that the stage takes for a token; *name* tells it from others."""
    seal = Cursors(_KEY, lifetime_seconds, time.time)
    return seal.seal(Cursor(session=name, generation=1, start=Start(), model="practice"), "ann")


def resumed(through: int, resend_from: int, cursor: str) -> Ready:
    """Give the answer to a page that goes on with its session."""
    return replace(READY, generation=2, through=through, resend_from=resend_from, cursor=cursor)


def bookmarked(message: Marked, cursor: str, through: int, resend_from: int) -> Marked:
    """Give *message* with a place from which the session can go on."""
    return replace(message, cursor=cursor, through=through, resend_from=resend_from)


@dataclass(slots=True)
class Call:
    """A session that the page opened; the test speaks for the server."""

    connection: ServerConnection
    frames: asyncio.Queue[str | bytes | None] = field(default_factory=asyncio.Queue)
    """What came and was not looked at yet; None at the end."""

    credential: str = ""
    """The token or the cursor that the page presented."""

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


class Watch:
    """The clock of the doorway, which can be put forward."""

    def __init__(self) -> None:
        self.ahead_seconds = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_seconds


@dataclass(slots=True)
class Stage:
    """A listener and the sessions it was asked for."""

    token: str
    gate: Gate
    watch: Watch
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

    def is_made(self, credential: str) -> bool:
        """Tell whether the stage signed this, and it has not expired."""
        return is_signed(credential) and bool(self._signer.check(credential))

    def make(self, seconds: int = 600) -> str:
        """Sign a token as the page would have it."""
        return self._signer.sign(Grant(subject="ann", scope=("speak",), seconds=seconds))[0]

    @property
    def _signer(self) -> SignedTokens:
        assert self.gate.signed
        return self.gate.signed

    async def call(self, answer: Ready | Error = READY) -> Call:
        """Give the next session, once it sent its `start`; reply with *answer*."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            call = await self.arrivals.get()
            # A page that is told to connect at once drops the try that is under way.
            while (frame := await call.frames.get()) is None:
                call = await self.arrivals.get()
        start = native.read_client(frame)
        assert isinstance(start, Start)
        call.start = start
        await call.say(answer)
        return call

    async def empty(self) -> None:
        """Wait until no session is open."""
        assert self.listener
        await until_idle(self.listener)

    async def serve(self, connection: ServerConnection, _: Lease) -> None:
        call = Call(connection, credential=_credential(connection))
        self.arrivals.put_nowait(call)
        # Read all the time, as the real server does: else nobody sees the page's farewell.
        with suppress(ConnectionClosedError):
            async for frame in connection:
                call.frames.put_nowait(frame)
        call.frames.put_nowait(None)


def _credential(connection: ServerConnection) -> str:
    assert connection.request
    offered = connection.request.headers.get("Sec-WebSocket-Protocol", "").split(", ")
    encoded = "".join(name.removeprefix("token.") for name in offered if name.startswith("token."))
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


class Curtain:
    """Conditions that a test changes while the server runs."""

    def __init__(self) -> None:
        self.missing: str | None = None

    def __call__(self) -> str | None:
        return self.missing


@asynccontextmanager
async def open_stage(
    curtain: Curtain,
    max_sessions: int = 8,
    longest_seconds: int | None = 3600,
    origins: tuple[str, ...] = (),
    *,
    port: int = 0,
    files: Path = WEBCLIENT,
) -> AsyncIterator[Stage]:
    """Run a listener that signs tokens for so long, or with None not at all."""
    plain, digest = new_token()
    tokens = (Token(name="ann", hash=digest),)
    admission = AdmissionSettings(tokens=tokens, max_sessions=max_sessions, origins=origins)
    settings = NetSettings(port=port, admission=admission)
    lines = Lines(Cursors(_KEY, 3600.0, time.time))
    watch = Watch()
    signer = longest_seconds and SignedTokens(_KEY, (), longest_seconds, watch)
    gate = Gate(admission, Conditions(ready=curtain), watch, lines, signer or None)
    stage = Stage(plain, gate, watch)
    routes = [*health_routes(gate), *page_routes(read_pages(files))]
    app = http_app(settings, gate, routes)
    async with Listener(settings, gate, Sockets(stage.serve), app) as stage.listener:
        yield stage
