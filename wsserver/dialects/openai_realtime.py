"""The wire language of OpenAI's Realtime API, as far as it transcribes.

Knows messages, JSON and base64; knows nothing of sessions, sockets or engines.

A session hears one format, language and prompt: they can be set until the first audio comes.  What
an event asks for and is not served is told as an `error`, and the session goes on as it was.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import parse_qs

from pydantic_core import from_json

from wsserver.dialects.dialect import Dialect, Model, Told
from wsserver.dialects.openai_realtime_events import COMMIT_EMPTY, Event, fault
from wsserver.dialects.openai_realtime_items import Items
from wsserver.dialects.openai_realtime_session import (
    Objection,
    Settings,
    check_unchanged,
    is_beta,
    updated,
)
from wsserver.errors import (
    BadMessage,
    EngineError,
    EngineLost,
    Overloaded,
    ServerError,
    ShuttingDown,
)
from wsserver.messages import Audio, Error, Flush, ServerMessage

SHORTEST_COMMIT_SECONDS = 0.1
"""As OpenAI has it."""

KEY_SUBPROTOCOL = "openai-insecure-api-key."
"""Stands before the token where a browser offers it."""

LONGEST_EVENT_ID = 512
"""Characters, as OpenAI has it; a longer one is not kept, nor said again."""

_SERVER_CODES = {
    error.code for error in (ServerError, EngineError, EngineLost, Overloaded, ShuttingDown)
}
_OF_OTHER_SESSIONS = ("conversation.item.", "output_audio_buffer.", "response.")
_TYPES = (
    "session.update",
    "transcription_session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
)


class RealtimeTranslator:
    """One connection's translation."""

    def __init__(self) -> None:
        self._model = Model("", ())
        self._settings = Settings()
        self._items: Items | None = None
        """Once the first audio has come."""

        self._as_beta = False
        self._odd = b""
        """The beginning of a sample whose rest is still to come."""

        self._count = 0

    def meet(self, model: Model) -> None:
        """Take in what hears."""
        self._model = model

    def greet(self) -> Iterator[Told]:
        """Tell how the session is set."""
        shown = self._settings.shown(self._model.name)
        yield self._text({"type": "session.created", "session": shown})

    def read(self, frame: str | bytes) -> Iterator[Told]:
        """Translate one event; what is wrong with it is answered."""
        event: Mapping[str, object] = {}
        try:
            event = _event(frame)
            yield from self._take(event)
        except Objection as wrong:
            kind, message = "invalid_request_error", str(wrong)
            yield self._text(fault(kind, wrong.kind, message, wrong.param, _event_id(event)))

    def write(self, message: ServerMessage) -> list[str]:
        """Translate to events of items, and to an `error` before the end.

        All at once, because the client may go on while they are sent.
        """
        told = [*self._items.follow(message)] if self._items else []
        if isinstance(message, Error):
            of_server = message.code in _SERVER_CODES
            kind = "server_error" if of_server else "invalid_request_error"
            told.append(fault(kind, message.code, message.message))
        return [*map(self._text, told)]

    def _take(self, event: Mapping[str, object]) -> Iterable[Told]:
        match event.get("type"):
            case "input_audio_buffer.append":
                return self._append(event.get("audio"))
            case "input_audio_buffer.commit":
                return self._commit(_event_id(event))
            case "input_audio_buffer.clear":
                return self._clear()
            case "session.update" | "transcription_session.update" as kind:
                return self._update(kind, event.get("session"))
            case other:
                raise _unknown(other)

    def _append(self, audio: object) -> Iterator[Told]:
        data = self._odd + _decoded(audio)
        whole = len(data) - len(data) % self._settings.sample_bytes
        self._odd = data[whole:]
        if not whole:
            return
        if self._items is None:
            settings = self._settings
            by_voice, as_beta = settings.by_voice, self._as_beta
            self._items = Items(settings.rate, by_voice=by_voice, as_beta=as_beta)
            yield settings.start()
        self._items.hear(whole // self._settings.sample_bytes)
        yield Audio(data=data[:whole])

    def _commit(self, event_id: str | None) -> Iterator[Told]:
        held = self._items.held_seconds if self._items else 0.0
        if self._items is None or held < SHORTEST_COMMIT_SECONDS:
            found = f"found {held * 1_000:.0f} ms of audio"
            expected = f"expected at least {SHORTEST_COMMIT_SECONDS * 1_000:.0f} ms"
            raise Objection(COMMIT_EMPTY, f"{found}, {expected}")
        self._odd = b""
        self._items.commit(event_id)
        yield Flush()

    def _clear(self) -> Iterator[Told]:
        self._odd = b""
        yield self._text({"type": "input_audio_buffer.cleared"})
        if self._items and self._items.held_seconds:
            self._items.clear()
            yield Flush()

    def _update(self, kind: str, session: object) -> Iterator[Told]:
        before, after = self._settings, updated(self._settings, session, self._model)
        if self._items is None:
            self._as_beta = kind != "session.update" or is_beta(session)
        else:
            check_unchanged(before, after)
        self._settings = after
        show = after.shown if kind == "session.update" else after.shown_as_beta
        yield self._text({"type": f"{kind}d", "session": show(self._model.name)})
        if self._items and before.by_voice != after.by_voice:
            self._items.cut_by(voice=after.by_voice)
            yield Flush()

    def _text(self, event: Event) -> str:
        self._count += 1
        return json.dumps({"event_id": f"event_{self._count}", **event})


def _event(frame: str | bytes) -> Mapping[str, object]:
    if isinstance(frame, bytes):
        raise Objection("invalid_event", "found a binary frame, expected a JSON object as text")
    try:
        found = from_json(frame)  # unlike json, it knows that half a surrogate pair is no text
    except ValueError:
        message = "expected a JSON object, found text that is no JSON"
        raise Objection("invalid_json", message) from None
    if not isinstance(found, dict):
        raise Objection("invalid_event", "expected a JSON object, found another JSON value")
    return found


def _event_id(event: Mapping[str, object]) -> str | None:
    found = event.get("event_id")
    return found if isinstance(found, str) and len(found) <= LONGEST_EVENT_ID else None


def _decoded(audio: object) -> bytes:
    if not isinstance(audio, str):
        raise Objection("invalid_value", "found no text in 'audio', expected base64", "audio")
    try:
        return base64.b64decode(audio, validate=True)
    except (ValueError, binascii.Error):
        message = "found text in 'audio' that is no base64"
        raise Objection("invalid_value", message, "audio") from None


def _unknown(kind: object) -> Objection:
    if isinstance(kind, str) and kind.startswith(_OF_OTHER_SESSIONS):
        message = f"found {kind!r:.60}: this session transcribes, and nothing answers in it"
        return Objection("unsupported_event", message, "type")
    found = f"found type {kind!r:.60}, expected one of {', '.join(_TYPES)}"
    return Objection("invalid_value", found, "type")


def _open(query: str) -> RealtimeTranslator:
    """Tolerate any model; what the URL says of the intent is the only thing there is."""
    for intent in parse_qs(query).get("intent", ()):
        if intent != "transcription":
            raise BadMessage(f"found intent {intent!r:.40}, expected 'transcription'")
    return RealtimeTranslator()


def _key(offered: Sequence[str]) -> str | None:
    keys = [one for one in offered if one.startswith(KEY_SUBPROTOCOL)]
    return keys[0].removeprefix(KEY_SUBPROTOCOL) if keys else None


def _refusal(status: int, code: str, message: str) -> Mapping[str, object]:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


DIALECT = Dialect(
    name="openai-realtime",
    paths=("/v1/realtime",),
    open=_open,
    subprotocol="realtime",
    key=_key,
    refusal=_refusal,
)
