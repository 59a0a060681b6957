"""Deepgram's own SDK, as it comes from PyPI, against a real server."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from deepgram import AsyncDeepgramClient, DeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.types.listen_v1error import ListenV1Error
from deepgram.listen.v1.types.listen_v1metadata import ListenV1Metadata
from deepgram.listen.v1.types.listen_v1results import ListenV1Results
from deepgram.listen.v1.types.listen_v1speech_started import ListenV1SpeechStarted
from deepgram.listen.v1.types.listen_v1utterance_end import ListenV1UtteranceEnd
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.clients.document import shown
from tests.conftest import SAMPLES, Server
from tests.end_to_end.conftest import ADMISSION, TOKEN, Run
from wsserver import client
from wsserver.messages import Final, Start
from wsserver.sound_file import open_sound, to_s16le

# The SDK imports what websockets calls its past.
pytestmark = pytest.mark.filterwarnings(r"ignore:websockets\..* is deprecated:DeprecationWarning")

LONG = SAMPLES / "flite-slt-long.wav"
SHORT = SAMPLES / "en-us-my-uncle-sold.wav"
SAID = "My uncle sold his house by the sea."
MODEL = "nova-3"


def environment(url: str) -> DeepgramClientEnvironment:
    http = url.rstrip("/")
    socket = http.replace("http", "ws", 1)
    return DeepgramClientEnvironment(base=http, production=socket, agent=socket, agent_rest=http)


def samples(path: Path) -> tuple[int, bytes]:
    """Give the rate and all samples, as linear16."""
    with open_sound(path) as sound:
        return sound.block_rate, b"".join(map(to_s16le, sound.blocks()))


def blocks(data: bytes, size: int = 8_000) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@asynccontextmanager
async def listening(url: str, token: str, **options: Any) -> AsyncIterator[Any]:
    """Open a connection of the SDK's; its types know no options by their values."""
    deepgram = AsyncDeepgramClient(api_key=token, environment=environment(url))
    async with deepgram.listen.v1.connect(model=MODEL, **options) as connection:
        yield connection


async def until(connection: Any, is_enough: Any) -> list[Any]:
    """Receive up to the first message that *is_enough*."""
    received = [await connection.recv()]
    while not is_enough(received[-1]):
        received.append(await connection.recv())
    return received


def transcript(message: Any) -> str:
    if not isinstance(message, ListenV1Results):
        return ""
    return message.channel.alternatives[0].transcript


def text(messages: list[Any]) -> str:
    """Join what is final."""
    finals = [transcript(each) for each in messages if getattr(each, "is_final", False)]
    return " ".join(filter(None, finals))


async def native(server: Server, start: Start, data: bytes) -> list[Final]:
    said = await client.transcribe(server.socket_url, server.token, blocks(data), start)
    return [final for final in said if final.text]


async def test_interim_results_grow_into_the_native_finals(server: Server) -> None:
    rate, data = samples(SHORT)
    first, second = 2 * round(1.3 * rate), 2 * round(2.3 * rate)
    raw = {"encoding": "linear16", "sample_rate": rate}
    async with listening(server.url, server.token, **raw, interim_results=True) as connection:
        await connection.send_media(data[:first])
        early = (await until(connection, transcript))[-1]
        await connection.send_media(data[first:second])
        late = (await until(connection, lambda each: len(transcript(each)) > 9))[-1]
        await connection.send_media(data[second:])
        await connection.send_keep_alive()
        await connection.send_close_stream()
        rest = [each async for each in connection]

    (expected,) = await native(server, Start(sample_rate=rate, words=True), data)
    assert (early.is_final, late.is_final) == (False, False)
    assert 0 < len(transcript(early)) < len(transcript(late))
    assert early.duration < late.duration
    (final,) = [each for each in rest if getattr(each, "is_final", False)]
    assert transcript(final) == expected.text == SAID
    assert expected.words is not None
    words = final.channel.alternatives[0].words
    found = [(each.punctuated_word, each.start, each.end, each.confidence) for each in words]
    assert found == [
        (each.text.strip(), pytest.approx(each.start), pytest.approx(each.end), each.probability)
        for each in expected.words
    ]
    assert isinstance(rest[-1], ListenV1Metadata)
    assert rest[-1].duration == pytest.approx(len(data) / 2 / rate, abs=0.01)
    assert datetime.fromisoformat(rest[-1].created) <= datetime.now(UTC)


async def test_finalize_in_the_middle_is_a_native_flush(server: Server) -> None:
    rate, data = samples(LONG)
    half = len(data) // 4 * 2
    raw = {"encoding": "linear16", "sample_rate": rate}
    async with listening(server.url, server.token, **raw) as connection:
        for block in blocks(data[:half]):
            await connection.send_media(block)
        await connection.send_finalize()
        before = await until(connection, lambda each: each.from_finalize)
        for block in blocks(data[half:]):
            await connection.send_media(block)
        await connection.send_finalize()
        await connection.send_close_stream()
        after = [each async for each in connection]
    async with client.connect(
        server.socket_url, server.token, Start(sample_rate=rate)
    ) as dictation:
        await dictation.send(data[:half])
        await dictation.flush()
        await dictation.send(data[half:])
        await dictation.finish()
        finals = [each async for each in dictation if isinstance(each, Final)]

    heard = [transcript(each) for each in [*before, *after] if transcript(each)]
    assert heard == [final.text for final in finals if final.text]
    assert text(before)
    assert sum(getattr(each, "from_finalize", False) or False for each in after) == 1
    assert_gapless([*before, *after])


def assert_gapless(messages: list[Any]) -> None:
    *results, metadata = [each for each in messages if getattr(each, "is_final", True)]
    at = 0.0
    for each in results:
        assert each.start == pytest.approx(at, abs=1e-5)
        at = each.start + each.duration
    assert at == pytest.approx(metadata.duration, abs=1e-3)


def test_the_synchronous_client_may_stream_a_wav_file_as_it_is(server: Server) -> None:
    rate, data = samples(LONG)
    deepgram = DeepgramClient(api_key=server.token, environment=environment(server.url))
    with deepgram.listen.v1.connect(model=MODEL) as connection:
        for block in blocks(LONG.read_bytes()):
            connection.send_media(block)
        connection.send_close_stream()
        received = list(connection)

    expected = asyncio.run(native(server, Start(sample_rate=rate), data))
    assert text(received) == " ".join(final.text for final in expected)
    assert isinstance(received[-1], ListenV1Metadata)
    assert_gapless(received)


async def test_a_telephone_speaks_mulaw_with_a_short_pause(server: Server) -> None:
    path = SAMPLES / "flite-rms-long-8k-mulaw.wav"
    data = path.read_bytes().partition(b"data")[2][4:]
    raw = {"encoding": "mulaw", "sample_rate": 8_000, "endpointing": 300}
    async with listening(server.url, server.token, **raw) as connection:
        for block in blocks(data, 160):
            await connection.send_media(block)
        await connection.send_close_stream()
        received = [each async for each in connection]

    start = Start(encoding="mulaw", sample_rate=8_000, endpointing="captioning")
    expected = await native(server, start, data)
    assert [transcript(each) for each in received if transcript(each)] == [
        final.text for final in expected
    ]


async def test_voice_and_pauses_are_told(server: Server) -> None:
    rate, data = samples(SHORT)
    wishes = {"vad_events": True, "utterance_end_ms": 1000}
    raw = {"encoding": "linear16", "sample_rate": rate}
    async with listening(server.url, server.token, **raw, **wishes) as connection:
        for block in blocks(data + bytes(2 * 2 * rate)):
            await connection.send_media(block)
        await connection.send_close_stream()
        received = [each async for each in connection]

    (final,) = [each for each in received if transcript(each)]
    (started,) = [each for each in received if isinstance(each, ListenV1SpeechStarted)]
    (ended,) = [each for each in received if isinstance(each, ListenV1UtteranceEnd)]
    assert [received.index(each) for each in (started, final, ended)] == sorted(
        received.index(each) for each in (started, final, ended)
    )
    words = final.channel.alternatives[0].words
    assert ended.last_word_end == words[-1].end
    assert started.timestamp < words[0].end
    assert final.speech_final


async def test_a_finalize_with_nothing_to_finalize_is_answered(run: Run) -> None:
    raw = {"encoding": "linear16", "sample_rate": 16_000}
    async with run() as server, listening(server.url, TOKEN, **raw) as connection:
        await connection.send_finalize()
        answer = await connection.recv()

    assert (transcript(answer), answer.is_final, answer.from_finalize) == ("", True, True)


async def test_a_client_of_old_ends_with_an_empty_frame(run: Run) -> None:
    raw = {"encoding": "linear16", "sample_rate": 16_000}
    async with run() as server, listening(server.url, TOKEN, **raw) as connection:
        await connection.send_media(b"")
        received = [each async for each in connection]

    assert [type(each) for each in received] == [ListenV1Metadata]


async def test_an_access_token_opens_too(run: Run) -> None:
    async with run() as server:
        deepgram = AsyncDeepgramClient(access_token=TOKEN, environment=environment(server.url))
        async with deepgram.listen.v1.connect(model=MODEL) as connection:
            await connection.send_close_stream()
            last = await connection.recv()

    assert isinstance(last, ListenV1Metadata)


@pytest.mark.parametrize("kind", ["token", "bearer"])
async def test_a_browser_offers_its_key_as_a_subprotocol(run: Run, kind: str) -> None:
    async with run() as server:
        url = server.url.replace("http", "ws", 1) + "v1/listen"
        offered = [Subprotocol(kind), Subprotocol(TOKEN)]
        async with connect(url, subprotocols=offered, proxy=None) as socket:
            await socket.send('{"type":"CloseStream"}')
            frames = [json.loads(frame) async for frame in socket]

    assert socket.subprotocol == kind
    assert [frame["type"] for frame in frames] == ["Metadata"]
    assert socket.close_code == 1000


@pytest.mark.parametrize(
    ("token", "options", "status", "body"),
    [
        ("nobody", {}, 401, "Websocket initialized with invalid credentials."),
        (TOKEN, {"encoding": "opus", "sample_rate": 48_000}, 400, "Unexpected error"),
        (TOKEN, {"diarize": True}, 400, "Unexpected error"),
    ],
)
async def test_a_key_or_an_option_that_is_not_good_is_an_error_of_the_sdk(
    run: Run, token: str, options: dict[str, Any], status: int, body: str
) -> None:
    async with run() as server:
        with pytest.raises(ApiError) as failed:
            async with listening(server.url, token, **options):
                pass
        left = server.app.open_dictations

    assert failed.value.status_code == status
    assert str(failed.value.body).startswith(body)
    assert left == 0


async def test_a_full_server_is_an_error_of_the_sdk(run: Run) -> None:
    alone = {"admission": {**ADMISSION, "max_sessions": 1}}
    async with run(server=alone) as server, listening(server.url, TOKEN) as first:
        with pytest.raises(ApiError) as failed:
            async with listening(server.url, TOKEN):
                pass
        await first.send_close_stream()
        received = [each async for each in first]

    assert failed.value.status_code == 503
    assert [type(each) for each in received] == [ListenV1Metadata]


@pytest.mark.parametrize(
    ("token", "query", "status", "err_code", "err_msg"),
    [
        ("nobody", "", 401, "INVALID_AUTH", "found a token that is not known here"),
        (TOKEN, "?encoding=opus", 400, "Bad Request", "found encoding 'opus', expected one of l"),
        (TOKEN, "?redact=pci", 400, "Bad Request", "found 'redact', which is not served"),
    ],
)
async def test_a_refusal_says_why_in_their_shape(
    run: Run, token: str, query: str, status: int, err_code: str, err_msg: str
) -> None:
    async with run() as server:
        url = server.url.replace("http", "ws", 1) + f"v1/listen{query}"
        headers = {"Authorization": f"Token {token}"}
        with pytest.raises(InvalidStatus) as refused:
            async with connect(url, additional_headers=headers, proxy=None):
                pass

    answer = refused.value.response
    body = json.loads(answer.body)
    assert answer.status_code == status
    assert body.keys() == {"err_code", "err_msg", "request_id"}
    assert body["err_code"] == err_code
    assert body["err_msg"].startswith(err_msg)


@pytest.mark.parametrize(
    ("options", "data", "variant", "code"),
    [
        ({}, b"\x1a\x45\xdf\xa3", "unsupported_format", 1003),
        ({"language": "xx"}, SHORT.read_bytes(), "unsupported_format", 1003),
    ],
)
async def test_what_shows_only_later_is_an_error_too(
    run: Run, options: dict[str, Any], data: bytes, variant: str, code: int
) -> None:
    async with run() as server, listening(server.url, TOKEN, **options) as connection:
        await connection.send_media(data)
        error = await connection.recv()
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()

    assert isinstance(error, ListenV1Error)
    assert error.variant == variant
    assert error.description.startswith("found ")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


async def test_whoever_says_nothing_for_too_long_is_told(run: Run) -> None:
    brief = {"idle_seconds": 0.3}
    async with run(sessions=brief) as server, listening(server.url, TOKEN) as connection:
        error = await connection.recv()
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()

    assert isinstance(error, ListenV1Error)
    assert error.variant == "limit_reached"
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


def test_the_document_shows_a_program_that_works(server: Server, tmp_path: Path) -> None:
    address = urlsplit(server.url).netloc
    program = shown("python deepgram").replace("localhost:8765", address)
    file = tmp_path / "program.py"
    file.write_text(program.replace("TOKEN", server.token), encoding="utf-8")

    ran = subprocess.run(
        [sys.executable, file, SHORT], capture_output=True, text=True, timeout=120, check=True
    )

    assert address in program
    assert ran.stdout.strip() == SAID
