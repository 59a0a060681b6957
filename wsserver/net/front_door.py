"""One port for two protocols: hold a connection until its head says who shall serve it.

Knows transports and the form of a head; knows no routes, tokens or sessions.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from websockets.asyncio.server import Server, ServerConnection
from websockets.server import ServerProtocol

from wsserver.net.client_address import client_address, peer_address
from wsserver.net.crowd import Crowd
from wsserver.net.head import Wish, wish
from wsserver.net.settings import HttpSettings

LINGER_SECONDS = 2.0
"""How long the peer has to take a refusal and to close."""

UNREAD_BYTES = 1024 * 1024
"""What a WebSocket's peer may leave unread; a session waits long before that.

Only pongs come without waiting: who pings for ever and reads nothing would fill the memory.
"""

_CROWDED = b"503 Service Unavailable"
_ANSWER = b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_REFUSALS = {
    Wish.NOT_HTTP: b"400 Bad Request",
    Wish.UNKNOWN: b"408 Request Timeout",
    Wish.TOO_LARGE: b"431 Request Header Fields Too Large",
}


@dataclass(frozen=True, slots=True)
class Hall:
    """What all front doors of one listener share."""

    settings: HttpSettings
    http: Callable[[Callable[[], None]], asyncio.Protocol]
    """Makes the protocol that serves a connection of plain HTTP, and calls back when it is lost."""

    waiting: "Crowd[FrontDoor]"
    """Connections whose head is still to come, by address."""

    guests: set[asyncio.Transport] = field(default_factory=set)
    """Connections that no WebSocket owns: undecided, refused or plain HTTP."""

    def turn_out(self) -> None:
        """Cut every connection off that is no WebSocket."""
        for transport in tuple(self.guests):
            transport.abort()


class FrontDoor(ServerConnection):
    """A WebSocket connection that begins only when the head asks for one.

    Until then `websockets` is not told of the connection, so nothing has to be taken back when
    the transport is handed over to the other side.
    """

    def __init__(
        self,
        hall: Hall,
        protocol: ServerProtocol,
        server: Server,
        **settings: Any,
    ) -> None:
        # At DEBUG websockets logs every header, tokens included.
        protocol.debug = False
        super().__init__(protocol, server, **settings)
        self._hall = hall
        self._guest: asyncio.Transport | None = None
        self._received = b""
        self._is_refused = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the head."""
        self._guest = cast("asyncio.Transport", transport)
        self._hall.guests.add(self._guest)
        address = client_address(peer_address(self._guest.get_extra_info("peername")), (), 0)
        self._wait(self._hall.settings.head_timeout_seconds)
        if crowded_out := self._hall.waiting.enter(self, address):
            crowded_out.make_room()

    def data_received(self, data: bytes) -> None:
        """Collect the head, then pass on whatever came with it."""
        if self._guest is None:
            super().data_received(data)
            self._cut_off_who_does_not_read()
        elif not self._is_refused:
            self._received += data
            self._decide(self._guest)

    def eof_received(self) -> None:
        """Let the transport close; nobody waits for the answer to half a head."""
        if self._guest is None:
            super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection that ended before it was handed over."""
        if self._guest is None:
            super().connection_lost(exc)
        else:
            self._leave_hall(self._guest)

    @property
    def has_message(self) -> bool:
        """True if `recv` gives a message without waiting."""
        arrived = self.recv_messages.frames.queue
        return bool(arrived) and arrived[0].fin  # the rest of one in parts may be still to come

    def make_room(self) -> None:
        """Leave, for others want to come in."""
        if self._is_refused and self._guest is not None:
            self._guest.abort()  # it has its answer, and nothing can be written after the end
        elif self._guest is not None:
            self._is_refused, self._received = True, b""
            self._guest.write(_ANSWER % _CROWDED)
            # At once: those who come in crowds shall not stay.
            self._guest.close()
            self._wait(LINGER_SECONDS)

    def _cut_off_who_does_not_read(self) -> None:
        if self.transport.get_write_buffer_size() > UNREAD_BYTES:
            self.transport.abort()

    def _decide(self, guest: asyncio.Transport) -> None:
        match wish(self._received, self._hall.settings.head_limit_bytes):
            case Wish.UNKNOWN:
                pass
            case Wish.WEBSOCKET:
                self._begin(guest)
            case Wish.HTTP:
                self._hand_over(guest)
            case refused:
                self._refuse(guest, refused)

    def _begin(self, guest: asyncio.Transport) -> None:
        self._leave_hall(guest)
        self._guest = None
        super().connection_made(guest)
        super().data_received(self._received)
        self._received = b""

    def _hand_over(self, guest: asyncio.Transport) -> None:
        self._stop_waiting()
        self._hall.waiting.leave(self)
        protocol = self._hall.http(partial(self._hall.guests.discard, guest))
        guest.set_protocol(protocol)
        protocol.connection_made(guest)
        protocol.data_received(self._received)
        self._received = b""

    def _refuse(self, guest: asyncio.Transport, reason: Wish) -> None:
        self._is_refused, self._received = True, b""
        guest.write(_ANSWER % _REFUSALS[reason])
        # To close with bytes unread would reset the connection under the answer: say that no
        # more comes, and leave the closing to the peer, for a while.
        if guest.can_write_eof():
            guest.write_eof()
        else:
            guest.close()
        self._wait(LINGER_SECONDS)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        if self._guest is not None and self._received:
            self._refuse(self._guest, Wish.UNKNOWN)
        elif self._guest is not None:
            self._guest.abort()

    def _leave_hall(self, guest: asyncio.Transport) -> None:
        self._hall.guests.discard(guest)
        self._stop_waiting()
        self._hall.waiting.leave(self)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
