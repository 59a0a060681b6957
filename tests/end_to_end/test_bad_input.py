"""Bad input, by name: what comes back, and that a second session beside it is untouched."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.conftest import read_pcm
from tests.end_to_end.conftest import Run, Running
from tests.waiting import until
from wsserver import client
from wsserver.messages import Final, Ready, ServerMessage, Start
from wsserver.net.inflow import SLICE_BYTES
from wsserver.net.tokens import hash_token
from wsserver.self_check import SAMPLE

_, SPEECH = read_pcm(SAMPLE)
HALF = len(SPEECH) // 4 * 2
HEARD = "w0 w1 w2 w3 w4 w5 w6"
START = json.dumps({"type": "start"})
FLUSH = json.dumps({"type": "flush"})
FINISH = json.dumps({"type": "finish"})


@asynccontextmanager
async def stranger(server: Running) -> AsyncIterator[ClientConnection]:
    """A client that keeps no rules."""
    headers = {"Authorization": f"Bearer {server.token}"}
    async with connect(server.socket_url, additional_headers=headers) as socket:
        yield socket


@asynccontextmanager
async def bystander(server: Running) -> AsyncIterator[None]:
    """A well-behaved session that is open all the while and must not notice anything."""
    async with client.connect(server.socket_url, server.token) as dictation:
        await dictation.send(SPEECH[:HALF])
        yield
        await dictation.send(SPEECH[HALF:])
        await dictation.finish()
        finals = [message async for message in dictation if isinstance(message, Final)]
    assert [final.text for final in finals] == [HEARD]


async def say_twice(dictation: client.Dictation, said: list[ServerMessage]) -> None:
    async with dictation.feeding([SPEECH, SPEECH]):
        async for message in dictation:
            said.append(message)  # noqa: PERF401 - what came before the fault counts


async def outcome(socket: ClientConnection) -> tuple[list[dict[str, object]], int | None]:
    """Read to the end; give all that was said and the close code."""
    said = []
    try:
        async with asyncio.timeout(30):
            while True:
                said.append(json.loads(await socket.recv()))
    except ConnectionClosed as closed:
        return said, closed.rcvd.code if closed.rcvd else None


f32le = json.dumps({"type": "start", "encoding": "f32le"})


@pytest.mark.parametrize(
    ("frames", "code", "close_code", "message"),
    [
        (["nonsense"], "bad_message", 1008, "expected a JSON object, found text that is no JSON"),
        (["[]"], "bad_message", 1008, "expected a JSON object, found another JSON value"),
        (['"start"'], "bad_message", 1008, "expected a JSON object, found another JSON value"),
        (["{}"], "bad_message", 1008, "expected a field 'type', found none"),
        (['{"type":"sing"}'], "bad_message", 1008, "unknown type 'sing'"),
        (['{"type":"start","rate":8000}'], "bad_message", 1008, "unknown field 'start.rate'"),
        ([START, START], "bad_order", 1008, "found a second 'start'"),
        ([b"x"], "bad_audio", 1007, "found 1 bytes, expected a multiple of 2"),
        ([START, b"xyz"], "bad_audio", 1007, "found 3 bytes, expected a multiple of 2"),
        ([bytes(2 * SLICE_BYTES + 1)], "bad_audio", 1007, "expected a multiple of 2"),
        ([bytes(2 << 20)], "too_large", 1009, "found a frame of 2097152 bytes"),
        (["x" * (2 << 20)], "too_large", 1009, "found a frame of 2097152 bytes"),
        (['{"type":"start","encoding":"mp3"}'], "unsupported_format", 1003, "encoding 'mp3'"),
        (['{"type":"start","sample_rate":96000}'], "unsupported_format", 1003, "rate 96000"),
        (['{"type":"start","channels":7}'], "unsupported_format", 1003, "found 7 channels"),
        (['{"type":"start","language":"tlh"}'], "unsupported_format", 1003, "language 'tlh'"),
    ],
)
async def test_a_fault_gets_an_error_and_its_close_code(
    run: Run, frames: list[str | bytes], code: str, close_code: int, message: str
) -> None:
    async with run() as server, bystander(server), stranger(server) as socket:
        for frame in frames:
            await socket.send(frame)
        said, closed = await outcome(socket)

        assert (said[-1]["type"], said[-1]["code"], closed) == ("error", code, close_code)
        assert message in str(said[-1]["message"])
        assert said[-1]["fatal"] is True


async def test_audio_after_finish_is_refused_and_what_was_said_is_final(run: Run) -> None:
    slow = {"script": {"delay_s": 0.3}}
    async with run(engine=slow) as server, bystander(server), stranger(server) as socket:
        for frame in (SPEECH, FINISH, SPEECH):
            await socket.send(frame)
        said, closed = await outcome(socket)

        assert [m["type"] for m in said if m["type"] in ("final", "error", "done")] == [
            "final",
            "error",
        ]
        assert (said[-1]["code"], closed) == ("bad_order", 1008)


async def test_a_frame_far_above_the_limit_is_not_even_read(run: Run) -> None:
    async with run() as server, bystander(server):
        headers = {"Authorization": f"Bearer {server.token}"}
        socket = await connect(server.socket_url, additional_headers=headers)
        with suppress(ConnectionClosed):
            await socket.send(bytes(5 << 20))

        assert (await outcome(socket))[1] in (1009, None)  # None: reset before it was read


async def test_what_was_said_before_a_fault_becomes_final(run: Run) -> None:
    async with run() as server, bystander(server), stranger(server) as socket:
        for frame in (START, SPEECH, b"x"):
            await socket.send(frame)
        said, _ = await outcome(socket)

        assert [m["type"] for m in said if m["type"] in ("final", "error")] == ["final", "error"]


@pytest.mark.parametrize(
    ("start", "audio", "warned"),
    [
        (START, b"", False),
        (f32le, np.full(16_000, np.nan, "<f4").tobytes(), True),
        (f32le, np.full(16_000, np.inf, "<f4").tobytes(), True),
        (START, np.tile(np.array([32767, -32768], "<i2"), 8_000).tobytes(), False),
        (START, np.full(16_000, 20_000, "<i2").tobytes(), False),
    ],
    ids=["empty frame", "not a number", "infinite", "clipped", "direct current"],
)
async def test_odd_audio_is_taken(run: Run, start: str, audio: bytes, warned: bool) -> None:
    async with run() as server, bystander(server), stranger(server) as socket:
        for frame in (start, audio, audio, FINISH):
            await socket.send(frame)
        said, closed = await outcome(socket)

        assert (said[-1]["type"], closed) == ("done", 1000)
        assert [m["code"] for m in said if m["type"] == "warning"] == (
            ["non_finite_audio"] if warned else []
        )


async def test_a_client_that_never_sends_is_shown_out(run: Run) -> None:
    limits = {"idle_seconds": 0.3}
    async with run(sessions=limits) as server, stranger(server) as socket:
        said, closed = await outcome(socket)

        assert (said[-1]["code"], closed) == ("limit_reached", 1008)
        assert "found nothing for 0.3 s" in str(said[-1]["message"])


async def test_a_keepalive_keeps_an_idle_session(run: Run) -> None:
    async with run(sessions={"idle_seconds": 2.0}) as server, stranger(server) as socket:
        for _ in range(9):
            await asyncio.sleep(0.25)
            await socket.send('{"type":"keepalive"}')
        await socket.send(FINISH)
        said, closed = await outcome(socket)

        assert (said[-1]["type"], closed) == ("done", 1000)


async def test_a_session_that_lasts_too_long_is_made_final_and_ended(run: Run) -> None:
    async with run(sessions={"longest_seconds": 1.5}) as server, stranger(server) as socket:
        await socket.send(SPEECH)
        said, closed = await outcome(socket)

        assert [m["type"] for m in said if m["type"] in ("final", "error")] == ["final", "error"]
        assert (said[-1]["code"], closed) == ("limit_reached", 1008)


async def test_a_client_that_vanishes_in_mid_word_leaves_nothing_behind(run: Run) -> None:
    async with run() as server, bystander(server):
        async with stranger(server) as socket:
            await socket.send(SPEECH)
            await socket.recv()
            socket.transport.abort()
        await until(lambda: server.app.open_dictations <= 1)


async def test_a_client_that_never_reads_is_let_go_and_costs_nobody_anything(run: Run) -> None:
    pings = {"ping_interval_seconds": 0.2, "ping_timeout_seconds": 1, "close_timeout_seconds": 0.5}
    async with run(server={"socket": pings}) as server, stranger(server) as socket:
        socket.transport.pause_reading()
        await socket.send(START)
        async with bystander(server):
            await until(lambda: server.app.open_dictations <= 1)
        socket.transport.abort()


async def test_the_audio_of_a_day_ends_a_session_that_uses_it_up(run: Run) -> None:
    poor = {"name": "poor", "hash": hash_token("poor-token"), "audio_seconds_per_day": 4}
    rich = {"name": "tests", "hash": hash_token("a-token-for-tests")}
    async with run(server={"admission": {"tokens": [poor, rich]}}) as server, bystander(server):
        async with client.connect(server.socket_url, "poor-token", Start()) as dictation:
            said: list[ServerMessage] = []
            with pytest.raises(client.SessionFailed, match="limit_reached"):
                await say_twice(dictation, said)
        assert len([m for m in said if isinstance(m, Final)]) >= 1
        assert (await refusal(server, "poor-token")).status == 429


async def refusal(server: Running, secret: str) -> client.Refused:
    """Come until it is refused: other gateways are told within a second what was used up."""
    while True:
        try:
            async with client.connect(server.socket_url, secret):
                pass
        except client.Refused as refused:
            return refused


async def test_a_session_that_ends_while_its_client_sends_on_tells_it(run: Run) -> None:
    short, patience = {"longest_seconds": 0.5}, {"socket": {"close_timeout_seconds": 600}}
    async with run(sessions=short, server=patience) as server, stranger(server) as socket:
        sending = asyncio.create_task(send_for_ever(socket))
        said, closed = await outcome(socket)
        await sending

    assert (said[-1]["code"], closed) == ("limit_reached", 1008)


async def test_what_breaks_every_engine_is_left_empty_and_the_rest_is_heard(run: Run) -> None:
    async with (
        run(engine={"script": {"faults": {2: "raise"}}}) as server,
        client.connect(server.socket_url, server.token) as dictation,
    ):
        for _ in range(3):
            await dictation.send(SPEECH)
            await dictation.flush()
        await dictation.finish()
        said = [message async for message in dictation]

    finals = [message for message in said if isinstance(message, Final)]
    assert [bool(final.text) for final in finals] == [True, False, True]
    assert [final.reason for final in finals] == [None, "unrecognizable", None]
    assert not any(isinstance(message, Ready) for message in said)


async def send_for_ever(socket: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            await socket.send(SPEECH + bytes(64_000))


async def test_a_session_that_runs_out_of_time_while_it_finishes_is_done(run: Run) -> None:
    slow, short = {"script": {"delay_s": 1.5}}, {"longest_seconds": 1.0}
    async with run(engine=slow, sessions=short) as server, stranger(server) as socket:
        for frame in (SPEECH, FINISH):
            await socket.send(frame)
        said, closed = await outcome(socket)

    assert (said[-1]["type"], closed) == ("done", 1000)


async def test_a_client_that_vanishes_after_its_finish_leaves_nothing_behind(run: Run) -> None:
    async with run(engine={"script": {"faults": {2: "hang"}}}) as server:
        async with stranger(server) as socket:
            for frame in (SPEECH, FLUSH, SPEECH, FINISH):
                await socket.send(frame)
            while json.loads(await socket.recv())["type"] != "flushed":
                pass
            socket.transport.abort()
        await until(lambda: not server.app.open_dictations)
