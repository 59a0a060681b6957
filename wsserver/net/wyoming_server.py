"""Listen for those who speak Wyoming, and let them into sessions in the name of one token.

Knows connections, the gate and who serves; knows nothing of what is said.

Wyoming knows no token: whoever reaches the port comes in.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from websockets.exceptions import ConnectionClosed

from wsserver.dialects.dialect import Model, Told, Translator
from wsserver.dialects.wyoming import WyomingTranslator
from wsserver.errors import ClientError, ConfigError, LimitReached
from wsserver.messages import Error, ServerMessage
from wsserver.net.admission import Gate
from wsserver.net.crowd import Crowd
from wsserver.net.delivery import Connection, Delivery
from wsserver.net.entrance import WYOMING, Entrance
from wsserver.net.places import Lease
from wsserver.net.refusal import Refused
from wsserver.net.settings import SocketSettings, WyomingSettings
from wsserver.net.tokens import Token
from wsserver.net.wyoming_connection import LINE_BYTES, WyomingConnection

logger = logging.getLogger(__name__)

WAITING_LIMIT = 100
"""Connections without a session; for one more the one that is open longest has to go."""

_UNSENT_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class WyomingHost:
    """What the server lends to those who speak Wyoming."""

    gate: Gate
    token: Token
    """In whose name and by whose limits they speak."""

    serve: Callable[[Connection, Lease, Translator], Awaitable[None]]
    model: Callable[[], Model]
    """Says what hears."""

    version: str
    entrance: Entrance | None = None
    """Through which another process hands over what it accepted; None listens here."""


def speaker(settings: WyomingSettings, tokens: Iterable[Token]) -> Token:
    """Give the one of *tokens* that *settings* name; raise `ConfigError` if none of them serves."""
    token = next((token for token in tokens if token.name == settings.token), None)
    if token is None or "speak" not in token.scope:
        raise ConfigError(
            f"wyoming.token: found {settings.token!r:.80}, expected the name of one of"
            " server.admission.tokens with the scope 'speak'"
        )
    return token


class WyomingServer:
    """The port and all its connections, from `start` to `stop`; one time only."""

    def __init__(
        self,
        settings: WyomingSettings,
        host: WyomingHost,
        socket: SocketSettings,
        idle_seconds: float,
    ) -> None:
        self._settings = settings
        self._host = host
        self._socket = socket
        self._idle_seconds = idle_seconds
        self._waiting = Crowd[WyomingConnection](WAITING_LIMIT, WAITING_LIMIT)
        self._visits: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where clients find it, once started."""
        host, port = self._settings.host, self._settings.port
        if self._server:
            host, port = self._server.sockets[0].getsockname()[:2]
        return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"

    async def start(self) -> None:
        """Listen; raise `ConfigError` if the address or the port is not to be had."""
        host, port = self._settings.host, self._settings.port
        if self._host.entrance:
            self._host.entrance.open(WYOMING, self._take, lambda: len(self._visits))
            return
        try:
            self._server = await asyncio.start_server(self._enter, host, port, limit=LINE_BYTES)
        except OSError as error:
            raise ConfigError(
                f"wyoming: cannot listen on {host}, port {port}: {error.strerror}"
            ) from error

    async def stop(self) -> None:
        """Close the port and every connection; sessions have ended by then."""
        if self._server:
            self._server.close()
        for visit in self._visits:
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)
        if self._server:
            await self._server.wait_closed()

    async def _take(self, connection: socket.socket) -> None:
        reader = asyncio.StreamReader(limit=LINE_BYTES)
        protocol = asyncio.StreamReaderProtocol(reader, self._enter)
        await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, connection)

    def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(high=_UNSENT_BYTES)
        visit = asyncio.create_task(self._visit(WyomingConnection(reader, writer, self._socket)))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def _visit(self, connection: WyomingConnection) -> None:
        try:
            await self._serve(connection)
        except ConnectionClosed:
            logger.info("the client went away")
        except Exception:  # this task ends one connection, and never in silence
            logger.exception("a connection failed in an unforeseen way")
        finally:
            connection.transport.abort()

    async def _serve(self, connection: WyomingConnection) -> None:
        translator = WyomingTranslator(self._host.version)
        translator.meet(self._host.model())
        delivery = Delivery(connection, connection.ping_timeout, self._socket.close_timeout_seconds)
        try:
            told = await self._wait_for_audio(connection, translator, delivery)
            lease = await self._host.gate.admit_as(self._host.token, connection.address)
        except ClientError as error:
            for frame in translator.write(_told_of(error)):
                await delivery.send(frame)
            await delivery.close(error.close_code, error.code)
            return
        with lease:
            await self._host.serve(connection, lease, _Begun(translator, told))

    async def _wait_for_audio(
        self, connection: WyomingConnection, translator: WyomingTranslator, delivery: Delivery
    ) -> list[Told]:
        """Answer questions until a session is asked for; give what it begins with."""
        if crowded_out := self._waiting.enter(connection, connection.address):
            crowded_out.transport.abort()
        try:
            while True:
                told = [*translator.read(await self._frame(connection))]
                if any(not isinstance(item, str) for item in told):
                    return told
                for answer in told:
                    await delivery.send(str(answer))
        finally:
            self._waiting.leave(connection)

    async def _frame(self, connection: WyomingConnection) -> str | bytes:
        try:
            async with asyncio.timeout(self._idle_seconds):
                return await connection.recv()
        except TimeoutError:
            raise LimitReached(f"found no event for {self._idle_seconds:g} s") from None


@dataclass(frozen=True, slots=True)
class _Begun:
    """A translator that was told something before its session began."""

    translator: WyomingTranslator
    told: Iterable[Told]

    def greet(self) -> Iterable[Told]:
        return self.told

    def read(self, frame: str | bytes) -> Iterable[Told]:
        return self.translator.read(frame)

    def write(self, message: ServerMessage) -> Iterable[str]:
        return self.translator.write(message)


def _told_of(error: ClientError) -> Error:
    code = error.refusal.code if isinstance(error, Refused) else error.code
    return Error(code=code, message=str(error), fatal=True)
