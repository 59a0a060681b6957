"""The server as a process: it stops in order, loads any checkpoint, outlives its engine."""

import asyncio
import dataclasses
import os
import signal
import ssl
import urllib.request
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path

import aiohttp
import numpy as np
import pytest
import torch
import whisper
from whisper.model import ModelDimensions

from tests.conftest import Server, read_pcm, start_server, stop_server
from tests.end_to_end.conftest import TOKEN, Run, Running, begin_to_stop
from tests.waiting import until
from wsserver import client
from wsserver.messages import Final, Flushed, ServerMessage, Speech, Start
from wsserver.self_check import SAMPLE
from wsserver.speech import SAMPLE_RATE

_, SPEECH = read_pcm(SAMPLE)

TINY = ModelDimensions(80, 1500, 384, 6, 4, 51865, 64, 384, 6, 4)
"""But for the longest text: nonsense goes on as long as it may."""


async def test_a_server_that_stops_makes_final_what_was_said(tmp_path: Path) -> None:
    hasty = {"WSSERVER_ENGINE__KIND": "fake", "WSSERVER_SESSIONS__DRAIN_SECONDS": "1"}
    server = start_server(tmp_path, **hasty)

    async with alone(server) as dictation:
        await dictation.send(SPEECH)
        await first(dictation, Speech)
        server.process.send_signal(signal.SIGTERM)
        said: list[ServerMessage] = []
        with pytest.raises(client.SessionFailed, match="shutting_down"):
            await read_into(said, dictation)

    finals = [message.text for message in said if isinstance(message, Final)]
    assert finals == ["w0 w1 w2 w3 w4 w5 w6"]
    assert exit_code(server) == 0


async def test_a_final_that_does_not_come_in_time_is_told_before_the_server_leaves(
    run: Run,
) -> None:
    hangs, short = {"script": {"faults": {2: "hang"}}}, {"drain_seconds": 0.2}
    async with run(engine=hangs, sessions=short) as server:
        async with alone(server) as dictation:
            await dictation.send(SPEECH)
            await dictation.flush()
            await dictation.send(SPEECH)
            await dictation.finish()
            await first(dictation, Flushed)
            stopping = asyncio.create_task(server.app.stop())
            with pytest.raises(client.SessionFailed, match="shutting_down"):
                await read_into([], dictation)
        await stopping


async def test_a_session_let_in_at_the_last_moment_is_told_to_go_elsewhere(run: Run) -> None:
    async with run() as server:
        await server.app._dictations.drain(0)
        with pytest.raises(client.SessionFailed, match="shutting_down"):
            async with alone(server):
                pass


async def test_a_server_that_stops_turns_newcomers_away_with_503(run: Run) -> None:
    slow = {"kind": "fake", "script": {"delay_s": 1.0}}
    async with run(engine=slow) as server:
        async with client.connect(server.socket_url, server.token) as dictation:
            await dictation.send(SPEECH)
            await first(dictation, Speech)
            stopping = await begin_to_stop(server)
            with pytest.raises(client.Refused) as refused:
                async with client.connect(server.socket_url, server.token):
                    pass
            ready = await status_of(server, "readyz")
            alive = await status_of(server, "healthz")
        await stopping

    assert (refused.value.status, refused.value.code) == (503, "draining")
    assert (ready, alive) == (503, 200)


async def test_a_server_that_would_lag_lets_nobody_new_in_and_serves_those_inside(run: Run) -> None:
    slow, patience = {"script": {"delay_s": 0.3}}, {"max_lag_seconds": 1.0}
    async with run(engine=slow, sessions=patience) as server, AsyncExitStack() as inside:
        sessions: list[client.Dictation] = []
        with pytest.raises(client.Refused) as refused:
            await open_all(server, inside, sessions)
        for dictation in sessions:
            await dictation.send(SPEECH)
            await dictation.finish()
        heard = [[m.type async for m in dictation][-1] for dictation in sessions]

    assert (refused.value.status, refused.value.code) == (503, "overloaded")
    assert "with one more session" in str(refused.value)
    assert refused.value.retry_after is not None
    assert heard == ["done"] * len(sessions)
    assert len(sessions) > 1


def alone(server: Running | Server) -> AbstractAsyncContextManager[client.Dictation]:
    """Open a session that ends with its connection."""
    return client.connect(server.socket_url, server.token, reconnect=client.NEVER)


async def open_all(
    server: Running, inside: AsyncExitStack, sessions: list[client.Dictation]
) -> None:
    """Open as many sessions as may be, without a word."""
    for _ in range(32):
        opening = client.connect(server.socket_url, server.token)
        sessions.append(await inside.enter_async_context(opening))


async def first(dictation: client.Dictation, kind: type[ServerMessage]) -> None:
    """Read up to the first message of *kind*."""
    async for message in dictation:
        if isinstance(message, kind):
            return


async def read_into(said: list[ServerMessage], dictation: client.Dictation) -> None:
    async for message in dictation:
        said.append(message)  # noqa: PERF401 - what came before a fault counts


def exit_code(server: Server) -> int:
    server.process.communicate(timeout=30)
    return server.process.returncode


async def status_of(server: Running, route: str) -> int:
    async with aiohttp.ClientSession() as http, http.get(server.url + route) as answer:
        return answer.status


async def test_sessions_may_be_opened_elsewhere(run: Run) -> None:
    async with run(server={"socket": {"paths": ["/dictate"]}}) as server:
        heard = await client.transcribe(f"{server.url}dictate".replace("http", "ws"), TOKEN, [])

    assert heard == []


def test_ctrl_c_is_an_orderly_end(tmp_path: Path) -> None:
    server = start_server(tmp_path, WSSERVER_ENGINE__KIND="fake")

    server.process.send_signal(signal.SIGINT)

    assert exit_code(server) == 0


async def test_an_engine_that_dies_is_replaced_and_no_final_is_lost(
    run: Run, tmp_path: Path
) -> None:
    script = {"faults": {2: "exit"}, "once": str(tmp_path / "struck")}
    async with run(engine={"kind": "fake", "script": script}) as server:
        async with client.connect(server.socket_url, server.token) as dictation:
            for _ in range(3):
                await dictation.send(SPEECH)
                await dictation.flush("f")
            await dictation.finish()
            seen = await status_of(server, "readyz")
            finals = [m async for m in dictation if isinstance(m, Final)]
        after = await status_of(server, "readyz")

    assert (tmp_path / "struck").exists()
    assert [final.utterance for final in finals] == [1, 2, 3]
    assert all(final.text for final in finals)
    assert seen in (200, 503)
    assert after == 200


def test_a_killed_server_leaves_no_process_behind(tmp_path: Path) -> None:
    server = start_server(tmp_path, WSSERVER_ENGINE__KIND="fake")
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    left = [int(child) for child in children.read_text().split()]
    assert left

    server.process.kill()
    server.process.communicate()

    def are_gone() -> bool:
        return not any(Path(f"/proc/{pid}").exists() and not is_zombie(pid) for pid in left)

    asyncio.run(until(are_gone))


def is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


def random_checkpoint(path: Path) -> Path:
    """Save a model of tiny's dimensions with random weights, as openai saves its own."""
    torch.manual_seed(7)
    model = whisper.Whisper(TINY)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.05)
    state = {"dims": dataclasses.asdict(TINY), "model_state_dict": model.state_dict()}
    torch.save(state, path)
    return path


async def test_a_real_checkpoint_takes_the_same_road(tmp_path: Path) -> None:
    """Tiny's dimensions and all its languages; random weights, whose nonsense no guard stops."""
    checkpoint = random_checkpoint(tmp_path / "tiny.pt")
    guards = {"MAX_COMPRESSION_RATIO": "1e9", "MIN_AVG_LOGPROB": "-1e9"}
    guards |= {"MAX_WORDS_PER_SECOND": "1e9", "MAX_REPEATS": "1000000"}
    lenient = {f"WSSERVER_GUARDS__{name}": value for name, value in guards.items()}
    start = Start(partials=False, language="de")
    # One thread: many that share a busy processor wait for each other.
    lenient["WSSERVER_ENGINE__THREADS"] = "1"
    server = start_server(tmp_path, "--model", str(checkpoint), **lenient)
    try:
        async with client.connect(server.socket_url, server.token, start) as dictation:
            ready = dictation.ready
            async with dictation.feeding([SPEECH]):
                (final,) = [m async for m in dictation if isinstance(m, Final)]
    finally:
        stop_server(server)

    assert (ready.model, ready.practice, len(ready.languages)) == ("tiny.pt", False, 99)
    assert final.text == decoded_by_stock(checkpoint, final)


def decoded_by_stock(checkpoint: Path, final: Final) -> str:
    samples = np.frombuffer(SPEECH, "<i2").astype(np.float32) / 32768
    audio = samples[round(final.start * SAMPLE_RATE) : round(final.end * SAMPLE_RATE)]
    model = whisper.load_model(str(checkpoint), device="cpu")
    options = whisper.DecodingOptions(language="de", without_timestamps=True, fp16=False)
    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(audio))
    result = whisper.decode(model, mel, options)
    assert not isinstance(result, list)
    return str(result.text)


async def test_a_phone_reaches_the_page_and_the_socket_over_tls(tmp_path: Path) -> None:
    server = start_server(tmp_path, "--tls", "self", WSSERVER_ENGINE__KIND="fake")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(server.url, context=context) as page:
            html = page.read().decode()
        async with client.connect(server.socket_url, server.token, tls=context) as dictation:
            await dictation.finish()
            kinds = [message.type async for message in dictation]
    finally:
        code = stop_server(server)

    assert server.url.startswith("https://")
    assert "<html" in html
    assert kinds[-1] == "done"
    assert code == 0


def test_no_secret_gets_into_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as file:
        server = _logging_server(tmp_path, file.fileno())
        request = urllib.request.Request(
            f"{server.url}ping?token={server.token}",
            headers={"Authorization": f"Token {server.token}"},
        )
        urllib.request.urlopen(request).close()
        asyncio.run(client.transcribe(server.socket_url, server.token, [SPEECH]))
        stop_server(server)

    said = log.read_text()
    assert "/ping" in said
    assert server.token not in said
    assert "w0 w1" not in said


def _logging_server(folder: Path, descriptor: int) -> Server:
    saved = os.dup(2)
    os.dup2(descriptor, 2)
    try:
        return start_server(folder, WSSERVER_ENGINE__KIND="fake", WSSERVER_LOG__LEVEL="debug")
    finally:
        os.dup2(saved, 2)
        os.close(saved)
