"""Let a session hear a recording as a server without load would, faster than speech.

Knows the session and the engine; knows nothing of sockets, of clocks or of what is measured.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bench.quality_words import Shown, Spoken, words_of
from wsserver.config import Config
from wsserver.messages import Audio, ClientMessage, Final, Finish, Limits, Partial, Start
from wsserver.session.actions import Action, Recognize, Send
from wsserver.session.dialog import Session
from wsserver.session.setting import SessionSettings, Setting
from wsserver.speech import Engine, Priority, VoiceModel, Window
from wsserver.text.stabilizer import normalize

_NO_LIMITS = Limits(frame_bytes=1 << 30, idle_seconds=1e9, session_seconds=1e9)


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears, and how."""

    engine: Engine
    voice: VoiceModel
    config: Config
    language: str | None
    full_context: bool = False
    """Decode partials in the full 30 s context as well."""


@dataclass(slots=True)
class _Course:
    """What a session has said so far."""

    readings: list[Shown] = field(default_factory=list)
    utterances: list[Spoken] = field(default_factory=list)
    held_back: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a recording."""

    utterances: tuple[Spoken, ...]
    held_back: int
    """Finals that a guard left empty."""


def hear(blocks: Iterable[bytes], sample_rate: int, listener: Listener) -> Heard:
    """Stream s16le *blocks*; every window is decoded before the next block comes."""
    session, course = _session(listener), _Course()
    start = Start(sample_rate=sample_rate, language=listener.language, words=True)
    _tell(session, start, listener, course)
    for block in blocks:
        _tell(session, Audio(data=block), listener, course)
    _tell(session, Finish(), listener, course)
    return Heard(tuple(course.utterances), course.held_back)


def _session(listener: Listener) -> Session:
    config = listener.config
    profiles = config.endpointing
    settings = SessionSettings(
        limits=_NO_LIMITS,
        endpointing={"dictation": profiles.dictation, "captioning": profiles.captioning},
        guards=config.guards,
        hop_ms=config.sessions.hop_ms,
        carry_tokens=config.sessions.carry_tokens,
    )
    return Session(Setting("quality", listener.engine.info, listener.voice, settings))


def _tell(session: Session, message: ClientMessage, listener: Listener, course: _Course) -> None:
    actions = deque(session.receive(message))
    while actions:
        action = actions.popleft()
        if isinstance(action, Recognize):
            actions += _decode(session, action.window, listener)
        elif isinstance(action, Send):
            _note(action.message, session.seconds_received, course)


def _decode(session: Session, window: Window, listener: Listener) -> list[Action]:
    full = listener.full_context and window.priority is Priority.PARTIAL
    (heard,) = listener.engine.recognize([replace(window, exact=True) if full else window])
    return session.settle(window, heard)


def _note(message: object, at: float, course: _Course) -> None:
    match message:
        case Partial(text=text, committed=committed):
            shown = Shown(at, words_of(text), len(words_of(text[:committed])))
            course.readings.append(shown)
        case Final():
            course.held_back += message.reason not in (None, "no_speech")
            course.utterances.append(_spoken(message, at, tuple(course.readings)))
            course.readings.clear()


def _spoken(final: Final, at: float, readings: tuple[Shown, ...]) -> Spoken:
    timed = [(normalize(word.text), word.end) for word in final.words or ()]
    words = tuple(word for word, _ in timed if word)
    ends = tuple(end for word, end in timed if word)
    return Spoken(final.start, readings, Shown(at, words, len(words)), ends)
