from typing import Any

import pytest
from openai.types.realtime import RealtimeTranscriptionSessionCreateRequest

from tests.dialects.realtime import MODEL, unknown
from wsserver.audio.pcm import HIGHEST_RATE, LOWEST_RATE
from wsserver.dialects.openai_realtime_session import (
    LONGEST_PROMPT,
    Objection,
    Settings,
    check_unchanged,
    updated,
)
from wsserver.messages import Start
from wsserver.session.opening import MAX_PROMPT_CHARACTERS, prompt_text


def today(**fields: Any) -> dict[str, Any]:
    return {"type": "transcription", "audio": {"input": fields}}


def start(**fields: Any) -> Start:
    return Start(**{"sample_rate": 24_000, **fields})


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        ({}, start()),
        ({"type": "transcription"}, start()),
        (today(format={"type": "audio/pcm", "rate": 24_000}), start()),
        (today(format={"type": "audio/pcm"}), start()),
        (today(format={"type": "audio/pcm", "rate": 16_000}), start(sample_rate=16_000)),
        (today(format={"type": "audio/pcmu"}), start(encoding="mulaw", sample_rate=8_000)),
        (today(format={"type": "audio/pcma"}), start(encoding="alaw", sample_rate=8_000)),
        (today(transcription={"model": "whisper-1", "language": "de"}), start(language="de")),
        (today(transcription={"language": "de-AT"}), start(language="de")),
        (today(transcription={"languages": ["de"]}), start(language="de")),
        (today(transcription={"languages": ["de", "en"]}), start()),
        (today(transcription={"language": "", "delay": "low"}), start()),
        (
            today(transcription={"prompt": "Names.", "keywords": ["Ada", "Bob"]}),
            start(prompt="Names.", hotwords=("Ada", "Bob")),
        ),
        (today(noise_reduction={"type": "near_field"}), start()),
        (today(turn_detection={"type": "server_vad"}), start()),
        (
            today(turn_detection={"type": "server_vad", "silence_duration_ms": 500}),
            start(endpointing="captioning"),
        ),
        (today(turn_detection={"type": "server_vad", "silence_duration_ms": 600}), start()),
        (today(turn_detection={"type": "semantic_vad"}), start()),
        (
            today(turn_detection={"type": "semantic_vad", "eagerness": "high"}),
            start(endpointing="captioning"),
        ),
        ({"input_audio_format": "pcm16"}, start()),
        ({"input_audio_format": "g711_ulaw"}, start(encoding="mulaw", sample_rate=8_000)),
        ({"input_audio_format": "g711_alaw"}, start(encoding="alaw", sample_rate=8_000)),
        (
            {
                "input_audio_transcription": {"model": "whisper-1", "language": "de"},
                "input_audio_noise_reduction": None,
                "turn_detection": {"type": "server_vad", "threshold": 0.5},
                "include": ["item.input_audio_transcription.logprobs"],
            },
            start(language="de"),
        ),
    ],
)
def test_both_shapes_say_what_the_session_is_opened_with(
    session: dict[str, Any], expected: Start
) -> None:
    assert updated(Settings(), session, MODEL).start() == expected


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        (None, "invalid_value", "session"),
        ({"type": "realtime"}, "invalid_value", "session.type"),
        ({"voice": "alloy"}, "unknown_parameter", "session.voice"),
        ({"turn_detection": None, "tools": []}, "unknown_parameter", "session.tools"),
        ({"audio": {"output": {}}}, "unknown_parameter", "session.audio.output"),
        ({"audio": {}, "turn_detection": None}, "unknown_parameter", "session.audio"),
        ({"input_audio_format": "opus"}, "invalid_value", "session.input_audio_format"),
        (
            today(format={"type": "audio/opus"}),
            "invalid_value",
            "session.audio.input.format.type",
        ),
        (
            today(format={"type": "audio/pcm", "rate": 96_000}),
            "invalid_value",
            "session.audio.input.format.rate",
        ),
        (
            today(format={"type": "audio/pcmu", "rate": 24_000}),
            "invalid_value",
            "session.audio.input.format.rate",
        ),
        (
            today(transcription={"language": "xx"}),
            "invalid_value",
            "session.audio.input.transcription.language",
        ),
        (
            today(transcription={"prompt": "x" * LONGEST_PROMPT + "x"}),
            "invalid_value",
            "session.audio.input.transcription.prompt",
        ),
        (
            today(turn_detection={"type": "none"}),
            "invalid_value",
            "session.audio.input.turn_detection.type",
        ),
    ],
)
def test_what_is_not_served_is_named(session: object, code: str, param: str) -> None:
    with pytest.raises(Objection) as objection:
        updated(Settings(), session, MODEL)

    assert (objection.value.kind, objection.value.param) == (code, param)


def test_an_update_leaves_what_it_does_not_name() -> None:
    first = today(
        format={"type": "audio/pcm", "rate": 16_000},
        transcription={"language": "de", "prompt": "Names."},
        turn_detection=None,
    )
    second = today(transcription={"prompt": ""})

    settings = updated(updated(Settings(), first, MODEL), second, MODEL)

    assert settings == Settings(rate=16_000, language="de", by_voice=False)


def test_null_takes_back_what_was_set() -> None:
    set_before = Settings(format="audio/pcmu", rate=8_000, language="de", prompt="x")

    settings = updated(set_before, today(format=None, transcription=None), MODEL)

    assert settings == Settings()


@pytest.mark.parametrize(
    ("after", "param"),
    [
        (Settings(rate=16_000), "session.audio.input.format"),
        (Settings(language="de"), "session.audio.input.transcription"),
        (Settings(prompt="x"), "session.audio.input.transcription"),
        (Settings(keywords=("x",)), "session.audio.input.transcription"),
        (Settings(profile="captioning"), "session.audio.input.turn_detection"),
    ],
)
def test_a_session_that_has_heard_something_stays_as_it_is(after: Settings, param: str) -> None:
    with pytest.raises(Objection) as objection:
        check_unchanged(Settings(), after)

    assert objection.value.param == param


def test_who_ends_items_may_change_at_any_time() -> None:
    check_unchanged(Settings(), Settings(by_voice=False))


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(format="audio/pcma", rate=8_000, language="de", prompt="x", keywords=("y",)),
        Settings(by_voice=False),
    ],
)
def test_the_sdk_knows_every_field_that_is_shown(settings: Settings) -> None:
    shown = settings.shown(MODEL.name)

    read = RealtimeTranscriptionSessionCreateRequest.model_validate(shown, strict=True)

    assert not unknown(read)
    assert updated(Settings(), shown, MODEL) == settings


def test_the_beta_reads_what_it_is_shown() -> None:
    settings = Settings(format="audio/pcma", rate=8_000, language="de", by_voice=False)

    assert updated(Settings(), settings.shown_as_beta(MODEL.name), MODEL) == settings


def test_what_is_taken_here_is_taken_by_the_session() -> None:
    prompt = Settings(prompt="x" * 1_000, keywords=("y" * 998,))
    both = updated(Settings(), prompt.shown(MODEL.name), MODEL).start()

    assert len(prompt_text(both)) == LONGEST_PROMPT == MAX_PROMPT_CHARACTERS
    for rate in (LOWEST_RATE, HIGHEST_RATE):
        told = today(format={"type": "audio/pcm", "rate": rate})
        assert updated(Settings(), told, MODEL).rate == rate
