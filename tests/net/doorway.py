"""A listener on a free port with an echo behind it, and clients that speak to it byte by byte."""

import asyncio
import base64
import gc
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from aiohttp import web
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.typing import Subprotocol

from wsserver.net.admission import Gate
from wsserver.net.conditions import Conditions
from wsserver.net.door import Door
from wsserver.net.entrance import Entrance
from wsserver.net.health import health_routes
from wsserver.net.http_app import http_app
from wsserver.net.ledger import Clock
from wsserver.net.listener import Listener, Sockets
from wsserver.net.places import Lease
from wsserver.net.settings import AdmissionSettings, HttpSettings, NetSettings, SocketSettings
from wsserver.net.signed_tokens import SignedTokens
from wsserver.net.tls import server_context
from wsserver.net.tokens import Token, new_token

PLAIN, HASH = new_token()
BEARER = {"Authorization": f"Bearer {PLAIN}"}
BEARER_LINES = [f"Authorization: Bearer {PLAIN}"]
TOKEN_SUBPROTOCOL = "token." + base64.urlsafe_b64encode(PLAIN.encode()).decode().rstrip("=")
SETTINGS = NetSettings(
    port=0,
    http=HttpSettings(body_limit_bytes=32 * 1024 * 1024),
    socket=SocketSettings(ping_interval_seconds=1000, close_timeout_seconds=5),
    admission=AdmissionSettings(tokens=(Token(name="ann", hash=HASH),)),
)
PATH = "/v1/dictation"
SETTLING_TURNS = 10
"""Turns of the loop in which what was canceled has to be over."""

UPGRADE_LINES = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    *BEARER_LINES,
)


def with_http(**values: Any) -> NetSettings:
    return replace(SETTINGS, http=replace(SETTINGS.http, **values))


def with_socket(**values: Any) -> NetSettings:
    return replace(SETTINGS, socket=replace(SETTINGS.socket, **values))


def with_admission(**values: Any) -> NetSettings:
    return replace(SETTINGS, admission=replace(SETTINGS.admission, **values))


def head(first: str, *lines: str) -> bytes:
    return "\r\n".join([first, "Host: 127.0.0.1", *lines, "", ""]).encode()


def upgrade(path: str = PATH) -> bytes:
    return head(f"GET {path} HTTP/1.1", *UPGRADE_LINES)


def text_frame(text: str) -> bytes:
    """Give a whole text frame as a client sends it, masked with zeros."""
    assert len(text) < 126
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text.encode()


async def echo(connection: ServerConnection, _: Lease) -> None:
    async for message in connection:
        await connection.send(message)


async def length(request: web.Request) -> web.Response:
    """Tell how many bytes the body has."""
    return web.json_response({"bytes": len(await request.read())})


@dataclass(slots=True)
class Doorway:
    """A listener that runs, and ways to reach it."""

    listener: Listener
    gate: Gate
    tls: ssl.SSLContext | None = None
    """What a client trusts, where the port speaks TLS."""

    @property
    def url(self) -> str:
        return self.listener.url.rstrip("/")

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1) + PATH

    def connect(self, **options: Any) -> connect:
        options.setdefault("additional_headers", BEARER)
        options.setdefault("ssl", self.tls)
        return connect(self.socket_url, proxy=None, **options)

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[aiohttp.ClientSession]:
        connector = aiohttp.TCPConnector(ssl=self.tls or True)
        async with aiohttp.ClientSession(self.url, connector=connector) as session:
            yield session

    @asynccontextmanager
    async def raw(self, *, plain: bool = False) -> AsyncIterator["Raw"]:
        """Open a bare connection; *plain* without TLS even where the port speaks it."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.listener.port, ssl=None if plain else self.tls
        )
        raw = Raw(reader, writer)
        try:
            yield raw
        finally:
            await raw.close()

    async def send_and_read(self, *pieces: bytes) -> bytes:
        """Send *pieces* on a connection of their own; give all that comes back until its end."""
        async with self.raw() as raw:
            for piece in pieces:
                await raw.send(piece)
            return await raw.read_all()

    async def empty(self) -> None:
        """Wait until no session is open."""
        await until_idle(self.listener)
        assert self.gate.sessions == 0


async def until_idle(listener: Listener) -> None:
    """Wait until no WebSocket is open, that of a viewer neither."""
    while busy := {*listener._leases, *listener._visits}:
        await asyncio.wait(busy)


@dataclass(slots=True)
class Raw:
    """A bare connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def read_head(self) -> bytes:
        return await self.reader.readuntil(b"\r\n\r\n")

    async def read_all(self) -> bytes:
        return await self.reader.read()

    async def reset(self) -> None:
        """Vanish: the peer gets a reset instead of an end."""
        bare = self.writer.get_extra_info("socket")
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):  # the server was quicker
            await self.writer.wait_closed()


class Bystander:
    """A client that does nothing wrong while others do."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._count = 0

    async def is_served(self) -> bool:
        """Tell whether the server still answers on the connection that was open all along."""
        self._count += 1
        await self._connection.send(f"message {self._count}")
        return await self._connection.recv() == f"message {self._count}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a test may have otherwise."""

    settings: NetSettings = SETTINGS
    conditions: Conditions = field(default_factory=Conditions)
    on_session: Any = echo
    routes: Sequence[web.AbstractRouteDef] = ()
    signed: SignedTokens | None = None
    doors: Callable[[Gate], tuple[Door, ...]] = lambda _: ()
    clock: Clock = time.time
    entrance: Entrance | None = None


@asynccontextmanager
async def open_doorway(setup: Setup | None = None) -> AsyncIterator[Doorway]:
    """Run a listener; afterwards nothing of it is left, neither a task nor a transport."""
    setup = setup or Setup()
    asyncio.get_running_loop().set_debug(True)
    settings = setup.settings
    gate = Gate(settings.admission, setup.conditions, setup.clock, None, setup.signed)
    routes = [*health_routes(gate), web.post("/length", length), *setup.routes]
    tls = server_context(settings.tls)
    before = asyncio.all_tasks()
    app = http_app(settings, gate, routes)
    async with Listener(
        settings, gate, Sockets(setup.on_session, setup.doors(gate), setup.entrance), app, tls
    ) as listener:
        yield Doorway(listener, gate, None if tls is None else _trusting())
    assert gate.sessions == 0
    for _ in range(SETTLING_TURNS):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before, asyncio.all_tasks() - before
    del listener, app
    gc.collect()


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@asynccontextmanager
async def bystander(doorway: Doorway) -> AsyncIterator[Bystander]:
    """Keep an honest connection open beside whatever happens, and see it served at the end."""
    async with doorway.connect() as connection:
        honest = Bystander(connection)
        assert await honest.is_served()
        yield honest
        assert await honest.is_served()


SUBPROTOCOLS = [Subprotocol("dictation.v1"), Subprotocol(TOKEN_SUBPROTOCOL)]
