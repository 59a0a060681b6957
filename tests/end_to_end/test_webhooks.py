"""Finals that reach another program, through refusals and a server that is killed."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conftest import Server, read_pcm, start_server, stop_server
from tests.end_to_end.conftest import TOKEN, Run, Running
from tests.waiting import until
from tests.webhooks.receiver import SECRET, Receiver, receiving
from wsserver import client
from wsserver.errors import ConfigError
from wsserver.messages import Final, Warn
from wsserver.self_check import SAMPLE
from wsserver.store.archive import Archive

_, SPEECH = read_pcm(SAMPLE)
PAUSE = b"\0\0" * 32_000


def telling(receiver: Receiver, folder: Path, **more: Any) -> dict[str, Any]:
    told = {"url": receiver.url, "secret": SECRET, **more}
    return {"receivers": [told], "plain_http": True, "folder": str(folder)}


async def test_finals_of_sessions_and_files_are_told_as_their_speakers_get_them(
    run: Run, tmp_path: Path
) -> None:
    async with (
        receiving(Receiver()) as receiver,
        run(webhooks=telling(receiver, tmp_path)) as server,
        aiohttp.ClientSession(server.url, headers={"Authorization": f"Bearer {TOKEN}"}) as browser,
    ):
        said = await client.transcribe(server.socket_url, TOKEN, [SPEECH, PAUSE, SPEECH])
        texts = [final.text for final in said]
        answer = await browser.post("/stt", data=SAMPLE.read_bytes())
        texts.append((await answer.json())["text"])

        told = await receiver.has_taken(len(texts))
    assert len(texts) == 3
    assert told == texts  # and nothing of the server's dictation to itself


async def test_words_that_cannot_be_passed_on_are_kept_and_reach_their_speaker_with_a_warning(
    run: Run, tmp_path: Path
) -> None:
    full = telling(Receiver(port=9), tmp_path / "webhooks") | {"most_waiting": 1}
    async with (
        run(webhooks=full, store={"folder": str(tmp_path)}) as server,
        client.connect(server.socket_url, TOKEN) as dictation,
    ):
        for _ in range(3):
            await dictation.send(SPEECH)
            await dictation.flush()
            await spooled(server)
        await dictation.finish()
        said = [message async for message in dictation]

    assert [message.code for message in said if isinstance(message, Warn)] == ["not_passed_on"]
    texts = [message.text for message in said if isinstance(message, Final)]
    with Archive(tmp_path) as archive:
        assert [final.text for final in archive.finals(dictation.ready.session)] == texts
    assert len(texts) == 3


async def spooled(server: Running) -> None:
    """Wait until something waits for its receiver."""
    assert server.app._dispatch is not None
    (courier,) = server.app._dispatch._couriers.values()
    await until(lambda: courier.waiting)


async def test_a_server_that_is_killed_sends_what_is_left_when_it_runs_again(
    tmp_path: Path,
) -> None:
    async with receiving(Receiver(answer=lambda _: 500)) as receiver:
        environment = {
            "WSSERVER_ENGINE__KIND": "fake",
            "WSSERVER_WEBHOOKS": json.dumps(telling(receiver, tmp_path / "webhooks")),
        }
        server = await started(tmp_path, environment)
        said = await client.transcribe(server.socket_url, server.token, [SPEECH, PAUSE, SPEECH])
        await receiver.until(lambda: bool(receiver.requests))
        server.process.kill()
        await asyncio.to_thread(server.process.communicate)
        refused = {request.event for request in receiver.requests}

        receiver.answer = lambda _: None
        server = await started(tmp_path, environment)
        texts = await receiver.has_taken(2)
        assert await asyncio.to_thread(stop_server, server) == 0

    assert texts == [final.text for final in said]
    assert [request.event for request in receiver.taken] == sorted(
        {request.event for request in receiver.requests}
    )
    assert refused == {receiver.taken[0].event}


async def started(folder: Path, environment: dict[str, str]) -> Server:
    return await asyncio.to_thread(lambda: start_server(folder, **environment))


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"tokens": ["nobody"]}, r"webhooks\.receivers: found the token 'nobody'"),
        ({"secret": "hunter2"}, r"webhooks\.receivers\.0\.secret: expected 'whsec_' and"),
        ({"url": "ftp://host/in-the-url"}, r"webhooks\.receivers\.0\.url: expected a URL"),
        ({"uri": "x"}, r"webhooks\.receivers\.0\.uri: unknown key"),
    ],
)
async def test_what_is_wrong_is_named_without_what_is_secret(
    run: Run, tmp_path: Path, more: dict[str, Any], found: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConfigError, match=found) as raised:
        async with run(webhooks=telling(Receiver(), tmp_path, **more)):
            pass

    for secret in ("hunter2", "in-the-url", SECRET):
        assert secret not in str(raised.value) + caplog.text


@pytest.mark.parametrize("url", ["http://example.org/", "https://example.org/"])
async def test_plain_http_is_for_those_who_ask_for_it(run: Run, url: str) -> None:
    receivers = [{"url": url, "secret": SECRET}]
    if url.startswith("https"):
        receivers *= 2
    with pytest.raises(ConfigError, match="webhooks: found a URL"):
        async with run(webhooks={"receivers": receivers}):
            pass
