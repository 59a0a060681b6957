"""Every connection goes to whoever has the fewest, and to nobody who is gone."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from tests.waiting import until
from wsserver.net.entrance import WEB, Entrance
from wsserver.net.ports import bind
from wsserver.workers import doorkeeper as doorkeeper_module
from wsserver.workers.doorkeeper import Door, Doorkeeper


class Worker:
    """Whoever is handed connections: says its name to each and keeps it open."""

    def __init__(self, keeper: Doorkeeper, name: str) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.name = name.encode()
        self.door: Door = keeper.door(ours)
        self.door.is_ready = True
        self.entrance = Entrance(theirs)
        self.open: list[socket.socket] = []

    async def begin(self) -> None:
        self.entrance.open(WEB, self._take, lambda: len(self.open))
        await until(lambda: self.door.is_open)

    def stand_still(self) -> None:
        """Take nobody for now; few can be on their way."""
        self.door._channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        asyncio.get_running_loop().remove_reader(self.entrance._channel)

    def go_on(self) -> None:
        asyncio.get_running_loop().add_reader(self.entrance._channel, self.entrance._receive)

    def leave(self) -> None:
        self.entrance.close()
        for connection in self.open:
            connection.close()
        self.open.clear()

    async def _take(self, connection: socket.socket) -> None:
        self.open.append(connection)
        await asyncio.get_running_loop().sock_sendall(connection, self.name)


class Hall:
    """A port, its keeper and those who work behind it."""

    def __init__(self, keeper: Doorkeeper, port: int) -> None:
        self.keeper, self.port = keeper, port
        self.workers: list[Worker] = []
        self.callers: list[asyncio.StreamWriter] = []

    async def employ(self, name: str, *, is_ready: bool = True) -> Worker:
        worker = Worker(self.keeper, name)
        worker.door.is_ready = is_ready
        self.workers.append(worker)
        await worker.begin()
        return worker

    async def call(self) -> str:
        """Connect; give the name of whoever answers."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.callers.append(writer)
        return (await reader.readexactly(1)).decode()


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    async with _hall() as hall:
        yield hall


@asynccontextmanager
async def _hall() -> AsyncIterator[Hall]:
    (listening,) = await bind("127.0.0.1", 0)
    keeper = Doorkeeper({WEB: [listening]})
    hall = Hall(keeper, listening.getsockname()[1])
    try:
        yield hall
    finally:
        for writer in hall.callers:
            writer.close()
        for worker in hall.workers:
            worker.leave()
            worker.door.close()
        keeper.stop()


async def test_those_who_come_at_once_are_shared_out_evenly(hall: Hall) -> None:
    for name in "abcd":
        await hall.employ(name)

    answered = await asyncio.gather(*(hall.call() for _ in range(40)))

    assert {name: answered.count(name) for name in "abcd"} == dict.fromkeys("abcd", 10)


async def test_a_worker_whose_visitors_left_fills_up_first(hall: Hall) -> None:
    (a, b) = (await hall.employ("a"), await hall.employ("b"))
    for _ in range(6):
        await hall.call()
    for connection in a.open:
        connection.close()
    a.open.clear()
    await until(lambda: a.door.load == 0)

    assert [await hall.call() for _ in range(3)] == ["a"] * 3
    assert (a.door.load, b.door.load) == (3, 3)


async def test_who_comes_while_nobody_is_there_waits_for_the_next(hall: Hall) -> None:
    a = await hall.employ("a")
    await hall.call()
    a.leave()
    await until(lambda: not a.door.is_open)

    calling = asyncio.create_task(hall.call())
    reader, writer = await asyncio.open_connection("127.0.0.1", hall.port)
    hall.callers.append(writer)
    await hall.employ("b")

    assert await calling == "b"
    assert await reader.readexactly(1) == b"b"


async def test_a_worker_that_begins_is_asked_only_if_there_is_no_other(hall: Hall) -> None:
    await hall.employ("a", is_ready=False)
    alone = await hall.call()
    await hall.employ("b")

    assert alone == "a"
    assert [await hall.call() for _ in range(3)] == ["b"] * 3


async def test_a_worker_that_may_hang_is_asked_only_if_there_is_no_other(hall: Hall) -> None:
    a = await hall.employ("a")
    await hall.employ("b")
    a.door.is_silent = True

    assert [await hall.call() for _ in range(3)] == ["b"] * 3


async def test_what_one_cannot_take_goes_to_another(hall: Hall) -> None:
    a = await hall.employ("a")
    await hall.employ("b")
    a.door._channel.shutdown(socket.SHUT_WR)  # as if it had just gone

    assert [await hall.call() for _ in range(2)] == ["b"] * 2


async def test_who_comes_to_one_that_just_went_waits_for_the_next(hall: Hall) -> None:
    a = await hall.employ("a")
    a.door._channel.shutdown(socket.SHUT_WR)

    calling = asyncio.create_task(hall.call())
    await until(lambda: hall.keeper._held)
    await hall.employ("b")

    assert await calling == "b"


async def test_who_comes_while_all_are_busy_waits_and_nobody_asks_them_all_the_time(
    monkeypatch: pytest.MonkeyPatch, hall: Hall
) -> None:
    tried = []

    def hand(door: Door, *connection: Any) -> bool:
        tried.append(door)
        return really_hand(door, *connection)

    really_hand = Door.hand
    monkeypatch.setattr(Door, "hand", hand)
    busy = [await hall.employ(name) for name in "ab"]
    for worker in busy:
        worker.stand_still()

    calling = [asyncio.create_task(hall.call()) for _ in range(60)]
    await until(lambda: hall.keeper._held)
    before = len(tried)
    for _ in range(100):
        await asyncio.sleep(0)
    meanwhile = len(tried) - before
    for worker in busy:
        worker.go_on()
    answered = await asyncio.gather(*calling)

    assert before < 60
    assert meanwhile == 0
    assert {*answered} == {"a", "b"}
    assert sum(worker.door.load for worker in busy) == 60


async def test_with_too_many_on_their_way_those_who_come_wait(
    monkeypatch: pytest.MonkeyPatch, hall: Hall
) -> None:
    def send(*message: Any) -> int:
        monkeypatch.setattr(socket, "send_fds", really_send)
        raise OSError(errno.ETOOMANYREFS, "too many references: cannot splice")

    really_send = socket.send_fds
    monkeypatch.setattr(socket, "send_fds", send)
    monkeypatch.setattr(doorkeeper_module, "_REST_SECONDS", 0.05)
    await hall.employ("a")

    assert [await hall.call() for _ in range(2)] == ["a"] * 2


async def test_without_room_for_more_descriptors_those_who_come_wait(
    monkeypatch: pytest.MonkeyPatch, hall: Hall
) -> None:
    monkeypatch.setattr(doorkeeper_module, "_REST_SECONDS", 0.05)
    (real,) = hall.keeper._listening
    full = Full(real)
    hall.keeper._listening = {full: WEB}

    await hall.employ("a")

    assert await hall.call() == "a"
    assert full.tries > 1


class Full(socket.socket):
    """A listening socket that once finds no descriptor left."""

    def __init__(self, real: socket.socket) -> None:
        super().__init__(fileno=real.detach())
        self.setblocking(False)
        self.tries = 0

    def accept(self) -> tuple[socket.socket, object]:
        self.tries += 1
        if self.tries == 1:
            raise OSError(errno.EMFILE, "too many open files")
        return super().accept()


async def test_nobody_else_can_listen_where_this_one_does(hall: Hall) -> None:
    with closing(socket.socket()) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", hall.port))
