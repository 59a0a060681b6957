"""`GET /ping` and `POST /stt`, as the server before this one had them."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import numpy as np
import pytest
import soundfile

from tests.conftest import Sample, Server
from tests.end_to_end.conftest import TOKEN, Run, Running
from tests.waiting import until
from wsserver import client
from wsserver.messages import Final
from wsserver.net.tokens import hash_token
from wsserver.self_check import SAMPLE
from wsserver.sound_file import open_sound, to_s16le


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def with_token(server: Running | Server) -> dict[str, str]:
    return {"Authorization": f"Token {server.token}"}


async def stt(
    http: aiohttp.ClientSession, server: Running | Server, body: bytes, **headers: str
) -> tuple[int, dict[str, Any]]:
    headers = headers or with_token(server)
    async with http.post(f"{server.url}stt", data=io.BytesIO(body), headers=headers) as answer:
        return answer.status, await answer.json()


def has_work(server: Running) -> bool:
    return bool(server.app._scheduler._answers)


def encoded(form: str, rate: int = 16_000, channels: int = 1) -> bytes:
    samples, _ = soundfile.read(SAMPLE, dtype="float32")
    file = io.BytesIO()
    audio = np.repeat(samples[:, None], channels, axis=1)
    soundfile.write(file, audio, rate, format=form)
    return file.getvalue()


async def test_ping_answers_pong(http: aiohttp.ClientSession, server: Server) -> None:
    async with http.get(f"{server.url}ping") as answer:
        assert await answer.json() == {"text": "pong", "status": "success"}


async def test_a_file_gives_its_text(
    http: aiohttp.ClientSession, server: Server, samples: list[Sample]
) -> None:
    (sample,) = (each for each in samples if each.path.stem == "flite-slt-long")

    status, said = await stt(http, server, sample.path.read_bytes())

    assert (status, said["text"], said["status"]) == (200, sample.said, "success")
    assert said["proc_duration"] > 0
    assert said.keys() == {"text", "proc_duration", "status"}


@pytest.mark.parametrize("form", ["WAV", "FLAC", "OGG"])
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_the_body_may_be_in_any_form_and_come_with_get(
    run: Run, http: aiohttp.ClientSession, form: str, method: str
) -> None:
    async with run() as server:
        url, body = f"{server.url}stt", encoded(form)
        async with http.request(method, url, data=body, headers=with_token(server)) as answer:
            said = await answer.json()

    assert said["text"].startswith("w0 w1 w2 w3")


@pytest.mark.parametrize(
    ("body", "status", "complaint"),
    [
        (b"", 400, "found an empty body"),
        (b"this is no sound", 400, "the body is no sound file"),
        (encoded("WAV")[:44], 400, "the body holds no audio"),
    ],
)
async def test_what_is_no_sound_is_refused(
    run: Run, http: aiohttp.ClientSession, body: bytes, status: int, complaint: str
) -> None:
    async with run() as server:
        found, said = await stt(http, server, body)

    assert (found, said["status"]) == (status, "failed")
    assert complaint in said["Error"]
    assert said.keys() == {"Error", "status"}


@pytest.mark.parametrize(("rate", "channels"), [(96_000, 1), (44_100, 2), (16_000, 7)])
async def test_any_rate_and_any_channels_are_taken(
    run: Run, http: aiohttp.ClientSession, rate: int, channels: int
) -> None:
    async with run() as server:
        status, said = await stt(http, server, encoded("WAV", rate, channels))

    assert (status, said["status"]) == (200, "success")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-None": "1"}, 401),
        ({"Authorization": "Token wrong"}, 403),
        ({"Authorization": "Basic YTpi"}, 401),
    ],
)
async def test_nobody_is_heard_without_a_token(
    run: Run, http: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    async with run() as server:
        found, said = await stt(http, server, b"x", **headers)

    assert (found, said["status"]) == (status, "failed")


@pytest.mark.parametrize(
    ("token", "status", "complaint"),
    [
        ({"scope": ["view"]}, 403, "without the scope 'speak'"),
        ({"audio_seconds_per_day": 0}, 429, "of this day are used up"),
        ({"audio_seconds_per_day": 1}, 429, "s of audio today, expected at most 1 s"),
    ],
)
async def test_a_file_is_let_in_by_the_rules_for_dictations(
    run: Run, http: aiohttp.ClientSession, token: dict[str, Any], status: int, complaint: str
) -> None:
    poor = {"name": "poor", "hash": hash_token("poor-token")} | token
    async with run(server={"admission": {"tokens": [poor]}}) as server:
        headers = {"Authorization": "Token poor-token"}
        found, said = await stt(http, server, encoded("WAV"), **headers)

    assert (found, said["status"]) == (status, "failed")
    assert complaint in said["Error"]


async def test_a_file_takes_a_place(run: Run, http: aiohttp.ClientSession) -> None:
    token = {"name": "tests", "hash": hash_token(TOKEN), "sessions": 1}
    async with run(server={"admission": {"tokens": [token]}}) as server:
        async with client.connect(server.socket_url, server.token) as dictation:
            beside, _ = await stt(http, server, encoded("WAV"))
            await dictation.finish()
            assert [message.type async for message in dictation][-1] == "done"
        await until(lambda: not server.app.open_dictations)
        after, _ = await stt(http, server, encoded("WAV"))

    assert (beside, after) == (429, 200)


async def test_a_body_above_the_limit_is_refused(run: Run, http: aiohttp.ClientSession) -> None:
    limit = {"http": {"body_limit_bytes": 10_000}}
    async with run(server=limit) as server:
        status, said = await stt(http, server, encoded("WAV"))

    assert (status, said["status"]) == (413, "failed")


async def test_a_long_file_costs_a_live_speaker_nothing_and_ends_with_its_client(
    run: Run, http: aiohttp.ClientSession
) -> None:
    with open_sound(SAMPLE) as sound:
        speech = list(map(to_s16le, sound.blocks()))
    file = io.BytesIO()
    samples, _ = soundfile.read(SAMPLE, dtype="float32")
    pause = np.zeros(32_000, np.float32)
    soundfile.write(file, np.tile(np.concatenate([samples, pause]), 200), 16_000, format="WAV")

    async with run(engine={"script": {"delay_s": 0.05}}) as server:
        upload = asyncio.create_task(stt(http, server, file.getvalue()))
        await until(lambda: has_work(server))
        async with (
            client.connect(server.socket_url, server.token) as dictation,
            dictation.feeding(speech),
        ):
            live = [message async for message in dictation if isinstance(message, Final)]
        still_uploading = not upload.done()
        upload.cancel()
        await until(lambda: not has_work(server))

    assert [final.text for final in live] == ["w0 w1 w2 w3 w4 w5 w6"]
    assert still_uploading
