"""Every frame is read by the SDK's own models, as strictly as they can."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from deepgram.listen.v1.types.listen_v1configure_failure import ListenV1ConfigureFailure
from deepgram.listen.v1.types.listen_v1error import ListenV1Error
from deepgram.listen.v1.types.listen_v1metadata import ListenV1Metadata
from deepgram.listen.v1.types.listen_v1results import ListenV1Results
from deepgram.listen.v1.types.listen_v1speech_started import ListenV1SpeechStarted
from deepgram.listen.v1.types.listen_v1utterance_end import ListenV1UtteranceEnd
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.dialects.test_deepgram_audio import HEADER
from wsserver.dialects.deepgram import DIALECT, DeepgramTranslator
from wsserver.dialects.deepgram_options import read
from wsserver.dialects.dialect import Dated, Inquisitive, Model
from wsserver.errors import LimitReached, UnsupportedFormat
from wsserver.messages import (
    Ack,
    Audio,
    Done,
    Error,
    Final,
    Finish,
    Flush,
    Flushed,
    Keepalive,
    Limits,
    Partial,
    Ready,
    ServerMessage,
    Speech,
    Start,
    TimedWord,
    Warn,
)

RAW = "encoding=linear16&sample_rate=16000"
FINALIZE, CLOSE, KEEP = (
    f'{{"type":"{name}"}}' for name in ("Finalize", "CloseStream", "KeepAlive")
)
SECOND = bytes(32_000)
READY = Ready(
    session="0123456789abcdef0123456789abcdef",
    model="base",
    practice=False,
    languages=("de", "en"),
    encodings=("s16le",),
    sample_rates=(8_000, 48_000),
    limits=Limits(frame_bytes=1, idle_seconds=1, session_seconds=1),
)
TYPES: dict[str, type[BaseModel]] = {
    "Results": ListenV1Results,
    "Metadata": ListenV1Metadata,
    "SpeechStarted": ListenV1SpeechStarted,
    "UtteranceEnd": ListenV1UtteranceEnd,
    "Error": ListenV1Error,
    "ConfigureFailure": ListenV1ConfigureFailure,
}


def parsed(frame: object) -> dict[str, Any]:
    """Read a frame as strictly as the SDK's type for it can."""
    assert isinstance(frame, str)
    kind = TYPES[json.loads(frame)["type"]]
    assert kind.model_validate_json(frame, strict=True)
    found: dict[str, Any] = json.loads(frame)
    return found


def opened(query: str = RAW) -> DeepgramTranslator:
    translator = DeepgramTranslator(read(query))
    assert isinstance(translator, Dated)
    assert isinstance(translator, Inquisitive)
    translator.meet(Model("base", ("de", "en")))
    translator.begin(datetime(2026, 11, 23, 4, 5, 6, 789_000, UTC))
    tuple(translator.greet())
    assert said(translator, READY) == []
    return translator


def said(translator: DeepgramTranslator, *messages: ServerMessage) -> list[dict[str, Any]]:
    return [parsed(frame) for message in messages for frame in translator.write(message)]


def told(translator: DeepgramTranslator, frame: str | bytes) -> list[object]:
    """Give what a frame is made of: messages, and the answers as they are parsed."""
    found = translator.read(frame)
    return [parsed(item) if isinstance(item, str) else item for item in found]


def word(text: str, start: float, end: float, probability: float = 0.9) -> TimedWord:
    return TimedWord(text=text, start=start, end=end, probability=probability)


def final(number: int, end: float, *words: TimedWord, text: str | None = None) -> Final:
    """Give the final of an utterance that ends *end* seconds after the beginning, at 16 kHz."""
    spoken = "".join(each.text for each in words).strip() if text is None else text
    return Final(
        utterance=number,
        text=spoken,
        start=0.0,
        end=end,
        words=words,
        language="en",
        through=round(end * 16_000),
    )


def started(number: int, at: float) -> Speech:
    return Speech(event="started", utterance=number, time=at)


HELLO = final(1, 2.0, word(" Hello,", 0.4, 0.8, 0.9), word(" Ann's", 0.8, 1.2, 0.6))


def text(frame: dict[str, Any]) -> str:
    found: str = frame["channel"]["alternatives"][0]["transcript"]
    return found


def types(frames: Iterable[dict[str, Any]]) -> list[str]:
    return [frame["type"] for frame in frames]


def test_the_query_opens_the_session() -> None:
    translator = DIALECT.open(f"{RAW}&language=de&interim_results=true")

    assert list(translator.greet()) == [Start(language="de", words=True)]


@pytest.mark.parametrize(
    ("languages", "query", "language"),
    [
        (("de", "en"), RAW, "en"),
        (("de",), RAW, None),
        (("de",), f"{RAW}&language=en", "en"),
    ],
)
def test_english_is_assumed_where_it_is_known(
    languages: tuple[str, ...], query: str, language: str | None
) -> None:
    translator = DeepgramTranslator(read(query))
    translator.meet(Model("base", languages))

    assert list(translator.greet()) == [Start(language=language, words=True, partials=False)]


def test_a_final_is_a_result_with_every_word() -> None:
    (frame,) = said(opened(), HELLO)

    words = frame["channel"]["alternatives"][0]["words"]
    assert (text(frame), frame["is_final"], frame["speech_final"]) == ("Hello, Ann's", True, True)
    assert (frame["start"], frame["duration"], frame["from_finalize"]) == (0.0, 2.0, False)
    assert words == [
        {
            "word": "hello",
            "start": 0.4,
            "end": 0.8,
            "confidence": 0.9,
            "punctuated_word": "Hello,",
        },
        {
            "word": "ann's",
            "start": 0.8,
            "end": 1.2,
            "confidence": 0.6,
            "punctuated_word": "Ann's",
        },
    ]
    assert frame["channel"]["alternatives"][0]["confidence"] == 0.75
    assert frame["metadata"]["request_id"] == READY.session
    assert frame["metadata"]["model_info"]["name"] == "base"


def test_the_confidence_of_a_result_is_the_median_of_its_words() -> None:
    words = [word(" a", 0.1, 0.2, p) for p in (0.1, 0.8, 0.9)]

    heard, nothing = said(opened(), final(1, 1.0, *words), final(2, 2.0))

    found = [frame["channel"]["alternatives"][0]["confidence"] for frame in (heard, nothing)]
    assert found == [0.8, 0.0]


@pytest.mark.parametrize(
    ("written", "expected"),
    [(" Hello,", "hello"), (" “Äpfel!”", "äpfel"), (" 3.5", "3.5"), (" —", "—"), (" U.S.", "u.s")],
)
def test_a_bare_word_is_in_lower_case_and_without_the_marks_around_it(
    written: str, expected: str
) -> None:
    (frame,) = said(opened(), final(1, 1.0, word(written, 0.1, 0.5), word(" ", 0.5, 0.5)))

    (found,) = frame["channel"]["alternatives"][0]["words"]
    assert (found["word"], found["punctuated_word"]) == (expected, written.strip())


def test_a_partial_is_an_interim_result_from_the_end_of_the_last_final() -> None:
    translator = opened(f"{RAW}&interim_results=true")
    said(translator, HELLO)
    partial = Partial(
        utterance=2,
        text="How are",
        committed=3,
        start=2.3,
        end=3.5,
        lag=0.1,
        words=(word(" How", 2.4, 2.8), word(" are", 2.8, 3.3)),
    )

    (frame,) = said(translator, partial)

    assert (text(frame), frame["is_final"], frame["speech_final"]) == ("How are", False, False)
    assert (frame["start"], frame["duration"]) == (2.0, 1.5)
    assert len(frame["channel"]["alternatives"][0]["words"]) == 2


def test_without_endpointing_no_result_is_the_end_of_speech() -> None:
    (frame,) = said(opened(f"{RAW}&endpointing=false"), HELLO)

    assert (frame["is_final"], frame["speech_final"]) == (True, False)


def test_the_language_is_named_where_it_was_left_open() -> None:
    (named,) = said(opened(f"{RAW}&language=multi"), HELLO)
    (unnamed,) = said(opened(), HELLO)

    alternative = named["channel"]["alternatives"][0]
    assert alternative["languages"] == ["en"]
    assert {each["language"] for each in alternative["words"]} == {"en"}
    assert "languages" not in unnamed["channel"]["alternatives"][0]


def test_silence_is_a_result_without_words() -> None:
    frames = said(opened(), Ack(through=80_000), HELLO, Ack(through=80_000))

    spans = [(frame["start"], frame["duration"], text(frame)) for frame in frames]
    assert spans == [(0.0, 5.0, ""), (5.0, 0.0, "Hello, Ann's")]
    assert [frame["speech_final"] for frame in frames] == [False, True]


ends = st.lists(st.tuples(st.integers(0, 500_000), st.booleans()), max_size=20)


@given(ends=ends, rate=st.integers(8_000, 48_000), flushes=st.lists(st.integers(0, 20), max_size=5))
def test_final_results_cover_the_audio_without_a_gap(
    ends: Sequence[tuple[int, bool]], rate: int, flushes: list[int]
) -> None:
    translator = opened(f"encoding=mulaw&sample_rate={rate}")
    frames, through = [], 0
    for number, (samples, is_speech) in enumerate(ends, 1):
        through += samples
        for _ in range(flushes.count(number)):
            told(translator, FINALIZE)
        heard: Final | Ack = Ack(through=through)
        if is_speech:
            heard = replace(final(number, 0.0), through=through)
        frames += said(translator, heard, *[Flushed()] * flushes.count(number))
    frames += said(translator, Done(duration=through / rate, utterances=len(ends)))

    *results, metadata = frames
    at = 0.0
    for frame in results:
        assert frame["start"] == pytest.approx(at, abs=2e-6)
        at = frame["start"] + frame["duration"]
    assert at == pytest.approx(metadata["duration"], abs=2e-6)
    assert sum(frame["from_finalize"] for frame in results) == sum(
        flushes.count(number) for number in range(1, len(ends) + 1)
    )


def test_audio_goes_on_in_whole_samples() -> None:
    translator = opened()

    heard = [*told(translator, b"abc"), *told(translator, b"d")]

    assert heard == [Audio(data=b"ab"), Audio(data=b"cd")]


def test_a_wav_file_opens_the_session_with_its_format() -> None:
    translator = DeepgramTranslator(read("language=en"))

    assert list(translator.greet()) == []
    assert told(translator, FINALIZE) == []
    assert told(translator, HEADER[:20]) == []
    assert told(translator, HEADER[20:] + b"abcd") == [
        Start(language="en", words=True, partials=False, sample_rate=8_000, channels=2),
        Flush(),
        Audio(data=b"abcd"),
    ]


def test_what_is_asked_for_before_any_audio_is_not_kept_without_end() -> None:
    translator = DeepgramTranslator(read("language=en"))
    asked = [told(translator, FINALIZE) for _ in range(100)]

    with pytest.raises(LimitReached, match="found 100 'Finalize' before any audio"):
        told(translator, FINALIZE)
    assert asked == [[]] * 100


def test_other_files_are_refused_by_name() -> None:
    translator = DeepgramTranslator(read(""))

    with pytest.raises(UnsupportedFormat, match="found Ogg, expected a WAV file, or encoding"):
        translator.read(b"OggS")


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (KEEP, [Keepalive()]),
        (FINALIZE, [Flush()]),
        ('{"type": "Finalize", "channel": 0}', [Flush()]),
        (CLOSE, [Finish()]),
        (b"", [Finish()]),
    ],
)
def test_controls_are_messages(frame: str | bytes, expected: list[object]) -> None:
    assert told(opened(), frame) == expected


def test_nothing_follows_the_end() -> None:
    translator = opened()
    told(translator, CLOSE)

    assert [told(translator, frame) for frame in (SECOND, CLOSE, FINALIZE, b"", "?")] == [[]] * 5


def test_an_end_before_any_audio_is_one_all_the_same() -> None:
    translator = DeepgramTranslator(read("language=en"))

    assert told(translator, CLOSE) == [Start(language="en", words=True, partials=False), Finish()]


@pytest.mark.parametrize("frame", ["?", "[]", "{}", '{"type":"Sing"}', '{"type":[]}', "[" * 99_999])
def test_what_is_no_control_is_forgiven(frame: str) -> None:
    (answer,) = told(opened(), frame)

    assert isinstance(answer, dict)
    assert (answer["type"], answer["variant"]) == ("Error", "SchemaError")
    assert answer["message"] == frame[:1_000]
    assert "expected 'KeepAlive', 'Finalize' or 'CloseStream'" in answer["description"]


texts = st.text() | st.sampled_from([KEEP, FINALIZE, CLOSE, '{"type":"Configure"}'])


@given(
    query=st.sampled_from(["", RAW, f"{RAW}&channels=2"]),
    sent=st.lists(st.binary(max_size=60) | texts, max_size=20),
)
def test_whatever_is_sent_has_a_meaning_or_a_refusal(query: str, sent: list[str | bytes]) -> None:
    translator = DeepgramTranslator(read(query))
    messages: list[object] = list(translator.greet())
    for frame in sent:
        try:
            messages += told(translator, frame)
        except UnsupportedFormat:
            break

    found = [type(each) for each in messages if not isinstance(each, dict | Keepalive)]
    assert found[1:].count(Start) == 0
    assert found.count(Finish) <= 1
    assert Finish not in found[:-1]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ('{"type":"Configure","keyterms":["Ada"]}', "CONFIGURE_KEYTERMS_NOT_SUPPORTED"),
        ('{"type":"Configure","features":{"numerals":true}}', "CONFIGURE_INTERNAL_ERROR"),
    ],
)
def test_options_stay_as_they_were(frame: str, code: str) -> None:
    (answer,) = told(opened(), frame)

    assert isinstance(answer, dict)
    assert (answer["type"], answer["code"]) == ("ConfigureFailure", code)


def test_finalize_ends_with_the_last_of_its_finals() -> None:
    translator = opened()
    told(translator, FINALIZE)

    frames = said(translator, HELLO, final(2, 3.0, word(" Bye.", 2.5, 2.9)), Flushed())

    assert [(text(frame), frame["from_finalize"]) for frame in frames] == [
        ("Hello, Ann's", False),
        ("Bye.", True),
    ]


def test_finalize_with_nothing_to_finalize_is_answered_too() -> None:
    translator = opened()
    said(translator, HELLO)
    told(translator, FINALIZE)

    (frame,) = said(translator, Flushed())

    assert (text(frame), frame["is_final"], frame["from_finalize"]) == ("", True, True)
    assert (frame["start"], frame["duration"]) == (2.0, 0.0)


def test_every_finalize_has_its_answer() -> None:
    translator = opened()
    told(translator, FINALIZE)
    told(translator, FINALIZE)

    frames = said(translator, HELLO, Flushed(), Flushed(), final(2, 3.0))

    assert [frame["from_finalize"] for frame in frames] == [True, True, False]


@pytest.mark.parametrize(
    ("message", "following"),
    [
        (started(2, 5.0), []),
        (Done(duration=2.0, utterances=1), ["Metadata"]),
        (Error(code="engine_lost", message="gone", fatal=True), ["Error"]),
    ],
)
def test_a_result_that_finalize_does_not_end_with_is_not_lost(
    message: ServerMessage, following: list[str]
) -> None:
    translator = opened()
    told(translator, FINALIZE)
    held = said(translator, HELLO, Warn(code="odd", message="odd"))

    frames = said(translator, message)

    assert held == []
    assert types(frames) == ["Results", *following]
    assert frames[0]["from_finalize"] is False


def test_voice_is_told_to_those_who_ask() -> None:
    (frame,) = said(opened(f"{RAW}&vad_events=true"), started(1, 0.32))

    assert (frame["channel"], frame["timestamp"]) == ([0, 1], 0.32)
    assert said(opened(), started(1, 0.32)) == []
    ended = Speech(event="ended", utterance=1, time=0.9)
    assert said(opened(f"{RAW}&vad_events=true"), ended) == []


def test_a_pause_ends_the_utterance_by_the_audio_that_came() -> None:
    translator = opened(f"{RAW}&utterance_end_ms=1000")
    said(translator, started(1, 0.4))
    heard = [told(translator, SECOND), told(translator, SECOND)]
    frames = said(translator, HELLO)

    heard += [told(translator, SECOND) for _ in range(3)]

    audio = Audio(data=SECOND)
    assert types(frames) == ["Results"]
    end = {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 1.2}
    assert heard == [[audio], [audio], [audio], [end, audio], [audio]]


def test_a_pause_is_noticed_without_audio_too() -> None:
    translator = opened(f"{RAW}&utterance_end_ms=1000")
    said(translator, started(1, 0.4))
    told(translator, 3 * SECOND)
    frames = said(translator, HELLO)

    kept = told(translator, KEEP)

    assert types(frames) == ["Results"]
    end = {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 1.2}
    assert kept == [end, Keepalive()]


@pytest.mark.parametrize(
    ("onset", "expected"),
    [(1.9, ["SpeechStarted"]), (2.2, ["UtteranceEnd", "SpeechStarted"])],
)
def test_voice_that_comes_back_in_time_continues_the_utterance(
    onset: float, expected: list[str]
) -> None:
    translator = opened(f"{RAW}&utterance_end_ms=1000&vad_events=true")
    said(translator, started(1, 0.4), HELLO)

    assert types(said(translator, started(2, onset))) == expected


def test_an_utterance_does_not_end_before_its_result_is_told() -> None:
    translator = opened(f"{RAW}&utterance_end_ms=1000")
    told(translator, 4 * SECOND)
    told(translator, FINALIZE)
    held = said(translator, HELLO)

    kept = told(translator, KEEP)

    assert (held, kept) == ([], [Keepalive()])
    assert types(said(translator, Flushed())) == ["Results", "UtteranceEnd"]


def test_an_utterance_ends_behind_its_result_and_before_the_metadata() -> None:
    translator = opened(f"{RAW}&utterance_end_ms=1000")
    told(translator, 3 * SECOND)
    told(translator, FINALIZE)
    told(translator, CLOSE)

    frames = said(translator, HELLO, Flushed(), Done(duration=3.0, utterances=1))

    assert types(frames) == ["Results", "UtteranceEnd", "Metadata"]


def test_the_end_is_summed_up() -> None:
    query = "encoding=linear16&sample_rate=16000&channels=2"

    (frame,) = said(opened(query), Done(duration=3.25, utterances=1))

    assert (frame["duration"], frame["channels"]) == (3.25, 2)
    assert (frame["request_id"], frame["created"]) == (READY.session, "2026-11-23T04:05:06.789Z")
    (model,) = frame["models"]
    assert frame["model_info"][model]["name"] == "base"


def test_an_error_is_told_with_its_code() -> None:
    (frame,) = said(opened(), Error(code="limit_reached", message="found nothing", fatal=True))

    assert (frame["variant"], frame["description"]) == ("limit_reached", "found nothing")


@pytest.mark.parametrize(
    ("offered", "key"),
    [
        (["token", "KEY"], "KEY"),
        (["bearer", "JWT"], "JWT"),
        (["soap", "token", "KEY"], "KEY"),
        (["token", "KEY", "x-deepgram-session-id", "ID"], "KEY"),  # their SDK, in a browser
        (["token"], None),
        ([], None),
        (["dictation.v1", "KEY"], None),
    ],
)
def test_the_key_stands_behind_the_name_of_its_kind(offered: list[str], key: str | None) -> None:
    assert DIALECT.key(offered) == key


@pytest.mark.parametrize(
    ("status", "err_code"),
    [
        (400, "Bad Request"),
        (401, "INVALID_AUTH"),
        (403, "FORBIDDEN"),
        (429, "TOO_MANY_REQUESTS"),
        (503, "Service Unavailable"),
    ],
)
def test_a_refusal_has_their_shape(status: int, err_code: str) -> None:
    body = DIALECT.refusal(status, "a_code", "found this, expected that")

    assert body["err_code"] == err_code
    assert body["err_msg"] == "found this, expected that"
    assert isinstance(body["request_id"], str)
