"""The wire language of OpenAI's audio endpoints: transcripts, models and errors as they tell them.

Knows the shapes of answers and events; knows nothing of HTTP, of files or of caption formats.

The shapes are those of OpenAI's API reference, "Audio", and of the types in its Python library.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from wsserver.dialects.language_names import NAMES, UNSPACED
from wsserver.dialects.openai_form import Options
from wsserver.errors import ClientError, DictationError
from wsserver.messages import Final
from wsserver.speech import Hypothesis

PATHS = ("/v1/audio", "/v1/models")
"""At these and below, everything is told as OpenAI tells it."""

ALIAS = "whisper-1"
"""What programs call the model that know no other."""

Json: TypeAlias = dict[str, Any]

_TOLD_AS: Mapping[str, tuple[int, str]] = {
    "bad_token": (401, "invalid_api_key"),
    "unsupported_format": (400, "unsupported_value"),
    "audio_used_up": (429, "insufficient_quota"),
    "limit_reached": (429, "insufficient_quota"),
}
"""Our code to the status and the code that programs expect instead."""


class UnknownModel(ClientError):
    """A model is asked for that is not here."""

    code = "model_not_found"
    status = 404
    param = "model"


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in a file."""

    finals: tuple[Final, ...]
    seconds: float
    """Of audio."""

    hypotheses: Mapping[int, Hypothesis] = field(default_factory=dict)
    """What the engine heard in each utterance; the segments tell more of it than a final."""

    @property
    def text(self) -> str:
        """All of it; the deltas, put together."""
        spoken = self.spoken
        return "".join(delta(final, is_first=final is spoken[0]) for final in spoken)

    @property
    def spoken(self) -> tuple[Final, ...]:
        """The finals in which something was heard."""
        return tuple(final for final in self.finals if final.text)


def delta(final: Final, *, is_first: bool) -> str:
    """Give what a final adds to the text before it."""
    return final.text if is_first or final.language in UNSPACED else f" {final.text}"


def delta_event(text: str) -> str:
    """Write the server-sent event of what was added to the text."""
    return _event({"type": "transcript.text.delta", "delta": text})


def done_event(transcript: Transcript) -> str:
    """Write the last event."""
    return _event({"type": "transcript.text.done", "text": transcript.text})


def error_event(error: DictationError) -> str:
    """Write the event of what went wrong after others had been sent."""
    return _event(told(error.status, error.code, str(error))[1])


def _event(body: Mapping[str, object]) -> str:
    return f"data: {json.dumps(body)}\n\n"


def answer(transcript: Transcript, options: Options) -> Json:
    """Give the body for `json` and `verbose_json`."""
    is_translated = options.start.task == "translate"
    usage = {"type": "duration", "seconds": round(transcript.seconds, 3)}
    extra: Json = {} if is_translated else {"usage": usage}
    if options.form == "json":
        return {"text": transcript.text, **extra}
    if options.segments:
        extra["segments"] = _segments(transcript)
    if options.words:
        extra["words"] = _words(transcript)
    language = "english" if is_translated else _language_name(transcript, options)
    return {
        "task": options.start.task,
        "language": language,
        "duration": round(transcript.seconds, 3),
        "text": transcript.text,
        **extra,
    }


def _language_name(transcript: Transcript, options: Options) -> str:
    heard = (final.language for final in transcript.spoken if final.language)
    language = next(heard, options.start.language) or "unknown"
    return NAMES.get(language, language)


def _segments(transcript: Transcript) -> list[Json]:
    return [
        _segment(number, final, transcript.hypotheses[final.utterance])
        for number, final in enumerate(transcript.spoken)
    ]


def _segment(number: int, final: Final, hypothesis: Hypothesis) -> Json:
    """Write a final; as in Whisper's own segments, a space stands before the text."""
    return {
        "id": number,
        "seek": round(final.start * 100),  # in Whisper's frames of 10 ms
        "start": round(final.start, 3),
        "end": round(final.end, 3),
        "text": delta(final, is_first=False),
        "tokens": list(hypothesis.tokens),
        "temperature": hypothesis.temperature,
        "avg_logprob": hypothesis.avg_logprob,
        "compression_ratio": hypothesis.compression_ratio,
        "no_speech_prob": hypothesis.no_speech_prob,
    }


def _words(transcript: Transcript) -> list[Json]:
    return [
        {"word": word.text.strip(), "start": round(word.start, 3), "end": round(word.end, 3)}
        for final in transcript.spoken
        for word in final.words or ()
    ]


def models(names: Iterable[str], created: int) -> Json:
    """List the models' *names*; *created* is Unix time."""
    return {"object": "list", "data": [model(name, created) for name in names]}


def model(name: str, created: int) -> Json:
    """Tell of one model."""
    return {"id": name, "object": "model", "created": created, "owned_by": "wsserver"}


def told(status: int, code: str, message: str, param: str | None = None) -> tuple[int, Json]:
    """Give the status and the body of an error; *param* is the field that is wrong."""
    status, code = _TOLD_AS.get(code, (status, code))
    error = {"message": message, "type": _kind(status, code), "param": param, "code": code}
    return status, {"error": error}


def _kind(status: int, code: str) -> str:
    if status == 429:
        return "insufficient_quota" if code == "insufficient_quota" else "rate_limit_exceeded"
    return "invalid_request_error" if status < 500 else "server_error"
