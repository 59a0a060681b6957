"""Read the query of Deepgram's `/v1/listen` against what is served.

Knows its options and the fields of a `Start`; knows nothing of frames.

What would change the answer and is not served is refused; what merely adorns it, and what is not
known, is passed over, as Deepgram passes over what it does not know.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qs

from wsserver.errors import BadMessage, UnsupportedFormat
from wsserver.messages import Profile, Start

ENCODINGS = {"linear16": "s16le", "linear32": "f32le", "mulaw": "mulaw", "alaw": "alaw"}
"""Theirs to ours; linear32 is floating point there too."""

UNSERVED = (
    "callback", "custom_intent", "custom_topic", "detect_entities", "detect_topics", "diarize",
    "diarize_model", "dictation", "intents", "multichannel", "redact", "replace", "search",
    "sentiment", "summarize", "topics", "translate",
)  # fmt: skip
"""Refused, unless switched off: without them the answer would be another one.

Not so `profanity_filter`, which pipecat asks for by default.
"""

SHORT_PAUSE_MS = 550
"""An `endpointing` below is nearer to the pause of captioning, 400 ms, than to dictation's 700."""

_RATES = range(8_000, 48_001)
_CHANNELS = range(1, 3)
_OFF = ("", "0", "false")
_ON = ("1", "true")
_ANY_LANGUAGE = "multi"

_Asked: TypeAlias = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a client asks for."""

    start: Start
    """Without a format that was asked for if *is_contained*."""

    is_contained: bool = False
    """True if the format stands in a header before the samples."""

    is_english_assumed: bool = False
    """True if no language was asked for."""

    endpoints: bool = True
    """Whether a pause makes a result `speech_final`."""

    speech_started: bool = False
    utterance_end_seconds: float | None = None
    is_multilingual: bool = False
    """Whether results name the language that was found."""


def read(query: str) -> Options:
    """Read an undecoded *query*; raise a `ClientError` that says what is not served."""
    if not query.isascii():
        raise BadMessage("found a query with bytes as they are, expected them percent-encoded")
    asked = parse_qs(query, keep_blank_values=True)
    for name in UNSERVED:
        if any(value.lower() not in _OFF for value in asked.get(name, ())):
            raise BadMessage(f"found {name!r}, which is not served here; leave it out")
    is_multilingual = _flag(asked, "detect_language") or _language(asked) == _ANY_LANGUAGE
    return Options(
        start=_start(asked, None if is_multilingual else _language(asked) or "en"),
        is_contained="encoding" not in asked,
        is_english_assumed=_language(asked) is None,
        endpoints=_one(asked, "endpointing").lower() != "false",
        speech_started=_flag(asked, "vad_events"),
        utterance_end_seconds=(_number(asked, "utterance_end_ms") or 0) / 1_000 or None,
        is_multilingual=is_multilingual,
    )


def _start(asked: _Asked, language: str | None) -> Start:
    encoding, sample_rate, channels = (
        _format(asked) if "encoding" in asked else ("s16le", 16_000, 1)
    )
    return Start(
        encoding=encoding,
        sample_rate=sample_rate,
        channels=channels,
        language=language,
        hotwords=(*asked.get("keyterm", ()), *_keywords(asked)),
        words=True,
        partials=_flag(asked, "interim_results"),
        endpointing=_profile(asked),
    )


def _format(asked: _Asked) -> tuple[str, int, int]:
    name = _one(asked, "encoding")
    if name not in ENCODINGS:
        raise UnsupportedFormat(
            f"found encoding {name!r:.40}, expected one of {', '.join(ENCODINGS)}, "
            "or none and a WAV file"
        )
    rate, channels = _number(asked, "sample_rate"), _number(asked, "channels")
    if rate is None or rate not in _RATES:
        raise UnsupportedFormat(f"found {rate or 'no'} sample_rate, expected 8000 to 48000")
    if channels is not None and channels not in _CHANNELS:
        raise UnsupportedFormat(f"found {channels} channels, expected 1, or 2 that are mixed")
    return ENCODINGS[name], rate, 1 if channels is None else channels


def _language(asked: _Asked) -> str | None:
    """Give the first part of the tag that is asked for (RFC 5646): `en` of `en-US`."""
    tag = _one(asked, "language").lower()
    if not tag or tag == _ANY_LANGUAGE:
        return tag or None
    language = re.split("[-_]", tag)[0]
    if not re.fullmatch("[a-z]{2,3}", language):
        raise BadMessage(f"found language {tag!r:.40}, expected a tag as en or en-US, or multi")
    return language


def _keywords(asked: _Asked) -> list[str]:
    """Give the words to expect, without their boosts; those to suppress cannot be served."""
    keywords = []
    for value in asked.get("keywords", ()):
        found = re.fullmatch(r"(.*):(-?)[\d.]+", value)
        if found is None:
            keywords.append(value)
        elif not found[2]:
            keywords.append(found[1])
    return keywords


def _profile(asked: _Asked) -> Profile:
    if _one(asked, "endpointing").lower() in ("", "true", "false"):
        return "dictation"
    pause_ms = _number(asked, "endpointing")
    return "captioning" if pause_ms is not None and pause_ms < SHORT_PAUSE_MS else "dictation"


def _one(asked: _Asked, name: str) -> str:
    return asked.get(name, [""])[0]


def _flag(asked: _Asked, name: str) -> bool:
    value = _one(asked, name).lower()
    if value not in (*_OFF, *_ON):
        raise BadMessage(f"found {name} {value!r:.40}, expected true or false")
    return value in _ON


def _number(asked: _Asked, name: str) -> int | None:
    """Give a whole number; None if there is none, or if it is switched off."""
    value = _one(asked, name)
    if value.lower() in ("", "false"):
        return None
    if not re.fullmatch("[0-9]{1,9}", value):
        raise BadMessage(f"found {name} {value!r:.40}, expected a whole number")
    return int(value)
