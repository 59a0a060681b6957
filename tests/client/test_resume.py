"""A session that outlives its connections, against a server that follows a script."""

import asyncio
import http
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeAlias

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from wsserver.client import (
    NEVER,
    ConnectionLost,
    Dictation,
    Reconnect,
    Refused,
    SessionFailed,
    connect,
)
from wsserver.dialects import native
from wsserver.messages import (
    Ack,
    Audio,
    ClientMessage,
    Done,
    Error,
    Final,
    Finish,
    Flush,
    Flushed,
    Limits,
    Ready,
    ServerMessage,
    Start,
)

TOKEN = "correct-horse"
SOON = Reconnect(first_seconds=0.001, longest_seconds=0.001)
READY = Ready(
    session="s1",
    model="fake",
    practice=False,
    languages=("en",),
    encodings=("s16le",),
    sample_rates=(8000, 48000),
    limits=Limits(frame_bytes=1000, idle_seconds=60.0, session_seconds=3600.0),
    cursor="wsc_0",
)
DONE = Done(duration=1.0, utterances=1)


def resumed(generation: int, cursor: str, through: int) -> Ready:
    return replace(
        READY, generation=generation, cursor=cursor, through=through, resend_from=through
    )


def ack(through: int, cursor: str) -> Ack:
    return Ack(through=through, resend_from=through, cursor=cursor)


class Peer:
    """The server's end of one connection."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.credential = socket.request.headers["Authorization"] if socket.request else ""
        self.received: list[ClientMessage] = []

    async def receive(self, last: type[ClientMessage]) -> None:
        """Take messages up to one of a type."""
        while not (self.received and isinstance(self.received[-1], last)):
            self.received.append(native.read_client(await self.socket.recv()))

    async def send(self, *messages: ServerMessage) -> None:
        for message in messages:
            await self.socket.send(native.write_server(message))

    async def break_off(self) -> None:
        self.socket.transport.abort()
        await self.socket.wait_closed()


Script: TypeAlias = Callable[[Peer], Awaitable[None]]


class Server:
    """One script for each connection that comes."""

    url = ""

    def __init__(self, *scripts: Script | Response) -> None:
        self.peers: list[Peer] = []
        self._scripts = iter(scripts)

    def admit(self, _: ServerConnection, __: Request) -> Response | None:
        self._script = next(self._scripts, _gone)
        return self._script if isinstance(self._script, Response) else None

    async def run(self, socket: ServerConnection) -> None:
        self.peers.append(Peer(socket))
        assert not isinstance(self._script, Response)
        try:
            await self._script(self.peers[-1])
        except ConnectionClosed:
            return


async def _gone(peer: Peer) -> None:
    await peer.break_off()


@asynccontextmanager
async def running(*scripts: Script | Response) -> AsyncIterator[Server]:
    server = Server(*scripts)
    protocols = [Subprotocol(native.SUBPROTOCOL)]
    async with serve(
        server.run, "127.0.0.1", 0, subprotocols=protocols, process_request=server.admit
    ) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        server.url = f"ws://localhost:{port}/"
        yield server


def breaking_after(*answers: ServerMessage, last: type[ClientMessage] = Audio) -> Script:
    """Answer once a message of the type *last* has come, then break off."""

    async def script(peer: Peer) -> None:
        await peer.receive(Start)
        await peer.send(READY)
        await peer.receive(last)
        await peer.send(*answers)
        await peer.break_off()

    return script


def finishing(ready: Ready, *answers: ServerMessage) -> Script:
    """Take all that comes up to `finish`, then answer."""

    async def script(peer: Peer) -> None:
        await peer.receive(Start)
        await peer.send(ready)
        await peer.receive(Finish)
        await peer.send(*answers, DONE)

    return script


def final(text: str, through: int = 0, cursor: str | None = None) -> Final:
    return Final(
        utterance=1,
        text=text,
        start=0.0,
        end=1.0,
        through=through,
        resend_from=through,
        cursor=cursor,
    )


async def read(dictation: Dictation) -> list[ServerMessage]:
    return [message async for message in dictation]


async def test_what_was_not_final_is_sent_again_and_the_session_goes_on() -> None:
    again = resumed(2, "wsc_2", 1)
    scripts = breaking_after(ack(1, "wsc_1")), finishing(again, final("bb", 2, "wsc_3"))

    async with running(*scripts) as server, connect(server.url, TOKEN, reconnect=SOON) as dictation:
        await dictation.send(b"aabb")
        assert await anext(dictation) == ack(1, "wsc_1")
        assert await anext(dictation) == again
        await dictation.send(b"cc")
        await dictation.finish()
        heard = await read(dictation)

    assert heard == [final("bb", 2, "wsc_3"), DONE]
    assert server.peers[1].received == [
        Start(resume="wsc_1"),
        Audio(data=b"bb"),
        Audio(data=b"cc"),
        Finish(),
    ]
    assert dictation.ready == again


async def test_the_cursor_is_the_credential_of_the_second_connection() -> None:
    scripts = breaking_after(), finishing(resumed(2, "wsc_2", 0))

    async with running(*scripts) as server, connect(server.url, TOKEN, reconnect=SOON) as dictation:
        await dictation.send(b"aa")
        await dictation.finish()
        await read(dictation)

    assert [p.credential for p in server.peers] == [f"Bearer {TOKEN}", "Bearer wsc_0"]


async def test_where_a_cursor_is_no_credential_the_token_is_presented() -> None:
    refusal = Response(403, "Forbidden", websocket_headers(), b"")
    scripts = breaking_after(), refusal, finishing(resumed(2, "wsc_2", 0))

    async with running(*scripts) as server, connect(server.url, TOKEN, reconnect=SOON) as dictation:
        await dictation.send(b"aa")
        await dictation.finish()
        assert (await read(dictation))[-1] == DONE

    assert [p.credential for p in server.peers] == [f"Bearer {TOKEN}"] * 2


async def test_a_finish_and_an_unanswered_flush_are_sent_again() -> None:
    scripts = (
        breaking_after(Flushed(id="one"), last=Finish),
        finishing(resumed(2, "wsc_2", 0), Flushed(id="two")),
    )

    async with running(*scripts) as server, connect(server.url, TOKEN, reconnect=SOON) as dictation:
        await dictation.flush("one")
        await dictation.send(b"aa")
        await dictation.flush("two")
        await dictation.finish()
        heard = await read(dictation)

    assert heard == [Flushed(id="one"), resumed(2, "wsc_2", 0), Flushed(id="two"), DONE]
    assert server.peers[1].received[1:] == [Audio(data=b"aa"), Flush(id="two"), Finish()]


async def test_a_server_that_is_full_for_a_while_is_waited_for() -> None:
    busy = Response(503, "Service Unavailable", websocket_headers(), b"")
    scripts = breaking_after(), busy, _gone, busy, finishing(resumed(2, "wsc_2", 0), final("aa"))

    async with running(*scripts) as server, connect(server.url, TOKEN, reconnect=SOON) as dictation:
        await dictation.send(b"aa")
        await dictation.finish()
        heard = await read(dictation)

    assert heard[1:] == [final("aa"), DONE]


async def test_what_is_said_while_there_is_no_connection_is_kept() -> None:
    may_come_back = asyncio.Event()

    async def coming_back(peer: Peer) -> None:
        await peer.receive(Start)
        await may_come_back.wait()
        await peer.send(resumed(2, "wsc_2", 0))
        await peer.receive(Finish)
        await peer.send(DONE)

    async with (
        running(breaking_after(), coming_back) as server,
        connect(server.url, TOKEN, reconnect=SOON) as dictation,
    ):
        await dictation.send(b"aa")
        while len(server.peers) < 2:
            await asyncio.sleep(0)
        for _ in range(100):
            await dictation.send(b"bb")
        may_come_back.set()
        await dictation.finish()
        await read(dictation)

    heard = [m.data for m in server.peers[1].received if isinstance(m, Audio)]
    assert b"".join(heard) == b"aa" + b"bb" * 100


@pytest.mark.parametrize("code", ["engine_lost", "shutting_down", "server_error"])
async def test_after_a_fault_of_the_server_the_session_goes_on(code: str) -> None:
    told = Error(code=code, message="sorry", fatal=True)
    scripts = breaking_after(told), finishing(resumed(2, "wsc_2", 0), final("aa"))

    async with running(*scripts) as server, connect(server.url, TOKEN, reconnect=SOON) as dictation:
        await dictation.send(b"aa")
        await dictation.finish()

        assert (await read(dictation))[1:] == [final("aa"), DONE]


@pytest.mark.parametrize("code", ["taken_over", "bad_audio", "bad_cursor"])
async def test_other_errors_end_the_session_and_leave_what_is_not_final(code: str) -> None:
    told = Error(code=code, message="no more", fatal=True)

    async with (
        running(breaking_after(ack(1, "wsc_1"), told)) as server,
        connect(server.url, TOKEN, reconnect=SOON) as dictation,
    ):
        await dictation.send(b"aabb")
        with pytest.raises(SessionFailed) as failed:
            await read(dictation)

    assert failed.value.code == code
    assert dictation.unfinished == b"bb"
    assert len(server.peers) == 1


async def test_a_server_that_fails_again_and_again_is_believed() -> None:
    told = Error(code="engine_error", message="utterance 1 could not be recognized", fatal=True)

    async def failing(peer: Peer) -> None:
        await peer.receive(Start)
        await peer.send(resumed(2, "wsc_2", 0))
        await peer.receive(Audio)
        await peer.send(told)

    async with (
        running(breaking_after(told), *[failing] * 9) as server,
        connect(server.url, TOKEN, reconnect=SOON) as dictation,
    ):
        await dictation.send(b"aa")
        with pytest.raises(SessionFailed, match="utterance 1"):
            await read(dictation)

    assert len(server.peers) == 4


async def test_a_refusal_for_good_ends_the_session() -> None:
    refusals = [Response(403, "Forbidden", websocket_headers(), b"")] * 2

    async with (
        running(breaking_after(), *refusals) as server,
        connect(server.url, TOKEN, reconnect=SOON) as dictation,
    ):
        await dictation.send(b"aa")
        with pytest.raises(Refused) as refused:
            await read(dictation)

    assert refused.value.status == http.HTTPStatus.FORBIDDEN


async def test_a_break_that_lasts_is_told_in_the_end() -> None:
    impatient = replace(SOON, give_up_seconds=0.05)

    async with (
        running(breaking_after()) as server,
        connect(server.url, TOKEN, reconnect=impatient) as dictation,
    ):
        await dictation.send(b"aa")
        with pytest.raises(ConnectionLost):
            await read(dictation)
        with pytest.raises(ConnectionLost):
            await dictation.send(b"bb")

    assert dictation.unfinished == b"aa"


async def test_who_wants_to_see_every_break_does() -> None:
    async with (
        running(breaking_after()) as server,
        connect(server.url, TOKEN, reconnect=NEVER) as dictation,
    ):
        await dictation.send(b"aa")
        with pytest.raises(ConnectionLost):
            await read(dictation)

    assert len(server.peers) == 1


async def test_leaving_during_a_break_ends_the_attempts() -> None:
    slowly = Reconnect(first_seconds=1000.0, longest_seconds=1000.0, give_up_seconds=10_000.0)

    async with (
        running(breaking_after(ack(1, "wsc_1"))) as server,
        connect(server.url, TOKEN, reconnect=slowly) as dictation,
    ):
        await dictation.send(b"aa")
        await anext(dictation)

    assert len(server.peers) == 1


def websocket_headers() -> Headers:
    return Headers({"Content-Length": "0", "Connection": "close"})
