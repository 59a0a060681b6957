"""What another process accepts is served like what is accepted here."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.net.doorway import SETTINGS, Doorway, Setup, open_doorway
from wsserver.net.entrance import WEB, WYOMING, Entrance, Report
from wsserver.net.ports import bind
from wsserver.net.settings import NetSettings, TlsSettings
from wsserver.net.tls import keep_certificate


@dataclass
class Elsewhere:
    """What another process would have: the port, and the far end of the channel."""

    listening: socket.socket
    channel: socket.socket
    handed: int = 0

    @property
    def port(self) -> int:
        number: int = self.listening.getsockname()[1]
        return number

    def accept(self) -> None:
        connection, _ = self.listening.accept()
        with connection:
            self.hand(WEB, connection)

    def hand(self, port: bytes, connection: socket.socket) -> None:
        socket.send_fds(self.channel, [port], [connection.fileno()])
        self.handed += 1

    async def told(self, report: Report) -> None:
        """Wait until that is told."""
        async with asyncio.timeout(20):
            while Report.unpack(await self._message()) != report:
                pass

    async def _message(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.channel, 64)


@asynccontextmanager
async def elsewhere() -> AsyncIterator[tuple[Elsewhere, Entrance]]:
    (listening,) = await bind("127.0.0.1", 0)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    loop = asyncio.get_running_loop()
    with closing(listening), closing(ours):
        there = Elsewhere(listening, ours)
        loop.add_reader(listening, there.accept)
        try:
            yield there, Entrance(theirs)
        finally:
            loop.remove_reader(listening)


@asynccontextmanager
async def handed(settings: NetSettings) -> AsyncIterator[tuple[Doorway, Elsewhere]]:
    async with elsewhere() as (there, entrance):
        at = replace(settings, port=there.port)
        async with open_doorway(Setup(settings=at, entrance=entrance)) as doorway:
            yield doorway, there


@pytest.mark.parametrize("is_secret", [False, True])
async def test_both_sides_of_the_door_serve_what_is_handed_over(
    tmp_path: Path, is_secret: bool
) -> None:
    tls = keep_certificate(TlsSettings(mode="self" if is_secret else "off"), tmp_path)

    async with handed(replace(SETTINGS, tls=tls)) as (doorway, there):
        async with doorway.browser() as browser, browser.get("/ping") as answer:
            status = answer.status
        async with doorway.connect() as connection:
            await connection.send("hello")
            echoed = await connection.recv()

    assert (status, echoed) == (200, "hello")
    assert doorway.url.startswith("https" if is_secret else "http:")
    assert there.handed == 2


async def test_a_connection_keeps_its_peer_and_its_limits() -> None:
    async with handed(SETTINGS) as (doorway, _), doorway.connect() as connection:
        address = connection.local_address
        (task,) = doorway.listener._leases
        (served,) = doorway.listener._server.all_connections
        peer, max_queue = served.remote_address, served.max_queue_high

        assert task
    assert peer == address
    assert max_queue == SETTINGS.socket.receive_queue_frames


async def test_how_many_are_taken_and_open_is_told() -> None:
    async with handed(SETTINGS) as (doorway, there):
        await there.told(Report(0, 0))
        async with doorway.connect():
            await there.told(Report(1, 1))
        await there.told(Report(1, 0))


async def test_what_is_lost_for_want_of_a_descriptor_is_logged_and_counts_as_taken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with handed(SETTINGS) as (_, there):
        there.channel.send(WEB)  # which is what comes of it then
        await there.told(Report(1, 0))

    assert "a connection is lost" in caplog.text


async def test_what_breaks_before_its_first_byte_harms_nobody(tmp_path: Path) -> None:
    tls = keep_certificate(TlsSettings(mode="self"), tmp_path)

    async with handed(replace(SETTINGS, tls=tls)) as (doorway, there):
        async with doorway.raw(plain=True) as stranger:
            await stranger.send(b"GET / HTTP/1.1\r\n\r\n")
            await stranger.read_all()
        async with doorway.connect() as connection:
            await connection.send("hello")
            echoed = await connection.recv()
        await there.told(Report(2, 0))

    assert echoed == "hello"


async def test_a_connection_for_a_port_that_nobody_serves_is_closed() -> None:
    async with handed(SETTINGS) as (_, there):
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with closing(ours):
            with closing(theirs):
                there.hand(WYOMING, theirs)
            end = await asyncio.get_running_loop().sock_recv(ours, 1)

    assert end == b""
