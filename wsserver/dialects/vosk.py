"""The wire language of vosk-server: one reply for every frame of audio, at once.

Knows messages and JSON; knows nothing of sessions, sockets or audio.

The shapes are those of `websocket/asr_server.py` in github.com/alphacep/vosk-server and of
`src/recognizer.cc` in github.com/alphacep/vosk-api.  A reply holds what is known when its frame
comes: the oldest final that was not told yet, else the newest partial.  Nobody waits for decoding.
"""

import json
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, TypeVar
from urllib.parse import parse_qsl

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from wsserver.dialects.dialect import Dialect, Told
from wsserver.dialects.fields import first_wrong
from wsserver.errors import BadMessage, BadOrder
from wsserver.messages import (
    Audio,
    Done,
    Error,
    Final,
    Finish,
    Flush,
    Flushed,
    Partial,
    ServerMessage,
    Start,
    TimedWord,
)

_UNKNOWN_WORD = "[unk]"
"""Stands in a phrase list for all words that are not in it."""


class _Wishes(BaseModel):
    """What `config` may hold, by vosk-server's defaults; `model` and the like are not served."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    sample_rate: int = 8_000
    words: bool = True
    """Give `result`, every word with its times, in finals."""

    partial_words: bool = False
    """Give `partial_result` in partials."""

    max_alternatives: Annotated[int, Ge(0)] = 0
    """Above 0 a final is a list of alternatives: here of one."""

    phrase_list: tuple[str, ...] = ()
    """Words to expect; vosk hears no others, Whisper does."""

    language: str | None = None
    """Not vosk's, where every model knows one language."""


class _UrlWishes(BaseModel):
    """What the URL may say, which is all that some programs know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sample_rate: int = 8_000
    language: str | None = None
    plain: bool = False
    """Give lower-case words without punctuation, as vosk's models do."""

    token: str | None = None
    """Read at the door."""


_Model = TypeVar("_Model", bound=BaseModel)


class VoskTranslator:
    """One connection's translation."""

    def __init__(self, wishes: _UrlWishes) -> None:
        self._wishes = _Wishes(sample_rate=wishes.sample_rate, language=wishes.language)
        self._is_plain = wishes.plain
        self._has_begun = False
        self._finals: deque[Final] = deque()
        """Those that no reply has told yet."""

        self._partial: Partial | None = None

    def greet(self) -> Iterable[Told]:
        """Wait for the client to begin."""
        return ()

    def read(self, frame: str | bytes) -> Iterator[Told]:
        """Translate audio, which is answered at once, and commands; raise `BadMessage`."""
        if isinstance(frame, bytes):
            yield from self._begin()
            yield Audio(data=frame)
            yield self._reply()
            return
        match _object(frame):
            case {"config": wishes}:
                self._configure(wishes)
            case {"eof": _}:
                yield from self._begin()
                yield Finish()
            case {"reset": _}:
                yield from self._begin()
                yield Flush()
            case other:
                found = ", ".join(map(repr, other)) or "none"
                raise BadMessage(f"found the keys {found:.80}, expected config, eof or reset")

    def write(self, message: ServerMessage) -> Iterator[str]:
        """Keep what the next reply holds; answer the end, a reset and what went wrong."""
        match message:
            case Partial():
                self._partial = message
            case Final():
                if self._partial and self._partial.utterance <= message.utterance:
                    self._partial = None
                if message.text:
                    self._finals.append(message)
            case Flushed() | Done():
                yield self._all_finals()
            case Error():
                if self._finals:
                    yield self._all_finals()
                yield _text({"error": message.message, "code": message.code})

    def _begin(self) -> Iterator[Start]:
        if self._has_begun:
            return
        self._has_begun = True
        wishes = self._wishes
        yield Start(
            sample_rate=wishes.sample_rate,
            language=wishes.language,
            hotwords=tuple(word for word in wishes.phrase_list if word != _UNKNOWN_WORD),
            words=wishes.words or wishes.partial_words or wishes.max_alternatives > 0,
        )

    def _configure(self, found: object) -> None:
        """Take over *found* where it says something; some programs send it more than once."""
        given = _checked(_Wishes, found, "config").model_dump(exclude_unset=True)
        wishes = self._wishes.model_copy(update=given)
        if self._has_begun and wishes != self._wishes:
            raise BadOrder("found another config behind the first audio, expected it before")
        self._wishes = wishes

    def _reply(self) -> str:
        if self._finals:
            return self._final([self._finals.popleft()])
        partial = self._partial
        answer: dict[str, object] = {"partial": self._spelled(partial.text) if partial else ""}
        if self._wishes.partial_words and partial and partial.words:
            answer["partial_result"] = self._words(partial.words)
        return _text(answer)

    def _all_finals(self) -> str:
        finals, self._partial = [*self._finals], None
        self._finals.clear()
        return self._final(finals)

    def _final(self, finals: Sequence[Final]) -> str:
        words = [word for final in finals for word in final.words or ()]
        result: dict[str, object] = {}
        if words and self._wishes.words:
            result["result"] = self._words(words)
        result["text"] = self._spelled(" ".join(final.text for final in finals))
        if not self._wishes.max_alternatives:
            return _text(result)
        return _text({"alternatives": [{"confidence": _confidence(words), **result}]})

    def _words(self, words: Sequence[TimedWord]) -> list[dict[str, object]]:
        told = (
            {
                "conf": word.probability,
                "end": word.end,
                "start": word.start,
                "word": self._spelled(word.text),
            }
            for word in words
        )
        return [word for word in told if word["word"]]

    def _spelled(self, text: str) -> str:
        words = map(_plain, text.split()) if self._is_plain else text.split()
        return " ".join(filter(None, words))


def _plain(word: str) -> str:
    """Give *word* in lower case, without the punctuation around it; marks within it stay."""
    marks = "".join({sign for sign in word if unicodedata.category(sign)[0] == "P"})
    return word.strip(marks).lower()


def _confidence(words: Sequence[TimedWord]) -> float:
    """Give the mean probability of *words*; vosk gives a likelihood without a scale."""
    return round(sum(word.probability for word in words) / len(words), 3) if words else 1.0


def _object(frame: str) -> Mapping[str, object]:
    try:
        found = from_json(frame)  # unlike json, it knows that half a surrogate pair is no text
    except ValueError:
        raise BadMessage("expected a JSON object, found text that is no JSON") from None
    if not isinstance(found, dict):
        raise BadMessage("expected a JSON object, found another JSON value")
    return found


def _checked(model: type[_Model], found: object, *place: str) -> _Model:
    try:
        return model.model_validate(found)
    except ValidationError as error:
        wrong = first_wrong(error, *place)
        if wrong.kind == "extra_forbidden":
            expected = f"expected some of {', '.join(model.model_fields)}"
            raise BadMessage(f"unknown field {wrong.where!r:.60}, {expected}") from None
        raise BadMessage(str(wrong)) from None


def _text(answer: Mapping[str, object]) -> str:
    return json.dumps(answer, ensure_ascii=False)


def _open(query: str) -> VoskTranslator:
    found = dict(parse_qsl(query, keep_blank_values=True))
    return VoskTranslator(_checked(_UrlWishes, found))


DIALECT = Dialect(name="vosk", paths=("/vosk",), open=_open)
