"""Clients that read, read slowly, or do not read, over real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from wsserver.net.delivery import Delivery

FRAME = "x" * 10_000
SOON, NEVER = 0.1, 600.0


class Ends:
    """Both ends of one connection."""

    def __init__(self, client: ClientConnection, server: ServerConnection) -> None:
        self.client, self.server = client, server

    def delivery(self, patience_seconds: float | None, last_seconds: float) -> Delivery:
        return Delivery(self.server, patience_seconds, last_seconds)


@asynccontextmanager
async def joined() -> AsyncIterator[Ends]:
    """Join a client with little room to a server that is as patient as can be."""
    arrived: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def stay(connection: ServerConnection) -> None:
        arrived.put_nowait(connection)
        await connection.wait_closed()

    server = await serve(stay, "127.0.0.1", 0, compression=None, ping_interval=None)
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect(next(iter(server.sockets)).getsockname())
    async with connect("ws://127.0.0.1", sock=small, compression=None, max_queue=1) as client:
        connection = await arrived.get()
        connection.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, 4096
        )
        connection.close_timeout = NEVER
        yield Ends(client, connection)
        client.transport.abort()
    server.close()
    await server.wait_closed()


async def fill(delivery: Delivery) -> None:
    while True:
        await delivery.send(FRAME)


async def test_who_reads_gets_everything_and_the_close() -> None:
    async with joined() as ends:
        delivery = ends.delivery(NEVER, NEVER)
        reading = asyncio.create_task(read(ends.client))
        for _ in range(100):
            await delivery.send(FRAME)
        await delivery.close(1013, "overloaded")

        assert await reading == 100
        assert ends.client.close_code == 1013


async def read(client: ClientConnection) -> int:
    count = 0
    with suppress(ConnectionClosed):
        while await client.recv():
            count += 1
    return count


async def test_who_takes_nothing_is_cut_off_once_patience_is_over() -> None:
    async with joined() as ends:
        with pytest.raises(ConnectionClosed):
            await fill(ends.delivery(SOON, NEVER))


async def test_with_the_end_waiting_patience_is_short_for_what_is_under_way() -> None:
    async with joined() as ends:
        delivery = ends.delivery(NEVER, SOON)
        filling = asyncio.create_task(fill(delivery))
        while not ends.server.paused:
            await asyncio.sleep(0)

        delivery.hurry()

        with pytest.raises(ConnectionClosed):
            await filling


async def test_with_the_end_waiting_patience_is_short_for_what_follows() -> None:
    async with joined() as ends:
        delivery = ends.delivery(None, SOON)

        delivery.hurry()

        with pytest.raises(ConnectionClosed):
            await fill(delivery)


async def test_a_close_that_nobody_takes_is_forced() -> None:
    async with joined() as ends:
        while not ends.server.paused:
            ends.server.transport.write(bytes(65_536))

        await ends.delivery(NEVER, SOON).close(1013, "overloaded")

        assert ends.server.transport.is_closing()
