"""OpenAI's own SDK, as it comes from PyPI, against a real server."""

import asyncio
import base64
import json
import subprocess
import sys
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import soxr
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.clients.document import shown
from tests.conftest import SAMPLES, Server
from tests.dialects.realtime import parsed
from tests.end_to_end.conftest import ADMISSION, TOKEN, Run
from wsserver import client
from wsserver.messages import Final, Speech, Start

LONG = SAMPLES / "flite-slt-long.wav"
SHORT = SAMPLES / "en-us-my-uncle-sold.wav"
MULAW = SAMPLES / "flite-rms-long-8k-mulaw.wav"
RATE = 24_000
SAID = "My uncle sold his house by the sea."
PAUSE = bytes(2 * RATE)


def at_24k(path: Path) -> bytes:
    with wave.open(str(path), "rb") as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        resampled = soxr.resample(samples, sound.getframerate(), RATE)
    return bytes(resampled.astype("<i2").tobytes())


def blocks(data: bytes, size: int = 4_800) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def manual(**fields: Any) -> Any:
    return {"type": "transcription", "audio": {"input": {"turn_detection": None, **fields}}}


@asynccontextmanager
async def realtime(url: str, token: str, **options: Any) -> AsyncIterator[AsyncRealtimeConnection]:
    async with (
        AsyncOpenAI(base_url=f"{url}v1", api_key=token) as openai,
        openai.realtime.connect(model="gpt-4o-transcribe", **options) as connection,
    ):
        yield connection


async def until(connection: AsyncRealtimeConnection, kind: str, count: int = 1) -> list[Any]:
    """Receive up to an event of that *kind*, the *count*th of them.

    Every one has to be as the SDK's types say, which it does not check itself.
    """
    received: list[Any] = []
    while count:
        data = await connection.recv_bytes()
        received.append(connection.parse_event(data))
        assert received[-1] == parsed(data.decode())
        count -= received[-1].type.endswith(kind)
    return received


def of(events: list[Any], kind: str) -> list[Any]:
    return [event for event in events if event.type.endswith(kind)]


async def native(server: Server, data: bytes, start: Start | None = None) -> list[Final | Speech]:
    start = start or Start(sample_rate=RATE)
    async with client.connect(server.socket_url, server.token, start) as dictation:
        for block in blocks(data):
            await dictation.send(block)
        await dictation.finish()
        return [each async for each in dictation if isinstance(each, Final | Speech)]


def heard(said: list[Final | Speech]) -> list[str]:
    return [each.text for each in said if isinstance(each, Final)]


async def test_voice_makes_an_item_of_every_native_utterance(server: Server) -> None:
    data = at_24k(LONG) + PAUSE
    expected = await native(server, data)
    async with realtime(server.url, server.token) as connection:
        for block in blocks(data):
            await connection.input_audio_buffer.append(audio=text(block))
        events = await until(connection, "transcription.completed", len(heard(expected)))

    transcripts = [event.transcript for event in of(events, "transcription.completed")]
    started = [event.audio_start_ms for event in of(events, "speech_started")]
    stopped = [event.audio_end_ms for event in of(events, "speech_stopped")]
    times = [round(each.time * 1_000) for each in expected if isinstance(each, Speech)]
    items = [event.item_id for event in of(events, "buffer.committed")]
    assert len(transcripts) > 1
    assert transcripts == heard(expected)
    assert [time for pair in zip(started, stopped, strict=True) for time in pair] == times
    assert [event.previous_item_id for event in of(events, "buffer.committed")] == [
        None,
        *items[:-1],
    ]
    assert [event.item_id for event in of(events, "transcription.completed")] == items


async def test_deltas_grow_before_the_commit_and_the_transcript_is_the_native_one(
    server: Server,
) -> None:
    async with realtime(
        server.url, server.token, extra_query={"intent": "transcription"}
    ) as connection:
        await connection.session.update(session=manual())
        (created, updated) = await until(connection, "session.updated")
        speaking = asyncio.create_task(speak(connection))
        early = await until(connection, ".delta")
        sent = await stop(speaking)
        await connection.input_audio_buffer.commit()
        late = await until(connection, "transcription.completed")

    expected = heard(await native(server, sent))
    deltas = [event.delta for event in of([*early, *late], ".delta")]
    grown = [*accumulate(deltas)]
    assert created.session.audio.input.transcription.model == "practice"
    assert updated.session.audio.input.turn_detection is None
    assert len(deltas) > 1
    assert all(deltas)
    assert late[-1].transcript == " ".join(expected)
    assert late[-1].transcript.startswith(grown[0])
    assert late[-1].usage.seconds == pytest.approx(len(sent) / 2 / RATE, abs=0.001)
    assert {event.item_id for event in of([*early, *late], ".delta")} == {late[-1].item_id}


async def speak(connection: AsyncRealtimeConnection) -> bytes:
    """Say the same again and again, about as fast as somebody speaks, until told to stop."""
    sent = b""
    try:
        while True:
            for block in blocks(at_24k(SHORT)):
                sent += block
                await connection.input_audio_buffer.append(audio=text(block))
                await asyncio.sleep(0.1)
    except asyncio.CancelledError:
        return sent


async def stop(speaking: asyncio.Task[bytes]) -> bytes:
    speaking.cancel()
    return await speaking


async def test_the_beta_may_send_mu_law(server: Server) -> None:
    whole = MULAW.read_bytes()
    data = whole[whole.index(b"data") + 8 :]
    start = Start(encoding="mulaw", sample_rate=8_000)
    session: Any = {"input_audio_format": "g711_ulaw", "turn_detection": None}
    async with realtime(server.url, server.token) as connection:
        await connection.session.update(session=session)
        for block in blocks(data):
            await connection.input_audio_buffer.append(audio=text(block))
        await connection.input_audio_buffer.commit()
        events = await until(connection, "transcription.completed")

    assert events[-1].transcript == " ".join(heard(await native(server, data, start)))
    assert of(events, "conversation.item.created")


async def test_a_websocket_base_url_leads_here_as_well(run: Run) -> None:
    async with run() as server:
        socket_url = f"{server.url.replace('http', 'ws', 1)}v1"
        async with (
            AsyncOpenAI(websocket_base_url=socket_url, api_key=TOKEN) as openai,
            openai.realtime.connect() as connection,
        ):
            event = await connection.recv()

    assert event.type == "session.created"


async def test_what_is_not_served_is_an_error_and_the_session_goes_on(run: Run) -> None:
    async with run() as server, realtime(server.url, TOKEN) as connection:
        await connection.response.create(event_id="mine")
        await connection.session.update(session=manual(format={"type": "audio/opus"}))
        await connection.session.update(session=manual(transcription={"language": "xx"}))
        await connection.input_audio_buffer.append(audio="no base64")
        await connection.input_audio_buffer.commit()
        await connection.session.update(session=manual())
        await connection.input_audio_buffer.append(audio=text(at_24k(SHORT)))
        await connection.session.update(session=manual(transcription={"prompt": "late"}))
        await connection.input_audio_buffer.commit()
        events = await until(connection, "transcription.completed")

    errors = [event.error for event in of(events, "error")]
    assert [(error.code, error.param) for error in errors] == [
        ("unsupported_event", "type"),
        ("invalid_value", "session.audio.input.format.type"),
        ("invalid_value", "session.audio.input.transcription.language"),
        ("invalid_value", "audio"),
        ("input_audio_buffer_commit_empty", None),
        ("session_in_progress", "session.audio.input.transcription"),
    ]
    assert errors[0].event_id == "mine"
    assert events[-1].transcript


async def test_a_server_that_stops_completes_what_was_said(run: Run) -> None:
    async with run(sessions={"drain_seconds": 1}) as server, realtime(server.url, TOKEN) as socket:
        await socket.session.update(session=manual())
        await socket.input_audio_buffer.append(audio=text(at_24k(SHORT)))
        await until(socket, ".delta")
        stopping = asyncio.create_task(server.app.stop())
        events = await until(socket, "error")
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        await stopping

    assert of(events, "transcription.completed")[0].transcript
    assert (events[-1].error.type, events[-1].error.code) == ("server_error", "shutting_down")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


async def test_an_event_that_is_too_large_ends_the_session_behind_the_transcript(
    run: Run,
) -> None:
    async with run() as server, realtime(server.url, TOKEN) as connection:
        await connection.session.update(session=manual())
        await connection.input_audio_buffer.append(audio=text(at_24k(SHORT)))
        await connection.input_audio_buffer.append(audio=text(bytes(800_000)))
        events = await until(connection, "error")
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()

    assert of(events, "transcription.completed")[0].transcript
    assert events[-1].error.code == "too_large"
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_a_wrong_key_is_refused_in_the_handshake(run: Run) -> None:
    async with run() as server:
        with pytest.raises(InvalidStatus) as refused:
            async with realtime(server.url, "nobody"):
                pass

    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["error"]["code"] == "bad_token"


async def test_another_intent_is_refused_in_the_handshake(run: Run) -> None:
    async with run() as server:
        with pytest.raises(InvalidStatus) as refused:
            async with realtime(server.url, TOKEN, extra_query={"intent": "translation"}):
                pass

    assert refused.value.response.status_code == 400
    assert json.loads(refused.value.response.body)["error"]["code"] == "bad_message"


async def test_a_full_server_says_so_in_the_handshake(run: Run) -> None:
    async with (
        run(server={"admission": {**ADMISSION, "max_sessions": 1}}) as server,
        realtime(server.url, TOKEN),
    ):
        with pytest.raises(InvalidStatus) as refused:
            async with realtime(server.url, TOKEN):
                pass

    assert refused.value.response.status_code == 503
    assert json.loads(refused.value.response.body)["error"]["code"] == "full"


@pytest.mark.parametrize(("key", "status"), [(TOKEN, 101), ("nobody", 403), (None, 401)])
async def test_a_browser_offers_its_key_as_a_subprotocol(
    run: Run, key: str | None, status: int
) -> None:
    keys = [] if key is None else [f"openai-insecure-api-key.{key}"]
    offered = [Subprotocol(one) for one in ("realtime", *keys, "openai-beta.realtime-v1")]
    async with run() as server:
        address = f"{server.url.replace('http', 'ws', 1)}v1/realtime?model=whisper-1"
        try:
            async with connect(address, subprotocols=offered, proxy=None) as socket:
                created = parsed(str(await socket.recv()))
                found, spoken = 101, socket.subprotocol
        except InvalidStatus as refused:
            found = refused.response.status_code

    assert found == status
    if status == 101:
        assert (created.type, spoken) == ("session.created", "realtime")


def test_the_document_shows_a_program_that_works(server: Server, tmp_path: Path) -> None:
    address = urlsplit(server.url).netloc
    program = shown("python openai-realtime")
    file = tmp_path / "program.py"
    file.write_text(
        program.replace("localhost:8765", address).replace("TOKEN", server.token),
        encoding="utf-8",
    )

    ran = subprocess.run(
        [sys.executable, file, SHORT], capture_output=True, text=True, timeout=120, check=True
    )

    assert program.count("localhost:8765") == program.count("TOKEN") == 1
    assert ran.stdout.strip() == SAID
