"""The wire language of Deepgram's live transcription, `/v1/listen`.

Knows messages and Deepgram's frames; knows nothing of sessions, sockets or audio.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from wsserver.dialects import deepgram_frames as frames
from wsserver.dialects import deepgram_options
from wsserver.dialects.deepgram_audio import Stream
from wsserver.dialects.deepgram_frames import Frame, Heard, Origin
from wsserver.dialects.deepgram_options import Options
from wsserver.dialects.deepgram_pauses import Pauses
from wsserver.dialects.dialect import Dialect, Model, Told
from wsserver.errors import LimitReached
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
    Partial,
    Ready,
    ServerMessage,
    Speech,
)

MOST_EARLY = 100
"""Of `Finalize` before a header says how to open the session; nobody means more than one."""

_CONTROLS = "'KeepAlive', 'Finalize' or 'CloseStream'"


class DeepgramTranslator:
    """One connection's translation.

    The final results, the empty ones of silences among them, cover the audio without a gap: each
    begins where the one before it ended.
    """

    def __init__(self, options: Options) -> None:
        """Serve what the URL asks for."""
        self._options = options
        self._audio = Stream(options.start, is_contained=options.is_contained)
        self._origin = Origin()
        self._pauses = Pauses(options.utterance_end_seconds)
        self._is_over = False
        self._early: list[Flush] = []
        """What was asked for before a header said how to open the session."""

        self._told = 0
        """Samples (per channel) that final results cover."""

        self._judged = 0
        """Samples (per channel) of which it is known where voice began; not those that just came,
        however many that are."""

        self._flushes = 0
        self._held: Frame | None = None
        """A final result of which the next message says whether `Finalize` ends with it."""

    def meet(self, model: Model) -> None:
        """Take in which model hears."""
        self._origin = replace(self._origin, model=model.name)
        if self._options.is_english_assumed and "en" not in model.languages:
            self._audio.start = replace(self._audio.start, language=None)

    def begin(self, now: datetime) -> None:
        """Take in when the session began."""
        created = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._origin = replace(self._origin, created=created)

    def greet(self) -> Iterable[Told]:
        """Open the session, if the URL says how."""
        return self._open() if self._audio.is_open else ()

    def read(self, frame: str | bytes) -> Iterable[Told]:
        """Translate what the client sends; what comes after its end is passed over."""
        if self._is_over:
            return ()
        if isinstance(frame, str):
            return self._obey(frame)
        # Before there was `CloseStream`, clients ended a stream with an empty frame.
        return self._hear(frame) if frame else self._close()

    def write(self, message: ServerMessage) -> Iterable[str]:
        """Translate what the session says."""
        match message:
            case Ready():
                self._origin = replace(self._origin, request_id=message.session)
                return ()
            case Flushed():
                written = self._finalize()
            case Final() | Ack():
                written = [*self._release(), *self._settle(message)]
            case Speech() | Partial() | Done() | Error():
                written = [*self._release(), *self._pass_on(message)]
            case _:
                return ()
        return [frames.dump(frame) for frame in written]

    def _open(self) -> Iterable[Told]:
        early, self._early = self._early, []
        return (self._audio.start, *early)

    def _hear(self, data: bytes) -> Iterable[Told]:
        paused = self._listen()
        was_open, samples = self._audio.is_open, self._audio.push(data)
        opening = self._open() if self._audio.is_open and not was_open else ()
        audio = (Audio(data=samples),) if samples else ()
        return (*paused, *opening, *audio)

    def _listen(self) -> Iterable[str]:
        """Look at all that came before for a pause."""
        self._judged = self._audio.samples
        return tuple(map(frames.dump, self._pause()))

    def _obey(self, text: str) -> Iterable[Told]:
        match asked := _read_control(text):
            case {"type": "KeepAlive"}:
                return (*self._listen(), Keepalive())
            case {"type": "Finalize"}:
                self._flushes += 1
                return self._order(Flush())
            case {"type": "CloseStream"}:
                return self._close()
            case {"type": "Configure"}:
                keyterms = asked.get("keyterms") is not None
                return (frames.dump(frames.configure_failure(self._origin, keyterms=keyterms)),)
        description = f"found {asked.get('type')!r:.60} for a type, expected {_CONTROLS}"
        return (frames.dump(frames.schema_error(text, description)),)

    def _order(self, message: Flush) -> Iterable[Told]:
        if self._audio.is_open:
            return (message,)
        if len(self._early) == MOST_EARLY:
            raise LimitReached(f"found {MOST_EARLY} 'Finalize' before any audio, expected audio")
        self._early.append(message)
        return ()

    def _close(self) -> Iterable[Told]:
        self._is_over = True
        return (Finish(),) if self._audio.is_open else (*self._open(), Finish())

    def _settle(self, message: Final | Ack) -> Iterable[Frame]:
        """Tell of audio that is done with; hold it back if `Finalize` may end with it."""
        begin, self._told = self._told, max(message.through, self._told)
        span = Heard(start=self._audio.seconds(begin), end=self._audio.seconds(self._told))
        if isinstance(message, Final):
            words = message.words or ()
            self._pauses.end(message.utterance, words[-1].end if words else None)
            language = message.language if self._options.is_multilingual else None
            span = replace(span, text=message.text, words=words, language=language)
        elif begin == self._told:
            return ()
        is_endpoint = isinstance(message, Final) and self._options.endpoints
        settled = frames.results(span, self._origin, is_final=True, speech_final=is_endpoint)
        if self._flushes:
            self._held = settled
            return ()
        return (settled, *self._pause())

    def _finalize(self) -> list[Frame]:
        """Mark the last result of a `Finalize`; where there is none, one without words says so."""
        self._flushes -= 1
        now = self._audio.seconds(self._told)
        empty = frames.results(Heard(start=now, end=now), self._origin, is_final=True)
        held, self._held = self._held or empty, None
        return [held | {"from_finalize": True}, *self._pause()]

    def _release(self) -> Iterable[Frame]:
        held, self._held = self._held, None
        return (held,) if held else ()

    def _pass_on(self, message: Speech | Partial | Done | Error) -> Iterable[Frame]:
        match message:
            case Speech(event="started"):
                self._pauses.begin(message.utterance, message.time)
                told = frames.speech_started(message.time)
                return (*self._pause(), *([told] if self._options.speech_started else []))
            case Partial():
                start = self._audio.seconds(self._told)
                end, words = max(message.end, start), message.words or ()
                heard = Heard(start=start, end=end, text=message.text, words=words)
                return (frames.results(heard, self._origin, is_final=False),)
            case Done():
                self._judged = self._audio.samples
                last = frames.metadata(self._origin, message.duration, self._audio.start.channels)
                return (*self._pause(), last)
            case Error():
                return (frames.error(message.code, message.message),)
        return ()

    def _pause(self) -> Iterable[Frame]:
        if self._held:
            return ()
        word_end = self._pauses.take(self._audio.seconds(self._judged))
        return () if word_end is None else (frames.utterance_end(word_end),)


def _read_control(text: str) -> Mapping[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _open(query: str) -> DeepgramTranslator:
    return DeepgramTranslator(deepgram_options.read(query))


def _key(offered: Sequence[str]) -> str | None:
    """Find the token behind the name of its kind: `token, KEY` or `bearer, JWT`."""
    return next((key for kind, key in pairwise(offered) if kind in ("token", "bearer")), None)


DIALECT = Dialect(
    name="deepgram",
    paths=("/v1/listen",),
    open=_open,
    subprotocol="token",
    aliases=("bearer",),
    key=_key,
    refusal=frames.refusal,
    # The SDK knows 401 alone for a key that is not good, and Deepgram 400 for what is not served.
    statuses={"bad_token": 401, "token_expired": 401, "token_used": 401, "unsupported_format": 400},
)
