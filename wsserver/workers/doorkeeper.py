"""Accept connections for all workers, and hand each to the one that has the fewest.

Knows listening sockets and the workers' channels; knows nothing of what connections carry.

Why not let the workers accept, on one socket or on one each (SO_REUSEPORT)?  Of 200 connections at
once four processes on one socket took 3, 46, 65 and 86: whoever is awake takes them all, and a
dictation stays for hours where it came in.  Sockets of their own share out by chance; but of 40
that waited 15 were reset when one of two processes died, and a second server on the same port goes
unnoticed.  Here what waits is whoever's is alive, and a worker that comes back fills up first.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Iterable, Mapping

from wsserver.net.entrance import Report

logger = logging.getLogger(__name__)

_MOST_AT_ONCE = 64
_SHORT_OF = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ETOOMANYREFS}
"""What accepting or handing over may lack, the last for all descriptors on their way (unix(7))."""

_REST_SECONDS = 1.0
_REPORT_BYTES = 64


class Door:
    """One worker's connections, as they are known outside."""

    def __init__(self, channel: socket.socket, keeper: "Doorkeeper") -> None:
        channel.setblocking(False)
        self.is_ready = False
        """Whether it is through with its beginning; before, others are asked first."""

        self.is_silent = False
        """Whether it leaves a question without an answer; meanwhile others are asked first."""

        self._channel = channel
        self._keeper = keeper
        self._is_full = False
        self._handed = 0
        self._report: Report | None = None
        asyncio.get_running_loop().add_reader(channel, self._read)

    @property
    def is_open(self) -> bool:
        """Tell whether the worker takes connections, and there is room for one on its way."""
        return self._report is not None and not self._is_full

    @property
    def load(self) -> int:
        """Count the connections that it has, with those on their way."""
        return self._report.open + self._handed - self._report.taken if self._report else 0

    def hand(self, port: bytes, connection: socket.socket) -> bool:
        """Give *connection*, which came in at *port*, to the worker; say whether that went well.

        If not, the door is open no more, or the machine is short of something, which is raised.
        """
        try:
            socket.send_fds(self._channel, [port], [connection.fileno()])
        except BlockingIOError:
            logger.warning("a worker is slow to take who comes; others have to, or all wait")
            self._is_full = True
            asyncio.get_running_loop().add_writer(self._channel, self._make_room)
        except OSError as error:
            if error.errno in _SHORT_OF:
                raise
            self.close()  # the worker is gone
        else:
            self._handed += 1
            return True
        return False

    def close(self) -> None:
        """Hand over nothing more."""
        self._report = None
        if self._channel.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._channel)
            asyncio.get_running_loop().remove_writer(self._channel)
            self._channel.close()

    def _make_room(self) -> None:
        asyncio.get_running_loop().remove_writer(self._channel)
        self._is_full = False
        self._keeper.look()

    def _read(self) -> None:
        try:
            message = self._channel.recv(_REPORT_BYTES)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if message:
            self._report = Report.unpack(message)
        else:
            self.close()
        self._keeper.look()


class Doorkeeper:
    """All ports and all workers' doors."""

    def __init__(self, ports: Mapping[bytes, Iterable[socket.socket]]) -> None:
        """Accept at *ports*, by the names that workers know them by, while any door is open."""
        self._listening = {each: name for name, sockets in ports.items() for each in sockets}
        self._doors: list[Door] = []
        self._held: tuple[bytes, socket.socket] | None = None
        self._is_accepting = False
        self._rest: asyncio.TimerHandle | None = None

    def door(self, channel: socket.socket) -> Door:
        """Hand connections through *channel* too, once its worker wants them."""
        door = Door(channel, self)
        self._doors.append(door)
        return door

    def remove(self, door: Door) -> None:
        """Hand nothing more to a worker that is gone."""
        door.close()
        self._doors.remove(door)
        self.look()

    def stop(self) -> None:
        """Close the ports."""
        if self._rest:
            self._rest.cancel()
        self._set_accepting(False)
        for listening in self._listening:
            listening.close()
        self._listening.clear()
        if self._held:
            self._held[1].close()
            self._held = None

    def look(self) -> None:
        """Hand over whoever is held, and accept more if there is somebody to hand over to.

        Nobody is held while another could be accepted: those who come wait in the system's queue.
        """
        if self._held and self._rest is None:
            self._hand(*self._held)
        is_free = self._held is None and self._rest is None
        self._set_accepting(is_free and any(door.is_open for door in self._doors))

    def _set_accepting(self, wanted: bool) -> None:
        if wanted == self._is_accepting:
            return
        self._is_accepting = wanted
        loop = asyncio.get_running_loop()
        for listening in self._listening:
            if wanted:
                loop.add_reader(listening, self._accept, listening)
            else:
                loop.remove_reader(listening)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_MOST_AT_ONCE):
            if not self._is_accepting:
                return
            try:
                connection, _address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _SHORT_OF:
                    raise
                self._begin_rest(error)
                return
            self._held = (self._listening[listening], connection)
            self.look()

    def _hand(self, port: bytes, connection: socket.socket) -> None:
        doors = (door for door in self._doors if door.is_open)
        for door in sorted(doors, key=lambda door: (door.is_silent, not door.is_ready, door.load)):
            try:
                is_handed = door.hand(port, connection)
            except OSError as error:
                self._begin_rest(error)
                return
            if is_handed:
                # Among equals whoever waited longest is the next.
                self._doors.remove(door)
                self._doors.append(door)
                self._held = None
                connection.close()
                return

    def _begin_rest(self, error: OSError) -> None:
        logger.error("nobody is accepted for a while: %s", error.strerror)
        self._rest = asyncio.get_running_loop().call_later(_REST_SECONDS, self._end_rest)
        self.look()

    def _end_rest(self) -> None:
        self._rest = None
        self.look()
