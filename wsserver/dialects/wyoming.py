"""The wire language Wyoming, of Home Assistant and its kin: events over plain TCP.

Knows messages and JSON; knows nothing of sessions, sockets or audio.

One connection is one session: from `audio-start` to the `transcript` that answers `audio-stop`.  An
event is a text frame here, and its payload a binary one behind it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from wsserver.dialects.dialect import Model, Told
from wsserver.dialects.growing_text import rest
from wsserver.dialects.wyoming_event import STOP, checked, read_event, write_event
from wsserver.errors import BadOrder, UnsupportedFormat
from wsserver.messages import (
    Audio,
    Done,
    Error,
    Final,
    Finish,
    Partial,
    ServerMessage,
    Start,
)

_HOTWORD_CHARACTERS = 1_000
"""Of names and terms: Home Assistant may send those of a whole house, Whisper sees 223 tokens."""

LONGEST_ECHO = 1_000
"""Characters of a `ping` that its `pong` says again."""

_WIDTHS = {2: "s16le"}


class _Format(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    rate: int
    width: int
    channels: int


class _Transcribe(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    language: str | None = None
    transcript_names: list[str] | None = None
    transcript_terms: list[str] | None = None


class WyomingTranslator:
    """One connection's translation."""

    def __init__(self, version: str) -> None:
        """Call this server's *version* what it is."""
        self._version = version
        self._model: Model
        self._wishes = _Transcribe()
        self._format: _Format | None = None
        self._chunk: _Format | None = None
        """Of the payload that comes next, if it is audio."""

        self._told = _Told()

    def meet(self, model: Model) -> None:
        """Take in what hears."""
        self._model = model

    def greet(self) -> Iterable[Told]:
        """Wait for the client to begin."""
        return ()

    def read(self, frame: str | bytes) -> Iterator[Told]:
        """Translate an event, or its payload; what is not known is passed over, as it has to be."""
        if isinstance(frame, bytes):
            yield from self._audio(frame)
            return
        yield from self._event(*read_event(frame))

    def write(self, message: ServerMessage) -> Iterator[str]:
        """Translate to chunks while words come, and to the transcript at the end."""
        match message:
            case Partial() | Final():
                for piece in self._told.hear(message):
                    yield from self._begin_transcript()
                    yield write_event("transcript-chunk", text=piece)
            case Done():
                yield from self._begin_transcript()
                yield write_event("transcript", **self._told.transcript())
                yield write_event("transcript-stop")
            case Error():
                yield write_event("error", text=message.message, code=message.code)

    def _event(self, kind: str, data: dict[str, Any]) -> Iterator[Told]:
        self._chunk = None
        match kind:
            case "describe":
                yield write_event("info", **_info(self._model, self._version))
            case "ping":
                yield write_event("pong", text=_echo(data.get("text")))
            case "transcribe":
                if self._format:
                    raise BadOrder("found 'transcribe' behind audio, expected it before")
                self._wishes = checked(_Transcribe, data, kind)
            case "audio-start":
                yield from self._start(checked(_Format, data, kind))
            case "audio-chunk":
                self._chunk = checked(_Format, data, kind)
                yield from self._start(self._chunk)
            case event if event == STOP:
                yield from self._start(self._format or _Format(rate=16_000, width=2, channels=1))
                yield Finish()

    def _audio(self, payload: bytes) -> Iterator[Told]:
        if self._chunk:
            yield Audio(data=payload)

    def _start(self, found: _Format) -> Iterator[Told]:
        """Open the session, unless it is open in the same format."""
        if self._format:
            if found != self._format:
                raise UnsupportedFormat(f"found {found}, expected {self._format} as before")
            return
        if found.width not in _WIDTHS:
            raise UnsupportedFormat(f"found samples of {found.width} bytes, expected 2")
        self._format = found
        wishes = self._wishes
        yield Start(
            encoding=_WIDTHS[found.width],
            sample_rate=found.rate,
            channels=found.channels,
            language=_primary(wishes.language),
            hotwords=_fitting((wishes.transcript_names or []) + (wishes.transcript_terms or [])),
        )

    def _begin_transcript(self) -> Iterator[str]:
        if not self._told.has_begun:
            self._told.has_begun = True
            language = _primary(self._wishes.language)
            yield write_event("transcript-start", **({"language": language} if language else {}))


class _Told:
    """What the client has read of the transcript, which only grows while words come.

    Committed words go at once; a final says the rest.  In the rare case that it takes a committed
    word back, the chunks keep that word, and `transcript` is right.
    """

    def __init__(self) -> None:
        self.has_begun = False
        self._texts: list[str] = []
        self._language: str | None = None
        self._settled = 0
        """The utterance that is final, and with it all before."""

        self._piece = ""
        """What was told of the one behind it."""

    def hear(self, message: Partial | Final) -> Iterator[str]:
        """Give the chunks that *message* adds."""
        if isinstance(message, Final):
            yield from self._settle(message)
        elif message.utterance == self._settled + 1:
            stable = message.text[: message.committed]
            if stable.startswith(self._piece):
                yield from self._tell(stable[len(self._piece) :])
                self._piece = stable

    def transcript(self) -> dict[str, str]:
        """Give the whole of it, and its language if it has one."""
        language = {"language": self._language} if self._language else {}
        return {"text": " ".join(self._texts), **language}

    def _settle(self, final: Final) -> Iterator[str]:
        yield from self._tell(rest(self._piece, final.text))
        self._piece, self._settled = "", final.utterance
        self._language = final.language or self._language
        if final.text:
            self._texts.append(final.text)

    def _tell(self, piece: str) -> Iterator[str]:
        if piece:
            yield piece if self._piece or not self._texts else f" {piece}"


def _echo(text: object) -> str | None:
    return text if isinstance(text, str) and len(text) <= LONGEST_ECHO else None


def _fitting(words: Sequence[str]) -> tuple[str, ...]:
    """Give the first of *words* that have room together."""
    room, kept = _HOTWORD_CHARACTERS, []
    for word in dict.fromkeys(words):
        room -= len(word) + 2  # with the comma that will part them
        if room < 0:
            break
        kept.append(word)
    return tuple(kept)


def _primary(language: str | None) -> str | None:
    """Give "en" for "en-US", which Home Assistant may say."""
    return language.partition("-")[0].lower() if language else None


def _info(model: Model, version: str) -> dict[str, Any]:
    """Describe the one program, and in it the one model, that there is."""
    own = {"attribution": {"name": "wsserver", "url": ""}, "installed": True, "version": version}
    described = {
        **own,
        "name": model.name,
        "description": f"Whisper model {model.name}",
        "languages": list(model.languages),
    }
    program = {
        **own,
        "name": "wsserver",
        "description": "Dictation in real time with Whisper",
        "models": [described],
        "supports_transcript_streaming": True,
        # Where speech ends is told by `audio-stop` alone.
        "requires_external_vad": True,
    }
    return {"asr": [program]}
