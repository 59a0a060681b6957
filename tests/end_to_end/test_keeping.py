"""What is said to a server is kept by it: words, audio, over a break, and past a kill."""

import io
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
import soundfile

from tests.conftest import read_pcm, start_server, stop_server
from tests.end_to_end.conftest import TOKEN, Run
from wsserver import client
from wsserver.messages import Final, ServerMessage, Start, Warn
from wsserver.self_check import SAMPLE
from wsserver.store.archive import Archive, KeptFinal
from wsserver.store.database import FILE_NAME

_, SPEECH = read_pcm(SAMPLE)


def spoken(finals: list[Final] | list[KeptFinal]) -> list[tuple[object, ...]]:
    return [
        (each.utterance, each.start, each.end, each.text, each.language, each.words)
        for each in finals
    ]


async def test_words_and_audio_of_a_session_are_kept_as_its_speaker_got_them(
    run: Run, tmp_path: Path
) -> None:
    store = {"folder": str(tmp_path), "audio": True}
    async with run(store=store) as server:
        start = Start(words=True, prompt="say so")
        async with client.connect(server.socket_url, TOKEN, start) as dictation:
            for _ in range(2):
                await dictation.send(SPEECH)
                await dictation.flush()
            await dictation.finish()
            said: list[ServerMessage] = [message async for message in dictation]

    with Archive(tmp_path) as archive:
        (session,) = archive.sessions()  # and none of the server's with itself
        (line,) = archive.lines(session.id)
        kept = archive.finals(session.id)
        (audio,) = archive.audio(session.id)
    finals = [message for message in said if isinstance(message, Final)]
    assert len(finals) == 2
    assert spoken(kept) == spoken(finals)
    assert (session.id, session.token_name) == (dictation.ready.session, "tests")
    assert (line.options["prompt"], line.ended) == ("say so", session.ended)
    assert session.ended is not None
    assert soundfile.read(audio, dtype="int16")[0].tobytes() == SPEECH * 2


async def test_a_session_that_says_something_again_is_kept_as_one(run: Run, tmp_path: Path) -> None:
    async with run(store={"folder": str(tmp_path), "audio": True}) as server:
        start = Start(sample_rate=16_000, prompt="say so", endpointing="captioning")
        async with AsyncExitStack() as stack:
            first = await stack.enter_async_context(client.connect(server.socket_url, TOKEN, start))
            for _ in range(2):
                await first.send(SPEECH)
                await first.flush()
            final, repeated = await next_final(first), await next_final(first)
            again = await stack.enter_async_context(
                client.connect(server.socket_url, TOKEN, Start(resume=final.cursor))
            )
            await again.send(SPEECH[2 * final.resend_from :] + SPEECH)
            await again.finish()
            finals = [message async for message in again if isinstance(message, Final)]

    assert [each.text for each in finals] == [repeated.text]
    with Archive(tmp_path) as archive:
        (session,) = archive.sessions()
        lines = archive.lines(session.id)
        kept = archive.finals(session.id)
        names = [path.name for path in archive.audio(session.id)]
    assert spoken(kept) == spoken([final, *finals])
    assert [each.generation for each in kept] == [1, 2]
    assert [(line.generation, line.options["prompt"]) for line in lines] == [
        (1, "say so"),
        (2, "say so"),
    ]
    assert names == [
        f"{session.id}.0001.{0:012}.flac",
        f"{session.id}.0002.{final.resend_from:012}.flac",
    ]


@pytest.mark.parametrize("path", ["/stt", "/v1/audio/transcriptions"])
async def test_an_upload_is_kept_as_well(run: Run, tmp_path: Path, path: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        run(store={"folder": str(tmp_path)}) as server,
        aiohttp.ClientSession(server.url, headers=headers) as browser,
    ):
        data = io.BytesIO(SAMPLE.read_bytes())
        answer = await browser.post(path, data=data if path == "/stt" else {"file": data})
        text = (await answer.json())["text"]

    with Archive(tmp_path) as archive:
        (session,) = archive.sessions()
        assert " ".join(each.text for each in archive.finals(session.id)) == text


async def test_words_that_cannot_be_kept_reach_their_speaker_with_a_warning(
    run: Run, tmp_path: Path
) -> None:
    async with run(store={"folder": str(tmp_path)}) as server:
        (tmp_path / FILE_NAME).rename(tmp_path / "elsewhere")
        (tmp_path / FILE_NAME).mkdir()
        async with client.connect(server.socket_url, TOKEN) as dictation:
            for _ in range(2):
                await dictation.send(SPEECH)
                await dictation.flush()
            await dictation.finish()
            said = [each async for each in dictation if isinstance(each, Final | Warn)]
        async with aiohttp.ClientSession(server.url) as browser:
            ready = (await browser.get("/readyz")).status
        (tmp_path / FILE_NAME).rmdir()

    assert [each.code if isinstance(each, Warn) else each.type for each in said] == [
        "final",
        "not_kept",
        "final",
    ]
    assert ready == 200
    with Archive(tmp_path) as archive:  # once the disk was there again
        assert [each.finals for each in archive.sessions()] == [2]


async def test_a_server_that_is_killed_has_kept_every_final_that_it_sent(tmp_path: Path) -> None:
    server = start_server(
        tmp_path, WSSERVER_ENGINE__KIND="fake", WSSERVER_STORE__FOLDER=str(tmp_path / "kept")
    )
    finals: list[Final] = []

    async with client.connect(server.socket_url, server.token, reconnect=client.NEVER) as dictation:
        for _ in range(5):
            await dictation.send(SPEECH)
            await dictation.flush()
        while len(finals) < 3:
            finals.append(await next_final(dictation))
        server.process.send_signal(signal.SIGKILL)
    stop_server(server)

    with Archive(tmp_path / "kept") as archive:
        kept = archive.finals(dictation.ready.session)
    assert spoken(kept)[:3] == spoken(finals)


async def next_final(dictation: client.Dictation) -> Final:
    async for message in dictation:
        if isinstance(message, Final):
            return message
    raise AssertionError("the session ended without a final")
