"""Read the form that OpenAI's audio endpoints take, as options for a session and its answer.

Knows the fields of the form; knows nothing of HTTP, of files or of what is heard.

The fields are those of OpenAI's API reference, "Audio", and of its Python library.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast, get_args

from wsserver.dialects.language_names import code_of
from wsserver.errors import BadMessage
from wsserver.messages import Start
from wsserver.speech import Task

PROMPT_CHARACTERS = 2_000
"""Of a longer prompt the end is kept: Whisper itself sees no more than its last 223 tokens."""

Form: TypeAlias = Literal["json", "text", "srt", "verbose_json", "vtt"]
Fields: TypeAlias = Mapping[str, list[str]]

_STREAMED: tuple[Form, ...] = ("json", "text")
_UNSERVED = {
    "include": "log probabilities are not given by this server",
    "known_speaker_names": "speakers are not told apart by this server",
    "known_speaker_references": "speakers are not told apart by this server",
}
_STRATEGIES = ("", "auto", "server_vad", '{"type":"server_vad"}')


class BadField(BadMessage):
    """A field of the form has a value that is not served; the message says what is."""

    code = "invalid_value"

    def __init__(self, param: str, message: str) -> None:
        super().__init__(f"{param}: {message}")
        self.param = param


@dataclass(frozen=True, slots=True)
class Options:
    """What a request asks for beside its file."""

    start: Start
    """Lacks the format of the audio."""

    form: Form = "json"
    streams: bool = False
    segments: bool = True
    words: bool = False


def read_options(fields: Iterable[tuple[str, str]], task: Task) -> Options:
    """Read the fields of a form, in any order; raise `BadField` for what is not served.

    A list comes as `name[]` repeated, an object as `name[key]`.  Fields that nobody knows are left
    alone, and so is the model's name: there is one model.
    """
    form: dict[str, list[str]] = {}
    for name, value in fields:
        form.setdefault(name.removesuffix("[]"), []).append(value)
    _check_served(form)
    response_format = _choice(form, "response_format", get_args(Form)) or "json"
    streams, granularities = _is_true(form, "stream"), _granularities(form, response_format)
    if streams and response_format not in _STREAMED:
        raise BadField("stream", f"found {response_format}, expected {' or '.join(_STREAMED)}")
    words = "word" in granularities
    start = Start(
        language=_language(form),
        task=task,
        **_expected(form),
        words=words or response_format in ("srt", "vtt"),
        partials=False,
    )
    return Options(start, cast("Form", response_format), streams, "segment" in granularities, words)


def _check_served(form: Fields) -> None:
    for name, reason in _UNSERVED.items():
        if any(form.get(name, ())):
            raise BadField(name, reason)
    _check_temperature(form)
    _check_strategy(form)


def _check_strategy(form: Fields) -> None:
    name = "chunking_strategy"
    strategy = _last(form, name) or _last(form, f"{name}[type]")
    knobs = [each for each in form if each.startswith(f"{name}[") and each != f"{name}[type]"]
    if knobs or strategy.replace(" ", "") not in _STRATEGIES:
        raise BadField(name, "found settings, expected auto: files are cut at pauses here")


def _check_temperature(form: Fields) -> None:
    """Refuse what is no temperature; one that is changes nothing, for finals are greedy."""
    text = _last(form, "temperature") or "0"
    try:
        is_known = 0 <= float(text) <= 1
    except ValueError:
        is_known = False
    if not is_known:
        raise BadField("temperature", f"found {text!r:.40}, expected a number from 0 to 1")


def _expected(form: Fields) -> dict[str, Any]:
    """Give the prompt and the hotwords, which share the room that a session has for them."""
    hotwords = tuple(word for word in form.get("keywords", ()) if word.strip())
    room = max(0, PROMPT_CHARACTERS - len(", ".join(hotwords)) - len(". "))
    prompt = _last(form, "prompt")
    return {"hotwords": hotwords, "prompt": prompt[max(0, len(prompt) - room) :]}


def _language(form: Fields) -> str | None:
    listed = [language for language in form.get("languages", ()) if language]
    if len(listed) > 1:
        raise BadField("languages", f"found {len(listed)}, expected one, or none to detect it")
    language = _last(form, "language") or "".join(listed)
    return None if language in ("", "auto") else code_of(language)


def _granularities(form: Fields, response_format: str) -> set[str]:
    name = "timestamp_granularities"
    asked = {part.strip() for value in form.get(name, ()) for part in value.split(",")} - {""}
    if unknown := asked - {"word", "segment"}:
        raise BadField(name, f"found {min(unknown)!r:.40}, expected word or segment")
    if asked and response_format != "verbose_json":
        raise BadField(name, f"found them with {response_format}, expected verbose_json")
    return asked or {"segment"}


def _choice(form: Fields, name: str, known: tuple[str, ...]) -> str:
    value = _last(form, name)
    if value and value not in known:
        raise BadField(name, f"found {value!r:.40}, expected one of {', '.join(known)}")
    return value


def _is_true(form: Fields, name: str) -> bool:
    known = ("true", "false", "1", "0")
    return (_choice({name: [_last(form, name).lower()]}, name, known)) in ("true", "1")


def _last(form: Fields, name: str) -> str:
    return form.get(name, [""])[-1].strip()
