"""What the log of a server at work says of its sessions, and what it never says."""

import json
import logging
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.arrangements import logged_elsewhere
from tests.conftest import Sample, read_pcm
from tests.end_to_end.conftest import TOKEN, Run, Running
from tests.end_to_end.test_resume import Peer, connected
from tests.waiting import until
from wsserver.logs import LogSettings, set_up
from wsserver.messages import Audio, Error, Final, Finish, Flush, Ready, Start
from wsserver.net.tokens import new_token

pytestmark = pytest.mark.usefixtures("log_of_its_own")
SAID = {1: "amethyst balustrade", 2: "colander dromedary", 3: "elderflower flotsam"}
WORD = re.compile("|".join(word for text in SAID.values() for word in text.split()))


async def final(peer: Peer) -> Final:
    while not isinstance(message := await peer.hear(), Final):
        assert not isinstance(message, Error), message
    return message


async def break_off(server: Running, sample: Sample) -> tuple[Ready, Final]:
    """Dictate until a final is there, then go away without a word."""
    rate, data = read_pcm(sample.path)
    async with connected(server.socket_url, TOKEN) as peer:
        ready = await peer.begin(Start(sample_rate=rate, prompt="gooseberry"))
        await peer.say(Audio(data=data), Flush(id="here"))
        said = await final(peer)
        peer.socket.transport.abort()
    return ready, said


async def go_on(server: Running, cursor: str, sample: Sample) -> list[str]:
    """Resume and dictate to the end; give what was said."""
    _, data = read_pcm(sample.path)
    async with connected(server.socket_url, cursor) as peer:
        await peer.begin(Start(resume=cursor))
        await peer.say(Audio(data=data), Finish())
        return [message.text async for message in peer.hear_all() if isinstance(message, Final)]


async def send_file(server: Running, sample: Sample) -> str:
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as http,
        http.post(f"{server.url}stt", data=sample.path.read_bytes()) as answer,
    ):
        return str((await answer.json())["text"])


async def be_turned_away(server: Running, *secrets: str) -> None:
    headers = [{"Authorization": f"Bearer {secret}"} for secret in secrets]
    async with aiohttp.ClientSession() as http:
        for header in headers:
            async with http.get(f"{server.url}v1/models", headers=header) as answer:
                assert answer.status in (401, 403)


def records(log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


async def test_no_log_holds_a_word_a_token_or_a_cursor(
    run: Run, samples: list[Sample], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stranger, _ = new_token()
    script = {"said": SAID, "faults": {2: "raise"}, "once": str(tmp_path / "struck")}
    set_up(LogSettings(level="debug"))
    async with run(engine={"script": script}, store={"folder": str(tmp_path)}) as server:
        (_, first) = await break_off(server, samples[0])
        assert first.cursor is not None
        rest = await go_on(server, first.cursor, samples[1])
        heard = await send_file(server, samples[0])
        await be_turned_away(server, stranger, f"{first.cursor}x")

    log = capfd.readouterr().err + logged_elsewhere()
    assert all(WORD.search(text) for text in (first.text, *rest, heard))
    assert (tmp_path / "struck").exists()
    assert "the script says that this batch fails" in log
    assert WORD.findall(log) == []
    secrets = (TOKEN, stranger, first.cursor[-40:], "gooseberry")
    assert [secret for secret in secrets if secret in log] == []


async def test_every_record_of_a_session_names_it(
    run: Run, samples: list[Sample], capfd: pytest.CaptureFixture[str]
) -> None:
    set_up(LogSettings(level="debug", format="json"))
    async with run(sessions={"drain_seconds": 0.2}) as server:
        ready, _ = await break_off(server, samples[0])
        assert ready.cursor is not None
        async with connected(server.socket_url, ready.cursor) as old:
            await old.begin(Start(resume=ready.cursor))
            async with connected(server.socket_url, ready.cursor) as new:
                taken = await new.begin(Start(resume=ready.cursor))
                told = [message async for message in old.hear_all()]

    log = records(capfd.readouterr().err)
    sessions = {entry["message"]: entry.get("session") for entry in log}
    assert isinstance(told[-1], Error)
    assert taken.session == ready.session
    assert sessions["the client went away"] == ready.session
    given_up = "session given up: the session goes on in a newer connection"
    assert sessions[given_up] == ready.session


async def test_a_session_leaves_a_line_when_it_is_ready_and_one_at_its_end(
    run: Run, samples: list[Sample], capfd: pytest.CaptureFixture[str]
) -> None:
    set_up(LogSettings(format="json"))
    rate, data = read_pcm(samples[0].path)
    async with run() as server, connected(server.socket_url, TOKEN) as peer:
        ready = await peer.begin(Start(sample_rate=rate))
        await peer.say(Audio(data=data), Finish())
        told = [message async for message in peer.hear_all()]

    log = records(capfd.readouterr().err)
    lines = [entry["message"] for entry in log if entry.get("session") == ready.session]
    seconds = len(data) / 2 / rate
    finals = sum(isinstance(message, Final) for message in told)
    assert re.fullmatch(r"session ready: token \S+", lines[0])
    assert lines[-1] == f"session ended: {seconds:.1f} s of audio, {finals} finals, done"


async def test_it_says_who_went_away_while_nobody_spoke(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with run() as server:
        async with connected(server.socket_url, TOKEN) as peer:
            await peer.begin(Start())
            peer.socket.transport.abort()
        await until(lambda: not server.app.open_dictations)

    assert "the client went away" in caplog.messages


async def test_words_are_written_where_the_operator_asked_for_them(
    run: Run, samples: list[Sample], capfd: pytest.CaptureFixture[str]
) -> None:
    settings = LogSettings(format="json", speech=True)
    set_up(settings)
    async with run(engine={"script": {"said": SAID}}, log={"speech": True}) as server:
        ready, said = await break_off(server, samples[0])

    written = [entry for entry in records(capfd.readouterr().err) if said.text in entry["message"]]
    assert WORD.search(said.text)
    assert ready.session in [entry["session"] for entry in written]
