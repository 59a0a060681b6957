import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import Model
from openai.types.audio import (
    Transcription,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionVerbose,
    Translation,
    TranslationVerbose,
)
from pydantic import BaseModel

from wsserver.dialects import openai_audio as dialect
from wsserver.dialects.openai_audio import Transcript
from wsserver.dialects.openai_form import Form, Options
from wsserver.errors import EngineLost
from wsserver.messages import Final, Start, TimedWord
from wsserver.speech import Hypothesis, Task


def hypothesis(number: int, text: str) -> Hypothesis:
    return Hypothesis(
        text=text,
        tokens=(number, number + 1),
        words=(),
        language="en",
        language_probability=1.0,
        avg_logprob=-0.25,
        no_speech_prob=0.125,
        compression_ratio=1.5,
        temperature=0.2,
    )


def transcript(*texts: str, language: str = "en") -> Transcript:
    """Give one second for each of *texts*."""
    finals = tuple(
        Final(
            utterance=number,
            text=text,
            start=number - 1.0,
            end=number - 0.25,
            language=language,
            words=(TimedWord(text=f" {text}", start=number - 0.75, end=number, probability=0.5),),
            through=number,
        )
        for number, text in enumerate(texts, 1)
    )
    heard = {final.utterance: hypothesis(final.utterance, final.text) for final in finals}
    return Transcript(finals, float(len(texts)), heard)


def asking(form: Form, task: Task = "transcribe", **options: Any) -> Options:
    return Options(Start(task=task), form, **options)


def unknown_fields(parsed: BaseModel) -> set[str]:
    """Give the fields that a type of the library does not know, however deep."""
    known = [getattr(parsed, name) for name in type(parsed).model_fields]
    parts = [part for each in known for part in (each if isinstance(each, list) else [each])]
    below = [unknown_fields(part) for part in parts if isinstance(part, BaseModel)]
    return set(parsed.model_extra or ()).union(*below)


@pytest.mark.parametrize(
    ("options", "kind", "extra"),
    [
        (asking("json"), Transcription, set()),
        (asking("verbose_json"), TranscriptionVerbose, {"task"}),
        (asking("verbose_json", segments=False, words=True), TranscriptionVerbose, {"task"}),
        (asking("verbose_json", segments=True, words=True), TranscriptionVerbose, {"task"}),
        (asking("json", "translate"), Translation, set()),
        (asking("verbose_json", "translate"), TranslationVerbose, {"task"}),
    ],
)
def test_an_answer_is_what_the_library_knows(
    options: Options, kind: type[BaseModel], extra: set[str]
) -> None:
    body = dialect.answer(transcript("Hello.", "You there?"), options)

    parsed = kind.model_validate_json(json.dumps(body), strict=True)

    assert unknown_fields(parsed) == extra
    assert body["text"] == "Hello. You there?"


def test_segments_are_finals_with_what_the_engine_says_of_them() -> None:
    body = dialect.answer(transcript("Hello.", "", "There."), asking("verbose_json"))

    assert body == {
        "task": "transcribe",
        "language": "english",
        "duration": 3.0,
        "text": "Hello. There.",
        "usage": {"type": "duration", "seconds": 3.0},
        "segments": [segment(0, 1, " Hello."), segment(1, 3, " There.")],
    }


def segment(number: int, utterance: int, text: str) -> dict[str, Any]:
    return {
        "id": number,
        "seek": 100 * (utterance - 1),
        "start": utterance - 1.0,
        "end": utterance - 0.25,
        "text": text,
        "tokens": [utterance, utterance + 1],
        "temperature": 0.2,
        "avg_logprob": -0.25,
        "compression_ratio": 1.5,
        "no_speech_prob": 0.125,
    }


def test_words_come_without_the_space_before_them() -> None:
    options = asking("verbose_json", segments=False, words=True)

    body = dialect.answer(transcript("Hello.", ""), options)

    assert body["words"][0] == {"word": "Hello.", "start": 0.25, "end": 1.0}
    assert len(body["words"]) == 1
    assert "segments" not in body


@pytest.mark.parametrize(
    ("heard", "asked", "task", "name"),
    [
        (transcript("Hallo.", language="de"), None, "transcribe", "german"),
        (transcript("Hallo.", language="de"), "de", "translate", "english"),
        (transcript("", language="de"), "fr", "transcribe", "french"),
        (transcript(), None, "transcribe", "unknown"),
        (transcript("Qapla'", language="tlh"), None, "transcribe", "tlh"),
    ],
)
def test_the_language_is_named_in_english(
    heard: Transcript, asked: str | None, task: Task, name: str
) -> None:
    options = Options(Start(language=asked, task=task), "verbose_json")

    assert dialect.answer(heard, options)["language"] == name


@given(st.lists(st.text()), st.sampled_from(["en", "ja"]))
def test_the_deltas_and_the_segments_are_the_text(texts: list[str], language: str) -> None:
    heard = transcript(*texts, language=language)
    spoken = heard.spoken
    deltas = [dialect.delta(final, is_first=final is spoken[0]) for final in spoken]
    segments = dialect.answer(heard, asking("verbose_json"))["segments"]

    assert "".join(deltas) == heard.text
    assert "".join(each["text"] for each in segments).removeprefix(" ") == (
        heard.text if language == "en" else heard.text.removeprefix(" ")
    )
    assert heard.text == (" " if language == "en" else "").join(text for text in texts if text)


def test_events_are_what_the_library_knows() -> None:
    delta = data(dialect.delta_event("Two\nlines"))
    done = data(dialect.done_event(transcript("Hello.", "There.")))

    first = TranscriptionTextDeltaEvent.model_validate_json(delta, strict=True)
    last = TranscriptionTextDoneEvent.model_validate_json(done, strict=True)

    assert (first.delta, last.text) == ("Two\nlines", "Hello. There.")
    assert unknown_fields(first) == unknown_fields(last) == set()


def data(event: str) -> str:
    """Give what one event holds; a line break in it would make it two."""
    (line,) = event.removesuffix("\n\n").splitlines()
    return line.removeprefix("data: ")


def test_an_error_is_an_event_too() -> None:
    assert json.loads(data(dialect.error_event(EngineLost("it died")))) == {
        "error": {
            "message": "it died",
            "type": "server_error",
            "param": None,
            "code": "engine_lost",
        }
    }


def test_models_are_what_the_library_knows() -> None:
    listed = dialect.models(["base", "whisper-1"], 1_700_000_000)

    parsed = [Model.model_validate(each, strict=True) for each in listed["data"]]

    assert [each.id for each in parsed] == ["base", "whisper-1"]
    assert {each.created for each in parsed} == {1_700_000_000}
    assert not any(map(unknown_fields, parsed))
    assert listed["object"] == "list"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (401, "no_token", (401, "invalid_request_error", "no_token")),
        (403, "bad_token", (401, "invalid_request_error", "invalid_api_key")),
        (403, "missing_scope", (403, "invalid_request_error", "missing_scope")),
        (404, "model_not_found", (404, "invalid_request_error", "model_not_found")),
        (413, "too_large", (413, "invalid_request_error", "too_large")),
        (415, "unsupported_format", (400, "invalid_request_error", "unsupported_value")),
        (429, "too_many_sessions", (429, "rate_limit_exceeded", "too_many_sessions")),
        (429, "audio_used_up", (429, "insufficient_quota", "insufficient_quota")),
        (429, "limit_reached", (429, "insufficient_quota", "insufficient_quota")),
        (503, "full", (503, "server_error", "full")),
    ],
)
def test_an_error_has_the_status_and_the_type_that_programs_expect(
    status: int, code: str, expected: tuple[int, str, str]
) -> None:
    told, body = dialect.told(status, code, "so it is", "file")

    error = body["error"]
    assert (told, error["type"], error["code"]) == expected
    assert (error["message"], error["param"]) == ("so it is", "file")
