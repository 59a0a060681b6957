from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.dialects.deepgram_options import UNSERVED, read
from wsserver.errors import ClientError
from wsserver.messages import Start

RAW = "encoding=linear16&sample_rate=16000"
PLAIN = Start(language="en", words=True, partials=False)
PIPECAT = (
    "model=nova-3-general&language=en&detect_entities=false&diarize=false&dictation=false"
    "&interim_results=true&numerals=false&profanity_filter=true&punctuate=true"
    "&smart_format=false&encoding=linear16&channels=1&multichannel=false&sample_rate=16000"
)
LIVEKIT = (
    "model=nova-3&punctuate=true&smart_format=false&no_delay=true&interim_results=true"
    "&encoding=linear16&sample_rate=16000&channels=1&endpointing=25&vad_events=true"
    "&filler_words=true&profanity_filter=false&numerals=false&mip_opt_out=false&language=en-US"
)
"""What these ask for by default."""


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        ("", {}),
        ("interim_results=true", {"partials": True}),
        ("interim_results=True", {"partials": True}),
        ("interim_results=false", {}),
        ("encoding=linear32&sample_rate=48000", {"encoding": "f32le", "sample_rate": 48_000}),
        ("encoding=mulaw&sample_rate=8000", {"encoding": "mulaw", "sample_rate": 8_000}),
        ("encoding=alaw&sample_rate=8000", {"encoding": "alaw", "sample_rate": 8_000}),
        (f"{RAW}&channels=2", {"channels": 2}),
        ("sample_rate=48000&channels=9", {}),  # as there, read only beside an encoding
        ("language=de", {"language": "de"}),
        ("language=en-US", {"language": "en"}),
        ("language=pt_BR", {"language": "pt"}),
        ("language=multi", {"language": None}),
        ("detect_language=true", {"language": None}),
        ("detect_language=true&language=de", {"language": None}),
        ("endpointing=true", {}),
        ("endpointing=false", {}),
        ("endpointing=300", {"endpointing": "captioning"}),
        ("endpointing=0", {"endpointing": "captioning"}),
        ("endpointing=1000", {}),
        ("keyterm=Ada&keyterm=room+5:2", {"hotwords": ("Ada", "room 5:2")}),
        ("keywords=Ada:2.5&keywords=at:3:1", {"hotwords": ("Ada", "at:3")}),
        ("keywords=Ada&keywords=Bob:-4&keywords=c:d", {"hotwords": ("Ada", "c:d")}),
        ("model=nova-3&version=latest&tier=base&punctuate=false&smart_format=true", {}),
        ("numerals=true&filler_words=true&tag=a&extra=b:c&mip_opt_out=true&unheard_of=1", {}),
        ("diarize=false&multichannel=false&redact=&callback=", {}),
        (PIPECAT, {"partials": True}),
        (LIVEKIT, {"partials": True, "endpointing": "captioning"}),
    ],
)
def test_what_is_asked_for_opens_the_session(query: str, changes: dict[str, Any]) -> None:
    assert read(query).start == replace(PLAIN, **changes)


@pytest.mark.parametrize(
    ("query", "name", "expected"),
    [
        ("", "is_contained", True),
        (RAW, "is_contained", False),
        ("", "is_english_assumed", True),
        ("language=en", "is_english_assumed", False),
        ("", "endpoints", True),
        ("endpointing=10", "endpoints", True),
        ("endpointing=false", "endpoints", False),
        ("", "speech_started", False),
        ("vad_events=true", "speech_started", True),
        ("", "utterance_end_seconds", None),
        ("utterance_end_ms=false", "utterance_end_seconds", None),
        ("utterance_end_ms=1200", "utterance_end_seconds", 1.2),
        ("language=de", "is_multilingual", False),
        ("language=multi", "is_multilingual", True),
        ("detect_language=true", "is_multilingual", True),
    ],
)
def test_what_is_asked_for_shapes_the_answers(query: str, name: str, expected: object) -> None:
    assert getattr(read(query), name) == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("encoding=opus&sample_rate=48000", "found encoding 'opus', expected one of linear16, lin"),
        ("encoding=&sample_rate=48000", "found encoding '', expected one of linear16"),
        ("encoding=linear16", "found no sample_rate, expected 8000 to 48000"),
        ("encoding=linear16&sample_rate=4000", "found 4000 sample_rate, expected 8000 to 48000"),
        ("encoding=linear16&sample_rate=16k", "found sample_rate '16k', expected a whole number"),
        (f"{RAW}&channels=3", "found 3 channels, expected 1, or 2 that are mixed"),
        (f"{RAW}&channels=0", "found 0 channels, expected"),
        ("language=klingon-US", "found language 'klingon-us', expected a tag as en or en-US"),
        ("interim_results=perhaps", "found interim_results 'perhaps', expected true or false"),
        ("vad_events=perhaps", "found vad_events 'perhaps', expected"),
        ("endpointing=soon", "found endpointing 'soon', expected a whole number"),
        ("utterance_end_ms=-1", "found utterance_end_ms '-1', expected"),
        ("diarize=true", "found 'diarize', which is not served here; leave it out"),
        ("redact=false&redact=pci", "found 'redact', which"),
        ("keyterm=\udcff", "found a query with bytes as they are, expected them percent-encoded"),
    ],
)
def test_what_is_not_served_is_named(query: str, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        read(query)


@pytest.mark.parametrize("name", UNSERVED)
def test_what_would_change_the_answer_is_refused(name: str) -> None:
    with pytest.raises(ClientError, match=name):
        read(f"{name}=true")


@given(query=st.dictionaries(st.sampled_from([*UNSERVED, *RAW.split("&"), "language"]), st.text()))
def test_any_query_is_read_or_refused(query: dict[str, str]) -> None:
    try:
        options = read(urlencode(query))
    except ClientError:
        return
    assert options.start.words
