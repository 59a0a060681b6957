"""Programs that speak Wyoming, with the client of its own package."""

import asyncio
import json
import subprocess
import sys
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from wyoming.asr import Transcribe, Transcript, TranscriptChunk
from wyoming.audio import AudioChunk, AudioStart, wav_to_chunks
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info

from tests.clients.document import shown
from tests.conftest import SAMPLES
from tests.end_to_end.conftest import ADMISSION, TOKEN, Run, Running
from tests.waiting import until
from wsserver import client
from wsserver.errors import ConfigError
from wsserver.messages import Start

LONG = SAMPLES / "flite-slt-long.wav"
SHORT = SAMPLES / "en-us-my-uncle-sold.wav"
OPEN: dict[str, Any] = {"port": 0, "token": "tests"}
PRACTICE: dict[str, Any] = {
    "wyoming": OPEN,
    "engine": {"kind": "whisper", "model": "practice"},
    "sessions": {"max_lag_seconds": 60},
}


def place(server: Running) -> tuple[str, int]:
    url = urlsplit(server.app.wyoming_url or "")
    assert url.hostname is not None
    assert url.port is not None
    return url.hostname, url.port


@asynccontextmanager
async def connected(server: Running) -> AsyncIterator[AsyncTcpClient]:
    async with AsyncTcpClient(*place(server), read_timeout=60) as speaker:
        yield speaker


def audio(path: Path) -> Iterator[Event]:
    with wave.open(str(path), "rb") as sound:
        for item in wav_to_chunks(sound, 1_024, start_event=True, stop_event=True):
            yield item.event()


async def answers(speaker: AsyncTcpClient) -> list[Event]:
    """Give all events to the end of the connection."""
    return [event async for event in _answers(speaker)]


async def _answers(speaker: AsyncTcpClient) -> AsyncIterator[Event]:
    while event := await speaker.read_event():
        yield event


async def native_text(server: Running, path: Path) -> str:
    with wave.open(str(path), "rb") as sound:
        start = Start(sample_rate=sound.getframerate(), language="en")
        blocks = [sound.readframes(sound.getnframes())]
    said = await client.transcribe(server.socket_url, TOKEN, blocks, start)
    return " ".join(final.text for final in said if final.text)


async def test_a_sample_gives_the_native_text_and_chunks_that_join_to_it(run: Run) -> None:
    async with run(**PRACTICE) as server:
        native = await native_text(server, LONG)
        async with connected(server) as speaker:
            await speaker.write_event(Transcribe(language="en").event())
            for event in audio(LONG):
                await speaker.write_event(event)
            events = await answers(speaker)

    kinds = [event.type for event in events]
    said = [TranscriptChunk.from_event(e).text for e in events if TranscriptChunk.is_type(e.type)]
    assert kinds[0] == "transcript-start"
    assert kinds[-2:] == ["transcript", "transcript-stop"]
    assert Transcript.from_event(events[-2]) == Transcript(native, None, "en")
    assert "".join(said) == native


async def test_chunks_come_while_somebody_speaks(run: Run) -> None:
    async with run(wyoming=OPEN) as server, connected(server) as speaker:
        *speech, stop = audio(LONG)
        for event in speech:
            await speaker.write_event(event)
        begun = [await speaker.read_event(), await speaker.read_event()]
        await speaker.write_event(stop)
        rest = await answers(speaker)

    assert [event and event.type for event in begun] == ["transcript-start", "transcript-chunk"]
    assert rest[-1].type == "transcript-stop"


async def test_the_document_shows_a_program_that_works(run: Run) -> None:
    async with run(wyoming=OPEN) as server:
        native = await native_text(server, SHORT)
        host, port = place(server)
        program = shown("python wyoming").replace('"localhost", 10300', f'"{host}", {port}')
        command = (sys.executable, "-W", "ignore", "-c", program, str(SHORT))
        ran = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        printed, _ = await ran.communicate()

    assert str(port) in program
    assert printed.decode().strip() == native != ""


async def test_a_server_that_is_full_describes_itself_and_refuses_audio(run: Run) -> None:
    admission = {**ADMISSION, "max_sessions": 1}
    async with (
        run(wyoming=OPEN, server={"admission": admission}) as server,
        client.connect(server.socket_url, TOKEN),
        connected(server) as speaker,
    ):
        await speaker.write_event(Describe().event())
        described = await speaker.read_event()
        for event in audio(SHORT):
            await speaker.write_event(event)
        refused = await answers(speaker)

    assert described is not None
    (program,) = Info.from_event(described).asr
    assert [model.languages for model in program.models] == [["en", "de"]]
    assert [Error.from_event(event).code for event in refused] == ["full"]


async def test_sessions_count_by_the_limits_of_the_token(run: Run) -> None:
    token = {**ADMISSION["tokens"][0], "sessions": 1, "audio_seconds_per_day": 1}
    async with (
        run(wyoming=OPEN, server={"admission": {"tokens": [token]}}) as server,
        connected(server) as first,
        connected(server) as second,
    ):
        await first.write_event(AudioStart(16_000, 2, 1).event())
        await until(lambda: server.app.open_dictations == 1)
        await second.write_event(AudioStart(16_000, 2, 1).event())
        refused = await answers(second)
        await first.write_event(AudioChunk(16_000, 2, 1, b"\0\0" * 17_000).event())
        spent = await answers(first)

    assert [Error.from_event(event).code for event in refused] == ["too_many_sessions"]
    assert [Error.from_event(event).code for event in spent] == ["limit_reached"]


HEAD = b'{"type": "audio-start", "data": {"rate": 16000, "width": 2, "channels": 1}}\n'


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"hello\n", "bad_message"),
        (b"x" * 200_000 + b"\n", "too_large"),
        (b'{"type": "ping", "data_length": 1000000000000}\n', "too_large"),
        (b'{"type": "ping", "data_length": 2}\n\xff\xff', "bad_message"),
        (HEAD + b'{"type": "audio-chunk", "payload_length": 9000000}\n', "too_large"),
        (HEAD + HEAD.replace(b"16000", b"8000"), "unsupported_format"),
        (HEAD.replace(b"16000", b"100"), "unsupported_format"),
        (HEAD + b"hello\n" + HEAD * 5_000, "bad_message"),
    ],
)
async def test_what_is_wrong_is_told_and_ends_the_connection(
    run: Run, sent: bytes, code: str
) -> None:
    async with run(wyoming=OPEN) as server:
        reader, writer = await asyncio.open_connection(*place(server))
        writer.write(sent)
        said = await reader.read()
        writer.close()
        await writer.wait_closed()
        await until(lambda: not server.app.open_dictations)

    line, _, data = said.partition(b"\n")
    assert json.loads(line)["type"] == "error"
    assert json.loads(data)["code"] == code


async def test_who_closes_their_side_after_the_last_word_gets_the_transcript(run: Run) -> None:
    async with run(wyoming=OPEN) as server:
        reader, writer = await asyncio.open_connection(*place(server))
        writer.write(HEAD + b'{"type": "audio-stop"}\n')
        writer.write_eof()
        said = await reader.read()
        writer.close()

    assert b'"transcript"' in said


async def test_who_leaves_before_leaves_nothing_behind(run: Run) -> None:
    async with run(wyoming=OPEN) as server:
        async with connected(server) as speaker:
            await speaker.write_event(AudioStart(16_000, 2, 1).event())
            await until(lambda: server.app.open_dictations == 1)
        await until(lambda: not server.app.open_dictations)


@pytest.mark.parametrize("sent", [b"", HEAD])
async def test_who_says_nothing_is_shown_out(run: Run, sent: bytes) -> None:
    async with run(wyoming=OPEN, sessions={"idle_seconds": 0.2}) as server:
        reader, writer = await asyncio.open_connection(*place(server))
        writer.write(sent)
        said = await reader.read()
        writer.close()

    assert b"limit_reached" in said


async def test_too_many_that_wait_make_room_for_the_next(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wsserver.net.wyoming_server.WAITING_LIMIT", 1)
    async with run(wyoming=OPEN) as server, connected(server) as first:
        await first.write_event(Describe().event())
        await first.read_event()
        async with connected(server) as second:
            await second.write_event(Describe().event())

            assert await second.read_event() is not None
            assert await first.read_event() is None


async def test_a_server_that_stops_tells_the_last_words_and_that_they_are_not_all(
    run: Run,
) -> None:
    hasty = {"drain_seconds": 0.5}
    async with run(wyoming=OPEN, sessions=hasty) as server, connected(server) as speaker:
        *speech, _ = audio(SHORT)
        for event in speech:
            await speaker.write_event(event)
        begun = [await speaker.read_event(), await speaker.read_event()]
        stopping = asyncio.create_task(server.app.stop())
        events = await answers(speaker)
        await speaker.disconnect()
        await stopping

    assert [event and event.type for event in begun] == ["transcript-start", "transcript-chunk"]
    assert Error.from_event(events[-1]).code == "shutting_down"
    assert "transcript" not in [event.type for event in events]


@pytest.mark.parametrize("token", [None, "nobody"])
async def test_nobody_listens_without_a_token_to_speak_for(run: Run, token: str | None) -> None:
    with pytest.raises(ConfigError, match=r"wyoming\.token: found"):
        async with run(wyoming={"port": 0, "token": token}):
            pass


async def test_by_default_nobody_listens(run: Run) -> None:
    async with run() as server:
        assert server.app.wyoming_url is None
