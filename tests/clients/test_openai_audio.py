"""Programs that know OpenAI's audio endpoints: its own library, unmodified, and curl."""

import asyncio
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import openai
import pytest
import soundfile
from openai.types.audio import TranscriptionTextDeltaEvent, TranscriptionTextDoneEvent

from tests.clients.document import shown
from tests.conftest import SAMPLES, Server
from tests.end_to_end.conftest import ADMISSION, TOKEN, Run, Running
from tests.waiting import until
from wsserver import client
from wsserver.messages import Final, Start
from wsserver.net.tokens import hash_token
from wsserver.self_check import SAMPLE
from wsserver.sound_file import open_sound, to_s16le

LONG = SAMPLES / "flite-slt-long.wav"
SHORT = SAMPLES / "en-us-my-uncle-sold.wav"
DEPRECATED = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
"""The library warns of translations."""


@asynccontextmanager
async def library(server: Server | Running, key: str | None = None) -> AsyncIterator[Any]:
    """Give the library's client, which checks what it is answered against its own types."""
    async with openai.AsyncOpenAI(
        base_url=f"{server.url}v1",
        api_key=key or server.token,
        max_retries=0,
        _strict_response_validation=True,
    ) as api:
        yield api


async def native(server: Server | Running, path: Path, **wishes: Any) -> list[Final]:
    with open_sound(path) as sound:
        start = Start(sample_rate=sound.block_rate, words=True, **wishes)
        blocks = map(to_s16le, sound.blocks())
        finals = await client.transcribe(server.socket_url, server.token, blocks, start)
    return [final for final in finals if final.text]


def text_of(finals: list[Final]) -> str:
    return " ".join(final.text for final in finals)


def pauses(times: int) -> bytes:
    """Give a file in which the server's own sample is spoken so many times."""
    samples, rate = soundfile.read(SAMPLE, dtype="float32")
    file = io.BytesIO()
    spoken = np.concatenate([samples, np.zeros(2 * rate, np.float32)])
    soundfile.write(file, np.tile(spoken, times), rate, format="WAV")
    return file.getvalue()


def cue_text(captions: str) -> str:
    lines = [line for line in captions.splitlines() if line and "-->" not in line]
    return " ".join(line for line in lines if line != "WEBVTT" and not line.isdigit())


@pytest.mark.parametrize(
    ("form", "read"),
    [
        ("json", lambda answer: answer.text),
        ("text", str.strip),
        ("verbose_json", lambda answer: answer.text),
        ("srt", cue_text),
        ("vtt", cue_text),
    ],
)
async def test_every_form_tells_what_the_native_language_tells(
    server: Server, form: str, read: Callable[[Any], str]
) -> None:
    async with library(server) as api:
        answer = await api.audio.transcriptions.create(
            model="whisper-1", file=LONG, response_format=form
        )

    assert read(answer) == text_of(await native(server, LONG))


async def test_segments_and_words_are_those_of_the_native_finals(server: Server) -> None:
    async with library(server) as api:
        answer = await api.audio.transcriptions.create(
            model="whisper-1",
            file=LONG,
            response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
        )
    finals = await native(server, LONG)

    assert [each.text.strip() for each in answer.segments] == [each.text for each in finals]
    assert [(each.start, each.end) for each in answer.segments] == [
        (round(each.start, 3), round(each.end, 3)) for each in finals
    ]
    assert [(each.word, each.start) for each in answer.words] == [
        (word.text.strip(), round(word.start, 3)) for each in finals for word in each.words or ()
    ]
    assert all(each.tokens and -1 < each.avg_logprob < 0 for each in answer.segments)
    assert answer.language == "english"
    assert answer.duration == answer.usage.seconds == pytest.approx(13.35, abs=0.01)


async def test_a_stream_has_a_delta_for_every_final(server: Server) -> None:
    async with library(server) as api:
        stream = await api.audio.transcriptions.create(
            model="gpt-4o-mini-transcribe", file=LONG, stream=True
        )
        events = [event async for event in stream]
    *deltas, done = events
    finals = await native(server, LONG)

    assert all(isinstance(event, TranscriptionTextDeltaEvent) for event in deltas)
    assert isinstance(done, TranscriptionTextDoneEvent)
    assert [event.delta.strip() for event in deltas] == [final.text for final in finals]
    assert "".join(event.delta for event in deltas) == done.text == text_of(finals)


async def test_a_prompt_is_heeded_and_what_does_no_harm_is_tolerated(server: Server) -> None:
    async with library(server) as api:
        answer = await api.audio.transcriptions.create(
            model="any-model",
            file=("speech.bin", SHORT.read_bytes(), "application/octet-stream"),
            language="en-US",
            prompt="A letter.",
            temperature=0.2,
            chunking_strategy={"type": "server_vad"},
        )

    assert answer.text == text_of(await native(server, SHORT, language="en", prompt="A letter."))


@DEPRECATED
async def test_a_translation_is_asked_of_the_model(run: Run) -> None:
    async with run() as server, library(server) as api:
        brief = await api.audio.translations.create(model="whisper-1", file=SAMPLE)
        long = await api.audio.translations.create(
            model="whisper-1", file=SAMPLE, response_format="verbose_json"
        )

    assert brief.text == long.text == "w0 w1 w2 w3 w4 w5 w6"
    assert long.language == "english"


@DEPRECATED
async def test_a_model_that_knows_english_alone_says_that_it_cannot_translate(
    server: Server,
) -> None:
    async with library(server) as api:
        with pytest.raises(openai.BadRequestError, match="knows English alone") as refused:
            await api.audio.translations.create(model="whisper-1", file=SHORT)

    assert refused.value.code == "unsupported_value"


async def test_the_model_and_its_usual_name_are_listed(server: Server) -> None:
    async with library(server) as api:
        listed = [model.id async for model in api.models.list()]
        one = await api.models.retrieve("whisper-1")
        with pytest.raises(openai.NotFoundError, match="expected practice, whisper-1") as refused:
            await api.models.retrieve("gpt-4o/transcribe")

    assert (listed, one.id) == (["practice", "whisper-1"], "whisper-1")
    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")


@pytest.mark.parametrize(
    ("wishes", "param", "code", "complaint"),
    [
        ({"file": b"this is no sound"}, None, "bad_audio", "is no sound|holds no sound"),
        ({"file": b""}, None, "bad_audio", "the file is empty"),
        ({"file": SAMPLE.read_bytes()[:44]}, None, "bad_audio", "holds no audio"),
        ({"response_format": "diarized_json"}, "response_format", "invalid_value", "expected one"),
        ({"include": ["logprobs"]}, "include", "invalid_value", "not given"),
        ({"known_speaker_names": ["a"]}, "known_speaker_names", "invalid_value", "not told apart"),
        ({"language": "xx"}, None, "unsupported_value", "fake knows en, de"),
        ({"keywords": ["word"] * 500}, None, "bad_message", "characters of prompt and hotwords"),
        ({"stream": True, "response_format": "vtt"}, "stream", "invalid_value", "expected json"),
        ({"stream": True, "language": "xx"}, None, "unsupported_value", "fake knows en, de"),
    ],
)
async def test_what_is_wrong_with_a_request_is_told_as_the_library_knows_it(
    run: Run, wishes: dict[str, Any], param: str | None, code: str, complaint: str
) -> None:
    async with run() as server, library(server) as api:
        request = {"model": "whisper-1", "file": SAMPLE} | wishes
        with pytest.raises(openai.BadRequestError, match=complaint) as refused:
            await api.audio.transcriptions.create(**request)

    error = refused.value
    assert (error.param, error.code, error.type) == (param, code, "invalid_request_error")


@pytest.mark.parametrize(
    ("token", "key", "kind", "code"),
    [
        ({}, "wrong", openai.AuthenticationError, "invalid_api_key"),
        ({"scope": ["view"]}, TOKEN, openai.PermissionDeniedError, "missing_scope"),
        ({"audio_seconds_per_day": 0}, TOKEN, openai.RateLimitError, "insufficient_quota"),
        ({"audio_seconds_per_day": 1}, TOKEN, openai.RateLimitError, "insufficient_quota"),
    ],
)
async def test_who_is_not_let_in_gets_the_exception_that_the_library_has_for_it(
    run: Run, token: dict[str, Any], key: str, kind: type[openai.APIStatusError], code: str
) -> None:
    tokens = [{"name": "tests", "hash": hash_token(TOKEN)} | token]
    async with (
        run(server={"admission": {"tokens": tokens}}) as server,
        library(server, key) as api,
    ):
        with pytest.raises(kind) as refused:
            await api.audio.transcriptions.create(model="whisper-1", file=SAMPLE)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("limits", "kind", "code"),
    [
        ({"max_sessions": 1}, openai.InternalServerError, "full"),
        ({"max_sessions_per_address": 1}, openai.RateLimitError, "too_many_from_address"),
    ],
)
async def test_a_file_takes_a_place_and_needs_one(
    run: Run, limits: dict[str, int], kind: type[openai.APIStatusError], code: str
) -> None:
    async with run(server={"admission": {**ADMISSION, **limits}}) as server, library(server) as api:
        async with client.connect(server.socket_url, server.token) as dictation:
            with pytest.raises(kind) as refused:
                await api.audio.transcriptions.create(model="whisper-1", file=SAMPLE)
            await dictation.finish()
            assert [message.type async for message in dictation][-1] == "done"
        await until(lambda: not server.app.open_dictations)
        after = await api.audio.transcriptions.create(model="whisper-1", file=SAMPLE)

    assert refused.value.code == code
    assert refused.value.response.headers["Retry-After"] == "5"
    assert after.text == "w0 w1 w2 w3 w4 w5 w6"


async def test_a_file_above_the_limit_is_refused(run: Run) -> None:
    async with (
        run(server={"http": {"body_limit_bytes": 10_000}}) as server,
        library(server) as api,
    ):
        with pytest.raises(openai.APIStatusError, match="expected at most 10000") as refused:
            await api.audio.transcriptions.create(model="whisper-1", file=SAMPLE)

    assert (refused.value.status_code, refused.value.code) == (413, "too_large")


async def test_an_engine_that_fails_ends_the_request(run: Run) -> None:
    script = {"faults": {1: "raise"}}
    async with run(engine={"script": script}) as server, library(server) as api:
        with pytest.raises(openai.InternalServerError, match="could not be recognized") as failed:
            await api.audio.transcriptions.create(model="whisper-1", file=("a.wav", pauses(2)))

    assert failed.value.code == "engine_error"


async def deltas(api: Any, file: bytes) -> AsyncIterator[str]:
    stream = await api.audio.transcriptions.create(
        model="whisper-1", file=("a.wav", file), stream=True
    )
    async for event in stream:
        yield getattr(event, "delta", event.type)


async def test_what_fails_after_the_first_delta_is_told_in_the_stream(run: Run) -> None:
    async with run(engine={"script": {"faults": {2: "raise"}}}) as server, library(server) as api:
        stream = deltas(api, pauses(3))
        first = await anext(stream)
        with pytest.raises(openai.APIError, match="utterance 2 could not be recognized") as failed:
            await anext(stream)

    assert first == "w0 w1 w2 w3 w4 w5 w6"
    assert failed.value.code == "engine_error"


async def test_a_file_that_ends_early_gives_an_error_and_no_shorter_text(run: Run) -> None:
    cut = pauses(4)[:-100_000]
    async with run() as server, library(server) as api:
        with pytest.raises(openai.BadRequestError, match="cut off or damaged"):
            await api.audio.transcriptions.create(model="whisper-1", file=("a.wav", cut))
        stream = deltas(api, cut)
        with pytest.raises(openai.APIError, match="cut off or damaged"):
            assert "transcript.text.done" not in [delta async for delta in stream]


@pytest.mark.parametrize("streams", [False, True])
async def test_a_file_ends_with_its_client(run: Run, streams: bool) -> None:
    async with run(engine={"script": {"delay_s": 0.05}}) as server:

        async def ask() -> None:
            async with library(server) as api:
                file = ("a.wav", pauses(200))
                answer = await api.audio.transcriptions.create(
                    model="whisper-1", file=file, stream=streams
                )
                async for _ in answer:
                    pass

        asking = asyncio.create_task(ask())
        await until(lambda: bool(server.app._scheduler._answers))
        asking.cancel()
        await until(lambda: not server.app._gate.sessions)

        assert not server.app._scheduler._answers
    assert asking.cancelled()


async def test_who_does_not_speak_the_language_finds_nothing(run: Run) -> None:
    async with run(server={"dialects": []}) as server, library(server) as api:
        with pytest.raises(openai.NotFoundError):
            await api.audio.transcriptions.create(model="whisper-1", file=SAMPLE)


def curl(server: Server | Running, path: str, *options: str) -> str:
    command = ["curl", "--silent", "--noproxy", "*", f"{server.url}{path}", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def bearer(server: Server) -> tuple[str, str]:
    return "--header", f"Authorization: Bearer {server.token}"


@pytest.mark.parametrize(
    "fields",
    [
        ("file=@{file}", "model=whisper-1", "response_format=text"),
        ("response_format=text", "model=whisper-1", "file=@{file};type=audio/wav"),
    ],
)
async def test_curl_may_send_the_fields_in_any_order(
    server: Server, fields: tuple[str, ...]
) -> None:
    form = [part for field in fields for part in ("--form", field.format(file=SHORT))]

    said = await asyncio.to_thread(curl, server, "v1/audio/transcriptions", *bearer(server), *form)

    assert said == text_of(await native(server, SHORT)) + "\n"


def test_curl_sees_the_events_of_a_stream(server: Server) -> None:
    form = ["--form", "stream=true", "--form", f"file=@{SHORT}"]

    said = curl(server, "v1/audio/transcriptions", "--include", *bearer(server), *form)

    head, _, body = said.partition("\n\n")
    events = [json.loads(line.removeprefix("data: ")) for line in body.strip().split("\n\n")]
    assert "Content-Type: text/event-stream" in head
    assert [event["type"] for event in events] == ["transcript.text.delta", "transcript.text.done"]


@pytest.mark.parametrize(
    ("path", "options", "status", "code"),
    [
        ("v1/models", [], 401, "no_token"),
        ("v1/audio/transcriptions", ["--data", "x"], 401, "no_token"),
        ("v1/audio/speech", ["BEARER", "--data", "x"], 404, "not_found"),
        (
            "v1/audio/transcriptions",
            ["BEARER", "--header", "Origin: https://other.example", "--form", "model=x"],
            403,
            "bad_origin",
        ),
        ("v1/audio/transcriptions", ["BEARER"], 405, "method_not_allowed"),
        ("v1/audio/transcriptions", ["BEARER", "--data", "x"], 400, "bad_message"),
        ("v1/audio/transcriptions", ["BEARER", "--form", "model=x"], 400, "invalid_value"),
    ],
)
def test_every_error_on_these_paths_has_the_same_shape(
    server: Server, path: str, options: list[str], status: int, code: str
) -> None:
    options = [
        part for each in options for part in (bearer(server) if each == "BEARER" else [each])
    ]

    said = curl(server, path, "--write-out", "\n%{http_code}", *options)

    body, _, found = said.rpartition("\n")
    error = json.loads(body)["error"]
    assert int(found) == status
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["code"] == code


@pytest.mark.parametrize("path", ["v1/models", "v1/models/whisper-1", "v1/models/nothing"])
async def test_who_may_only_view_learns_nothing_of_models(run: Run, path: str) -> None:
    viewer = {"name": "wall", "hash": hash_token("a-wall"), "scope": ["view"]}
    admission = {"tokens": [*ADMISSION["tokens"], viewer]}
    async with run(server={"admission": admission}) as server:
        header = ["--header", "Authorization: Bearer a-wall"]
        said = await asyncio.to_thread(curl, server, path, *header)

    assert json.loads(said)["error"]["code"] == "missing_scope"


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no ffmpeg on the path")
@pytest.mark.parametrize(("ending", "codec"), [("m4a", "alac"), ("mkv", "flac"), ("mov", "alac")])
async def test_what_ffmpeg_reads_gives_the_same_text(
    server: Server, tmp_path: Path, ending: str, codec: str
) -> None:
    film = tmp_path / f"film.{ending}"
    command = ["ffmpeg", "-loglevel", "error", "-i", str(SHORT), "-c:a", codec, str(film)]
    await asyncio.to_thread(subprocess.run, command, check=True)

    async with library(server) as api:
        answer = await api.audio.transcriptions.create(model="whisper-1", file=film)

    assert answer.text == text_of(await native(server, SHORT))


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no ffmpeg on the path")
async def test_a_playlist_leads_ffmpeg_to_no_other_file(server: Server, tmp_path: Path) -> None:
    track = tmp_path / "track.ts"
    command = ["ffmpeg", "-loglevel", "error", "-i", str(SHORT), "-c:a", "aac", str(track)]
    await asyncio.to_thread(subprocess.run, command, check=True)
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{track}\n#EXT-X-ENDLIST\n"

    async with library(server) as api:
        with pytest.raises(openai.BadRequestError, match="holds no sound"):
            await api.audio.transcriptions.create(
                model="whisper-1", file=("list.m3u8", playlist.encode())
            )


async def test_without_ffmpeg_the_error_says_what_can_be_read(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    async with run() as server, library(server) as api:
        with pytest.raises(openai.BadRequestError) as refused:
            await api.audio.transcriptions.create(model="whisper-1", file=b"no sound at all")

    assert re.search("expected WAV, FLAC, OGG or MP3.*webm and aac need ffmpeg", str(refused.value))


def at(server: Server, program: str) -> str:
    """Put where this server is, and who asks, into a program of the document."""
    placed = program.replace("localhost:8765", urlsplit(server.url).netloc)
    return placed.replace("TOKEN", server.token).replace("speech.wav", str(SHORT))


def test_the_document_shows_a_program_that_works(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(at(server, shown("python openai-audio")), encoding="utf-8")

    ran = subprocess.run(
        [sys.executable, file], capture_output=True, text=True, timeout=120, check=True
    )

    assert ran.stdout.strip() == "My uncle sold his house by the sea."


def test_the_document_shows_a_command_that_works(server: Server) -> None:
    command = at(server, shown("sh openai-audio")).replace("curl", "curl --silent --noproxy '*'")

    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "My uncle sold his house by the sea."
