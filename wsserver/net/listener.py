"""Listen on the one port: begin, turn newcomers away, end.

Knows sockets and both sides of the front door; knows nothing of what a session does.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self, TypeAlias, cast

from aiohttp import web
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from wsserver.dialects.native import SUBPROTOCOL
from wsserver.errors import ConfigError
from wsserver.net.addresses import network_addresses
from wsserver.net.admission import Gate
from wsserver.net.client_address import peer_address
from wsserver.net.credentials import Presented, read
from wsserver.net.crowd import Crowd
from wsserver.net.door import Door, Visit
from wsserver.net.entrance import WEB, Entrance
from wsserver.net.front_door import FrontDoor, Hall
from wsserver.net.handshakes import answer, finish_headers
from wsserver.net.http_side import HttpSide, log_refusal
from wsserver.net.places import Lease
from wsserver.net.ports import UNSENT_BYTES, keep_little_unsent
from wsserver.net.refusal import Refused, refuse
from wsserver.net.settings import FRAME_LIMIT_HEADROOM, NetSettings, SocketSettings

socket_logger = logging.getLogger("wsserver.sockets")
# At DEBUG websockets logs every header, tokens included, and at INFO neither who nor what.
socket_logger.setLevel(logging.WARNING)

SessionHandler: TypeAlias = Callable[[ServerConnection, Lease], Awaitable[None]]
"""Serves one open WebSocket; its place is free again when this returns."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """Who serves the WebSockets, and where all connections come from."""

    on_session: SessionHandler
    doors: tuple[Door, ...] = ()
    """Where those go in that speak another language, or are no sessions."""

    entrance: Entrance | None = None
    """Through which another process hands over what it accepted; None listens here."""


class Listener:
    """The port and all its connections, from `start` to `stop`; one time only."""

    def __init__(
        self,
        settings: NetSettings,
        gate: Gate,
        sockets: Sockets,
        app: web.Application,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.port = settings.port
        """The real one once started."""
        self._settings = settings
        self._gate = gate
        self._sockets = sockets
        self._tls = tls
        self._runner = web.AppRunner(
            app,
            handler_cancellation=True,
            shutdown_timeout=settings.socket.close_timeout_seconds,
        )
        self._leases: dict[asyncio.Task[Any], Lease] = {}
        self._visits: dict[asyncio.Task[Any], Visit] = {}

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the page."""
        return self._url("localhost" if self._is_everywhere else self._settings.host)

    @property
    def network_urls(self) -> list[str]:
        """Where other machines find it, if the server listens to them all."""
        names = network_addresses() if self._is_everywhere else []
        is_ipv4 = self._settings.host == "0.0.0.0"  # noqa: S104 - compared, not bound
        return [self._url(name) for name in names if not (is_ipv4 and ":" in name)]

    @property
    def _is_everywhere(self) -> bool:
        return self._settings.host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound

    def _url(self, name: str) -> str:
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{f'[{name}]' if ':' in name else name}:{self.port}/"

    async def start(self) -> None:
        """Listen; raise `ConfigError` if the address or the port is not to be had."""
        await self._runner.setup()
        assert self._runner.server is not None
        http = self._settings.http
        waiting = Crowd[FrontDoor](http.waiting_limit, http.waiting_limit_per_address)
        self._hall = Hall(http, partial(HttpSide, self._runner.server, self._settings), waiting)
        try:
            self._server = await self._serve()
        except OSError as error:
            await self._runner.cleanup()
            raise ConfigError(
                f"cannot listen on {self._settings.host}, port {self.port}: {error.strerror}"
            ) from error
        if self._sockets.entrance:
            self._sockets.entrance.open(WEB, self._take, self._count)
            return
        for listening in self._server.sockets:
            keep_little_unsent(listening)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    def drain(self) -> None:
        """Go on listening, but answer 503 to whatever is new; open sessions go on."""
        self._gate.drain()

    async def stop(self) -> None:
        """Close the port and every connection: sessions with 1001, HTTP after its answer."""
        self.drain()
        if self._sockets.entrance:
            self._sockets.entrance.close()
        await self._let_nobody_in()
        self._server.close()
        await self._runner.cleanup()
        # From Python 3.12 on a server is closed only when all its connections are, and neither
        # side owns those that have not said yet what they want, or do not take their answer.
        self._hall.turn_out()
        await self._server.wait_closed()

    async def _let_nobody_in(self) -> None:
        """Accept no more connections, and wait until those that were accepted have their protocol.

        CPython 3.11 loses those that it meets half made, with their sockets open (gh-109564).
        """
        loop = asyncio.get_running_loop()
        for listening in self._server.sockets:
            loop.remove_reader(listening.fileno())
        for _ in range(2):  # one turn of the loop for the transport, one for its protocol
            await asyncio.sleep(0)

    async def _serve(self) -> Server:
        with self._place() as place:
            return await self._serve_at(place)

    @contextmanager
    def _place(self) -> Iterator[dict[str, Any]]:
        """Say where to listen: where others hand connections over, at what nobody can find.

        Without listening websockets would turn them all away.
        """
        if self._sockets.entrance is None:
            yield {"host": self._settings.host, "port": self._settings.port}
            return
        with TemporaryDirectory() as folder:
            yield {"unix": True, "path": f"{folder}/nowhere"}

    async def _serve_at(self, place: Mapping[str, Any]) -> Server:
        return await serve(
            self._open_session,
            **place,
            ssl=self._tls,
            process_request=self._admit,
            process_response=finish_headers,
            select_subprotocol=self._select_subprotocol,
            create_connection=cast("type[ServerConnection]", partial(FrontDoor, self._hall)),
            logger=socket_logger,
            compression=None,  # audio does not shrink, and each context costs memory
            server_header=None,
            **_limits(self._settings.socket),
        )

    async def _take(self, connection: socket.socket) -> None:
        timeout = self._settings.socket.open_timeout_seconds if self._tls else None
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(
            self._front_door, connection, ssl=self._tls, ssl_handshake_timeout=timeout
        )

    def _count(self) -> int:
        return len(self._hall.guests) + len(self._server.handler_tasks)

    def _front_door(self) -> FrontDoor:
        """Make what websockets makes for a connection that it accepts itself."""
        limits = _limits(self._settings.socket)
        del limits["open_timeout"]
        protocol = ServerProtocol(
            select_subprotocol=lambda _, offered: self._select_subprotocol(door, offered),
            max_size=limits.pop("max_size"),
            logger=socket_logger,
        )
        door = FrontDoor(self._hall, protocol, self._server, **limits)
        return door

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        peer = peer_address(connection.remote_address)
        presented = read(request.headers.raw_items(), request.path, peer)
        door = self._door(presented.path)
        try:
            if door:
                await self._admit_visit(connection, door, presented)
            else:
                await self._admit_session(presented)
        except Refused as refused:
            refusal = refused.refusal
            log_refusal(presented, self._settings.admission.trust_forwarded_for, refusal)
            return answer(connection, refusal, door.explain(refusal) if door else None)
        return None

    async def _admit_session(self, presented: Presented) -> None:
        if presented.path not in self._settings.socket.paths:
            expected = ", ".join(self._settings.socket.paths)
            refuse(404, "not_found", f"found no session here, expected {expected}")
        self._keep(await self._gate.admit(presented, resumes=True))

    async def _admit_visit(
        self, connection: ServerConnection, door: Door, presented: Presented
    ) -> None:
        visit = await door.admit(presented)
        connection.protocol.max_message_size = door.frame_limit_bytes
        task = asyncio.current_task()
        assert task is not None
        self._visits[task] = visit
        task.add_done_callback(lambda done: self._visits.pop(done).release())

    def _select_subprotocol(
        self, connection: ServerConnection, offered: Sequence[Subprotocol]
    ) -> Subprotocol | None:
        assert connection.request is not None
        door = self._door(connection.request.path.partition("?")[0])
        spoken = door.subprotocols if door else (SUBPROTOCOL,)
        return next((Subprotocol(one) for one in spoken if one in offered), None)

    def _door(self, path: str) -> Door | None:
        return next((door for door in self._sockets.doors if door.leads(path)), None)

    def _keep(self, lease: Lease) -> None:
        """Tie *lease* to the task that serves this connection from handshake to end.

        So the place is freed whatever becomes of the connection, even if it is lost before the
        session begins.
        """
        task = asyncio.current_task()
        assert task is not None
        self._leases[task] = lease
        task.add_done_callback(lambda done: self._leases.pop(done).release())

    async def _open_session(self, connection: ServerConnection) -> None:
        task = asyncio.current_task()
        assert task is not None
        if visit := self._visits.get(task):
            await visit.serve(connection)
            return
        with self._leases[task] as lease:
            await self._sockets.on_session(connection, lease)


def _limits(settings: SocketSettings) -> dict[str, Any]:
    return {
        "open_timeout": settings.open_timeout_seconds,
        "ping_interval": settings.ping_interval_seconds,
        "ping_timeout": settings.ping_timeout_seconds,
        "close_timeout": settings.close_timeout_seconds,
        "max_size": settings.frame_limit_bytes * FRAME_LIMIT_HEADROOM,
        "max_queue": settings.receive_queue_frames,
        "write_limit": UNSENT_BYTES,
    }
