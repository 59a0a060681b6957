"""Take over connections that another process accepted, and tell it how many are open.

Knows the channel they come through; knows nothing of what is said in them.

A message from there is one byte, for the port it was, with the descriptor of the connection
(SCM_RIGHTS, unix(7)); one from here is a `Report`.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from struct import Struct
from typing import TypeAlias

logger = logging.getLogger(__name__)

WEB, WYOMING = b"h", b"w"
"""The ports, as messages name them."""

REPORT_SECONDS = 0.2
_REPORT = Struct("!II")
_MOST_AT_ONCE = 16

Take: TypeAlias = Callable[[socket.socket], Coroutine[None, None, object]]
"""Serves a connection, from its TLS handshake on; returns once somebody owns it."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a process tells of its connections."""

    taken: int
    """Since it began."""

    open: int

    def pack(self) -> bytes:
        """Give the message."""
        return _REPORT.pack(self.taken, self.open)

    @classmethod
    def unpack(cls, message: bytes) -> "Report":
        """Read the message."""
        return cls(*_REPORT.unpack(message))


class Entrance:
    """The near end of the channel, from the first `open` to `close`."""

    def __init__(self, channel: socket.socket) -> None:
        channel.setblocking(False)
        self._channel = channel
        self._takers: dict[bytes, tuple[Take, Callable[[], int]]] = {}
        self._taking: set[asyncio.Task[object]] = set()
        self._taken = 0
        self._told: Report | None = None
        self._timer: asyncio.TimerHandle | None = None

    def open(self, port: bytes, take: Take, count: Callable[[], int]) -> None:
        """Have *take* serve what comes in at *port*; *count* says how many of them are open."""
        if not self._takers:
            asyncio.get_running_loop().add_reader(self._channel, self._receive)
        self._takers[port] = (take, count)
        if self._timer is None:
            self._report()

    def close(self) -> None:
        """Take nobody in any more; whoever hands over is told by the end of the channel."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._taking:
            task.cancel()
        if self._channel.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._channel)
            self._channel.close()

    def _receive(self) -> None:
        for _ in range(_MOST_AT_ONCE):
            try:
                port, descriptors, _flags, _address = socket.recv_fds(self._channel, 1, 1)
            except (BlockingIOError, InterruptedError):
                return
            if not port:  # nobody hands over any more
                asyncio.get_running_loop().remove_reader(self._channel)
                return
            self._taken += 1
            if not descriptors:  # recv(2): there was none left to give it (MSG_CTRUNC)
                logger.error("a connection is lost: too many open files")
            for descriptor in descriptors:
                self._take(port, socket.socket(fileno=descriptor))

    def _take(self, port: bytes, connection: socket.socket) -> None:
        if port not in self._takers:
            connection.close()
            return
        connection.setblocking(False)
        task = asyncio.create_task(_attempt(self._takers[port][0], connection))
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    def _report(self) -> None:
        counts = sum(count() for _, count in self._takers.values())
        report = Report(self._taken, counts + len(self._taking))
        if report != self._told:
            try:
                self._channel.send(report.pack())
                self._told = report
            except BlockingIOError:
                pass  # whoever hands over is busy; the next one says more
            except OSError:
                return  # or gone
        self._timer = asyncio.get_running_loop().call_later(REPORT_SECONDS, self._report)


async def _attempt(take: Take, connection: socket.socket) -> None:
    try:
        await take(connection)
    except OSError as error:  # ssl.SSLError is one; so is TimeoutError
        logger.debug("a connection broke before its first byte: %s", type(error).__name__)
        connection.close()
    except BaseException:
        connection.close()
        raise
