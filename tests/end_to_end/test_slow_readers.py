"""Clients that speak and read slowly, or not at all, over sockets whose other end pushes back."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.end_to_end.conftest import Run, Running
from tests.end_to_end.test_resume import Peer, covered, plain
from tests.session.spoken import Recording, record, steady
from tests.waiting import until
from wsserver.dialects import native
from wsserver.messages import Error, Final, Flush, Partial, Ready, ServerMessage, Start
from wsserver.net.outbox import MAX_WAITING

SMALL = 4096
"""Bytes that a client's system takes for it."""

PATIENT = {"socket": {"close_timeout_seconds": 30}}
HASTY = {"socket": {"close_timeout_seconds": 0.2}}


@cache
def recording() -> Recording:
    """Speak for more than a minute, with so many answers as to fill any outbox."""
    return record(Start(words=True), rounds=1, flushes=MAX_WAITING // 2)


@asynccontextmanager
async def narrow(server: Running) -> AsyncIterator[Peer]:
    """A client that takes little, and nothing while it does not read."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    small.connect(("127.0.0.1", urlsplit(server.url).port))
    headers = {"Authorization": f"Bearer {server.token}"}
    kwargs: dict[str, Any] = {"additional_headers": headers, "max_queue": 1, "compression": None}
    protocols = [Subprotocol(native.SUBPROTOCOL)]
    async with connect(server.socket_url, sock=small, subprotocols=protocols, **kwargs) as client:
        yield Peer(client)
        client.transport.abort()


async def say(peer: Peer, ready: Ready) -> None:
    await peer.say(*recording().messages(ready.resend_from, ready.through, steady(3_200)))


async def say_and_read(server: Running, start: Start) -> list[ServerMessage]:
    async with narrow(server) as peer:
        ready = await peer.begin(start)
        saying = asyncio.create_task(say(peer, ready))
        said: list[ServerMessage] = [ready, *[message async for message in peer.hear_all()]]
        await saying
    return said


async def say_all(peer: Peer, ready: Ready) -> None:
    """Say all, as far as anybody takes it."""
    with suppress(ConnectionClosed):
        await say(peer, ready)


def waiting(server: Running) -> int:
    (conversation,) = server.app._dictations._open
    return len(conversation.outbox)


async def test_who_does_not_read_gets_the_latest_partial_only(run: Run) -> None:
    async with run(server=PATIENT) as server, narrow(server) as peer:
        ready = await peer.begin(recording().start)
        saying = asyncio.create_task(say_all(peer, ready))
        await until(lambda: waiting(server) >= MAX_WAITING // 2)
        said = [await peer.hear() for _ in range(MAX_WAITING // 2)]
        saying.cancel()
        await asyncio.wait([saying])

    unread = said[-MAX_WAITING // 4 :]
    assert sum(isinstance(message, Partial) for message in unread) <= 1
    assert sum(isinstance(message, Final) for message in unread) > 10


async def test_who_leaves_too_much_unread_and_reads_then_is_told_and_resumes_word_for_word(
    run: Run,
) -> None:
    async with run(server=PATIENT) as server:
        peace = await say_and_read(server, recording().start)
        async with narrow(server) as peer:
            ready = await peer.begin(recording().start)
            saying = asyncio.create_task(say_all(peer, ready))
            await until(lambda: waiting(server) > MAX_WAITING)  # with the error behind it
            said = [message async for message in peer.hear_all()]
            await saying
        resumed = await say_and_read(server, Start(resume=covered(said)[-1].cursor))

    assert isinstance(said[-1], Error)
    assert (said[-1].code, peer.socket.close_code) == ("overloaded", 1013)
    assert len(covered(said)) > 100
    assert plain(said) + plain(resumed) == plain(peace)


async def test_who_never_reads_is_cut_off_and_resumes_word_for_word(run: Run) -> None:
    async with run(server=HASTY) as server:
        peace = await say_and_read(server, recording().start)
        async with narrow(server) as peer:
            ready = await peer.begin(recording().start)
            saying = asyncio.create_task(say_all(peer, ready))
            said = [await peer.hear() for _ in range(50)]
            await until(lambda: not server.app.open_dictations)
            await saying
        resumed = await say_and_read(server, Start(resume=covered(said)[-1].cursor))

    assert plain(said)
    assert plain(said) + plain(resumed) == plain(peace)


async def test_who_takes_nothing_any_more_is_cut_off_in_an_open_session_too(run: Run) -> None:
    pings = {"ping_interval_seconds": 0.1, "ping_timeout_seconds": 0.5}
    async with run(server={"socket": HASTY["socket"] | pings}) as server, narrow(server) as peer:
        await peer.begin(Start())
        with suppress(ConnectionClosed):  # on a busy machine already
            while server.app.open_dictations and waiting(server) < 10:
                await peer.say(Flush(id="x" * 200))

        await until(lambda: not server.app.open_dictations)
