"""A dictation goes on after its connection, its server or its client broke, word for word."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import soundfile
import soxr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.conftest import SAMPLES, Server, start_server, stop_server
from tests.end_to_end.conftest import TOKEN, Run
from tests.net.test_cursor_admission import offering
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
    Keepalive,
    Ready,
    ServerMessage,
    Start,
)
from wsserver.net.tokens import hash_token

RATE = 44_100
START = Start(sample_rate=RATE, words=True, partials=False, prompt="Notes.")
FLUSH_AT = 3 * RATE + 17
"""In the midst of the second sentence."""

NAMES = ("en-us-my-uncle-sold", "flite-slt-we-walked-along", "flite-slt-long", "en-us-we-lost-the")


@cache
def recording() -> bytes:
    parts = []
    for name in NAMES:
        samples, rate = soundfile.read(SAMPLES / f"{name}.wav", dtype="float32")
        parts += [soxr.resample(samples, rate, RATE), np.zeros(RATE, np.float32)]
    parts.append(np.zeros(6 * RATE, np.float32))
    whole = np.concatenate(parts)
    pcm: bytes = np.rint(whole * 32_767).astype("<i2").tobytes()
    return pcm


def spoken(ready: Ready) -> Iterator[ClientMessage]:
    """Say the rest from where *ready* says, with the flush if it lies ahead."""
    begin = ready.resend_from
    for end in (FLUSH_AT, len(recording()) // 2):
        if end <= ready.through:
            continue
        for at in range(begin, end, 10_000):
            yield Audio(data=recording()[2 * at : 2 * min(at + 10_000, end)])
        begin = end
        if end == FLUSH_AT:
            yield Flush(id="here")
    yield Finish()


class Peer:
    """A client that hides nothing."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, *messages: ClientMessage) -> None:
        for message in messages:
            await self.socket.send(native.write_client(message))

    async def hear(self) -> ServerMessage:
        return native.read_server(await self.socket.recv(decode=True))

    async def begin(self, start: Start) -> Ready:
        await self.say(start)
        ready = await self.hear()
        assert isinstance(ready, Ready), ready
        return ready

    async def hear_all(self) -> AsyncIterator[ServerMessage]:
        try:
            while True:
                yield await self.hear()
        except ConnectionClosed:
            return


@asynccontextmanager
async def connected(url: str, secret: str) -> AsyncIterator[Peer]:
    headers = {"Authorization": f"Bearer {secret}"}
    protocols = [Subprotocol(native.SUBPROTOCOL)]
    async with connect(url, additional_headers=headers, subprotocols=protocols) as socket:
        yield Peer(socket)


async def dictate(url: str, secret: str, start: Start) -> list[ServerMessage]:
    async with connected(url, secret) as peer:
        ready = await peer.begin(start)
        await peer.say(*spoken(ready))
        return [ready, *[message async for message in peer.hear_all()]]


def covered(said: list[ServerMessage]) -> list[Final | Ack]:
    return [m for m in said if isinstance(m, Final | Ack)]


def plain(said: list[ServerMessage]) -> list[ServerMessage]:
    """Give finals and the end, without what is another in every connection."""
    return [
        replace(m, cursor=None) if isinstance(m, Final) else m
        for m in said
        if isinstance(m, Final | Done)
    ]


async def test_any_server_with_the_key_goes_on_word_for_word(
    server: Server, tmp_path: Path
) -> None:
    whole = await dictate(server.socket_url, server.token, START)
    marks = covered(whole)
    other = start_server(tmp_path, "--model", "practice")

    resumed = {}
    for at in (0, len(marks) // 2, len(marks) - 2):
        cursor = marks[at].cursor
        assert cursor is not None
        resumed[at] = await dictate(other.socket_url, cursor, Start(resume=cursor))
    assert stop_server(other) == 0

    assert len(marks) > 7
    assert any(isinstance(m, Flushed) for m in whole)
    for at, said in resumed.items():
        assert plain(said) == plain(whole[whole.index(marks[at]) + 1 :])
        assert isinstance(said[0], Ready)
        assert (said[0].generation, said[0].through) == (2, marks[at].through)


async def test_a_server_that_was_killed_is_followed_by_one_that_goes_on(tmp_path: Path) -> None:
    first = start_server(tmp_path, WSSERVER_ENGINE__KIND="fake")
    whole = await dictate(first.socket_url, first.token, START)

    async with connected(first.socket_url, first.token) as peer:
        await peer.say(*spoken(await peer.begin(START)))
        said = [await peer.hear()]
        while len([m for m in said if isinstance(m, Final)]) < 3:
            said.append(await peer.hear())
        first.process.kill()
        first.process.communicate()
    cursor = covered(said)[-1].cursor
    assert cursor is not None
    second = start_server(tmp_path, WSSERVER_ENGINE__KIND="fake")
    said += await dictate(second.socket_url, cursor, Start(resume=cursor))

    assert stop_server(second) == 0
    assert plain(said) == plain(whole)


async def test_the_newest_connection_has_the_session(run: Run) -> None:
    async with run() as server, connected(server.socket_url, TOKEN) as old:
        ready = await old.begin(START)
        assert ready.cursor is not None

        async with connected(server.socket_url, TOKEN) as new:
            again = await new.begin(Start(resume=ready.cursor))
            told = [message async for message in old.hear_all()]
            await new.say(Flush())
            assert isinstance(await new.hear(), Ack)
            stale = await failure(server.socket_url, TOKEN, Start(resume=ready.cursor))
            await new.say(Finish())
            end = [message async for message in new.hear_all()][-1]

    assert (again.session, again.generation) == (ready.session, 2)
    assert [(m.code, m.fatal) for m in told if isinstance(m, Error)] == [("taken_over", True)]
    assert old.socket.close_code == 1008
    assert stale.code == "taken_over"
    assert isinstance(end, Done)


async def test_a_cursor_takes_the_place_of_the_connection_that_hangs(run: Run) -> None:
    async with (
        run(server={"admission": only_one()}) as server,
        connected(server.socket_url, TOKEN) as old,
    ):
        ready = await old.begin(START)
        assert ready.cursor is not None

        with pytest.raises(InvalidStatus) as refused:
            async with connected(server.socket_url, TOKEN):
                pass
        async with connected(server.socket_url, ready.cursor) as new:
            again = await new.begin(Start(resume=ready.cursor))
            told = [message async for message in old.hear_all()]

    assert refused.value.response.status_code == 429
    assert again.generation == 2
    assert [m.code for m in told if isinstance(m, Error)] == ["taken_over"]


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (Start(), "bad_cursor"),
        (Start(resume="wsc_AQ"), "bad_cursor"),
        (Start(resume="of another session"), "bad_cursor"),
        (Start(resume="its own", words=True), "bad_message"),
    ],
)
async def test_by_a_cursor_only_its_own_session_is_opened(
    run: Run, start: Start, code: str
) -> None:
    async with run() as server:
        cursors = []
        for _ in range(2):
            async with connected(server.socket_url, TOKEN) as peer:
                cursors.append(str((await peer.begin(START)).cursor))
        names = {"its own": cursors[0], "of another session": cursors[1]}
        resume = names.get(str(start.resume), start.resume)

        error = await failure(server.socket_url, cursors[0], replace(start, resume=resume))

    assert error.code == code
    assert "wsc_" not in error.message


async def test_audio_alone_opens_nothing_by_a_cursor(run: Run) -> None:
    async with run() as server:
        async with connected(server.socket_url, TOKEN) as peer:
            cursor = str((await peer.begin(START)).cursor)
        async with connected(server.socket_url, cursor) as peer:
            await peer.say(Keepalive(), Audio(data=bytes(3_200)))
            (error,) = [message async for message in peer.hear_all()]

    assert isinstance(error, Error)
    assert error.code == "bad_cursor"


async def test_a_cursor_reads_no_files(run: Run) -> None:
    async with run() as server:
        async with connected(server.socket_url, TOKEN) as peer:
            cursor = str((await peer.begin(START)).cursor)
        async with aiohttp.ClientSession() as http:
            headers = {"Authorization": f"Bearer {cursor}"}
            async with http.post(f"{server.url}stt", data=b"RIFF", headers=headers) as answer:
                status, body = answer.status, await answer.text()

    assert status == 403
    assert cursor not in body


async def test_no_log_shows_a_cursor(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "websockets.client")  # this test's own headers
    caplog.set_level(logging.DEBUG)
    async with run() as server, connected(server.socket_url, TOKEN) as old:
        cursor = str((await old.begin(START)).cursor)
        await failure(server.socket_url, cursor, Start(resume=cursor[:-8]))
        await failure(server.socket_url, cursor, Start(resume=cursor, words=True))
        async with connected(server.socket_url, cursor) as new:
            await new.begin(Start(resume=cursor))
        protocols = list(offering(cursor).subprotocols + offering(cursor).token_subprotocols)
        offered = [Subprotocol(each) for each in protocols]
        async with connect(server.socket_url, subprotocols=offered) as socket:
            assert (await Peer(socket).begin(Start(resume=cursor))).generation == 2

    assert caplog.text
    assert "wsc_" not in caplog.text
    assert offering(cursor).token_subprotocols[0] not in caplog.text


def only_one() -> dict[str, Any]:
    return {"tokens": [{"name": "tests", "hash": hash_token(TOKEN), "sessions": 1}]}


async def failure(url: str, secret: str, start: Start) -> Error:
    """Give the error that a session with *start* ends with."""
    async with connected(url, secret) as peer:
        await peer.say(start)
        said = [message async for message in peer.hear_all()]
    assert isinstance(said[-1], Error), said
    assert said[-1].fatal
    return said[-1]
