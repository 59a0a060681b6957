"""One connection: the handshake, then messages both ways.

Knows websockets and the wire language; knows nothing of sessions that outlive a connection.
"""

import logging
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError
from websockets.asyncio import client as websocket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.http11 import Response
from websockets.typing import Subprotocol

from wsserver import messages
from wsserver.client.failures import ConnectionLost, Refused, SessionFailed
from wsserver.dialects import native
from wsserver.errors import BadMessage, ConfigError

Tls: TypeAlias = ssl.SSLContext | None

_logger = logging.getLogger("wsserver.client.websocket")
_logger.setLevel(logging.INFO)  # at DEBUG websockets writes every header, the token among them


class Line:
    """An open connection."""

    def __init__(self, socket: "_Socket", where: str) -> None:
        self._socket = socket
        self.where = where
        self.is_given_up = False

    @property
    def arrivals(self) -> int:
        """How often anything came: messages, parts of them, answers to `ask`."""
        return self._socket.arrivals

    async def send(self, message: messages.ClientMessage) -> None:
        """Send *message*; raise `ConnectionLost` if the connection is gone."""
        try:
            await self._socket.send(native.write_client(message))
        except ConnectionClosed as closed:
            raise self._lost(closed) from None

    async def receive(self) -> messages.ServerMessage:
        """Give the next message; raise `ConnectionLost` or, for what is none, `SessionFailed`.

        A fatal error is raised as the `SessionFailed` that it is.
        """
        try:
            message = native.read_server(await self._socket.recv(decode=True))
        except ConnectionClosed as closed:
            raise self._lost(closed) from None
        except BadMessage as error:
            await self._socket.close(error.close_code)
            told = f"the server sent no message: {error}"
            raise SessionFailed(error.code, told) from None
        if isinstance(message, messages.Error) and message.fatal:
            raise SessionFailed(message.code, message.message)
        return message

    async def catch_up(self) -> None:
        """Wait until the server has read all that was sent."""
        try:
            await (await self._socket.ping())
        except ConnectionClosed as closed:
            raise self._lost(closed) from None

    async def ask(self) -> None:
        """Have the server answer that it is there; without waiting for it."""
        with suppress(ConnectionClosed):
            await self._socket.ping()

    def give_up(self) -> None:
        """End the connection without another word, for nobody would hear it."""
        self.is_given_up = True
        self._socket.transport.abort()

    async def close(self) -> None:
        """Close the connection; again does nothing."""
        await self._socket.close()

    def _lost(self, closed: ConnectionClosed) -> ConnectionLost:
        broke = "nothing more came" if self.is_given_up else "the connection broke"
        found = f"closed with {closed.rcvd}" if closed.rcvd else broke
        return ConnectionLost(f"{self.where} was gone before done: {found}")


async def open_line(url: str, credential: str | None, tls: Tls, within_seconds: float) -> Line:
    """Connect with a token or a cursor.

    Raises `Refused`, `ConnectionLost` if nobody answers, and `ConfigError` for what can be no url
    or no credential.
    """
    where = _where(url)
    try:
        socket = await _Connect(
            url,
            subprotocols=[Subprotocol(native.SUBPROTOCOL)],
            additional_headers=_credentials(credential),
            compression=None,
            ssl=(tls or True) if where.startswith("wss:") else None,
            open_timeout=within_seconds,
            ping_interval=None,  # `watch` asks, and knows when an answer may be late
            create_connection=_Socket,
            logger=_logger,
        )
    except InvalidStatus as error:
        raise _refusal(error.response) from None
    except (OSError, InvalidHandshake) as error:
        raise ConnectionLost(f"cannot reach {where}: {_reason(error)}") from None
    except (InvalidURI, ValueError):
        raise ConfigError(f"expected a url such as wss://localhost/, found {where}") from None
    if socket.subprotocol is None:
        await socket.close()
        raise Refused(101, "bad_subprotocol", f"{where} does not speak {native.SUBPROTOCOL}", None)
    assert isinstance(socket, _Socket)
    return Line(socket, where)


class _Socket(websocket.ClientConnection):
    arrivals = 0

    def data_received(self, data: bytes) -> None:
        self.arrivals += 1
        super().data_received(data)


class _Connect(websocket.connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        # Older websockets send the token along to wherever they are redirected.
        return exc


def _where(url: str) -> str:
    """Give the url without what may be secret in it: user, password and query."""
    return re.sub(r"(?<=//)[^/]*@|[?#].*", "", url, flags=re.DOTALL)


def _credentials(token: str | None) -> dict[str, str]:
    if token is None:
        return {}
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError("expected a token of visible ASCII characters, found others in it")
    return {"Authorization": f"Bearer {token}"}


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    return str(error)


@dataclass(frozen=True, slots=True)
class _Admission:
    code: str
    message: str


def _refusal(response: Response) -> Refused:
    status, after = response.status_code, response.headers.get("Retry-After", "")
    try:
        told = TypeAdapter(_Admission).validate_json(response.body or b"")
    except ValidationError:
        # No word of our server: a proxy, or something else altogether.
        told = _Admission(f"http_{status}", response.reason_phrase.lower())
    return Refused(status, told.code, told.message, int(after) if after.isdecimal() else None)
