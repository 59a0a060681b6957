"""Write what Deepgram's `/v1/listen` sends.

Knows the shape of its frames and the words of a message; knows nothing of what came before.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from statistics import median
from typing import Any, TypeAlias
from uuid import NAMESPACE_OID, uuid5

from wsserver.messages import TimedWord

Frame: TypeAlias = dict[str, Any]
"""One text frame, before it is written as JSON."""

CHANNEL = (0, 1)
"""The first of one: several channels are mixed."""

_ARCHITECTURE = "whisper"
_LONGEST_ECHO = 1_000
_NO_ID = "00000000-0000-0000-0000-000000000000"
_ERR_CODES = {400: "Bad Request", 401: "INVALID_AUTH", 403: "FORBIDDEN", 429: "TOO_MANY_REQUESTS"}
_EDGES = re.compile(r"^\W+|\W+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where frames come from."""

    request_id: str = ""
    """The name of the session, as the server's log has it."""

    model: str = ""
    created: str = ""
    """When the session was opened (RFC 3339)."""

    @property
    def model_uuid(self) -> str:
        """Give what stands for the model: the same wherever its name is the same."""
        return str(uuid5(NAMESPACE_OID, self.model))

    @property
    def model_info(self) -> Frame:
        """Describe the model."""
        return {"name": self.model, "version": "", "arch": _ARCHITECTURE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a stretch of audio says."""

    start: float
    """In seconds, as all times."""

    end: float
    text: str = ""
    words: tuple[TimedWord, ...] = ()
    language: str | None = None
    """What results name; None names none."""


def dump(frame: Mapping[str, Any]) -> str:
    """Write a frame as JSON in one line."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def results(heard: Heard, origin: Origin, *, is_final: bool, speech_final: bool = False) -> Frame:
    """Tell what was heard; the confidence of the whole is the median of its words'."""
    confidences = [word.probability for word in heard.words]
    alternative: Frame = {
        "transcript": heard.text,
        "confidence": median(confidences) if confidences else 0.0,
        "words": list(_words(heard)),
    }
    if heard.language:
        alternative["languages"] = [heard.language]
    return {
        "type": "Results",
        "channel_index": CHANNEL,
        "duration": _seconds(heard.end - heard.start),
        "start": _seconds(heard.start),
        "is_final": is_final,
        "speech_final": speech_final,
        "channel": {"alternatives": [alternative]},
        "metadata": {
            "request_id": origin.request_id,
            "model_info": origin.model_info,
            "model_uuid": origin.model_uuid,
        },
        "from_finalize": False,
    }


def _words(heard: Heard) -> Iterable[Frame]:
    for word in heard.words:
        if punctuated := word.text.strip():
            yield {
                "word": (_EDGES.sub("", punctuated) or punctuated).lower(),
                "start": _seconds(word.start),
                "end": _seconds(word.end),
                "confidence": word.probability,
                "punctuated_word": punctuated,
                **({"language": heard.language} if heard.language else {}),
            }


def metadata(origin: Origin, duration: float, channels: int) -> Frame:
    """Sum the session up."""
    return {
        "type": "Metadata",
        "transaction_key": "deprecated",
        "request_id": origin.request_id,
        # What Deepgram says of every stream.
        "sha256": "incomplete",
        "created": origin.created,
        "duration": _seconds(duration),
        "channels": channels,
        "models": [origin.model_uuid],
        "model_info": {origin.model_uuid: origin.model_info},
    }


def speech_started(at: float) -> Frame:
    """Tell that voice began."""
    return {"type": "SpeechStarted", "channel": CHANNEL, "timestamp": _seconds(at)}


def utterance_end(last_word_end: float) -> Frame:
    """Tell of a pause."""
    end = _seconds(last_word_end)
    return {"type": "UtteranceEnd", "channel": CHANNEL, "last_word_end": end}


def configure_failure(origin: Origin, *, keyterms: bool) -> Frame:
    """Tell that a session keeps the options that it was opened with."""
    code = "CONFIGURE_KEYTERMS_NOT_SUPPORTED" if keyterms else "CONFIGURE_INTERNAL_ERROR"
    return {
        "type": "ConfigureFailure",
        "request_id": origin.request_id,
        "code": code,
        "description": "found 'Configure', expected all options in the URL; the session goes on",
    }


def schema_error(found: str, description: str) -> Frame:
    """Tell that a text frame was not understood; the session goes on."""
    message = found[:_LONGEST_ECHO]
    return error("SchemaError", description) | {"message": message}


def error(variant: str, description: str) -> Frame:
    """Tell what is wrong."""
    return {"type": "Error", "variant": variant, "description": description, "message": description}


def refusal(status: int, _: str, message: str) -> Frame:
    """Give the body of a refused handshake, which has no name yet."""
    err_code = _ERR_CODES.get(status, HTTPStatus(status).phrase)
    return {"err_code": err_code, "err_msg": message, "request_id": _NO_ID}


def _seconds(value: float) -> float:
    """Round to a microsecond, so that starts and durations add up to the next start."""
    return round(max(value, 0.0), 6)
