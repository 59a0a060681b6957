"""What a session is told and what it says: the messages every wire language translates.

Knows no JSON and no bytes on a wire; `dialects/` does.  Times are seconds since the session's
first sample.  Fields that a client sends are checked for their values by the session.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from wsserver.speech import Task

Profile: TypeAlias = Literal["dictation", "captioning"]
SpeechChange: TypeAlias = Literal["started", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Open the session; every field is optional.  Audio without a `start` opens it by default."""

    type: Literal["start"] = "start"
    encoding: str = "s16le"
    """s16le, f32le, mulaw or alaw."""

    sample_rate: int = 16_000
    """Samples per second and channel, 8000 to 48000."""

    channels: int = 1
    """1, or 2 interleaved; two are mixed down."""

    language: str | None = None
    """An ISO 639-1 code; without it the language of the first utterance is detected and kept."""

    task: Task = "transcribe"
    prompt: str = ""
    """Text in the style and with the names that are to be expected."""

    hotwords: tuple[str, ...] = ()
    """Words to expect, put before the speech together with the prompt."""

    words: bool = False
    """Send every word of partials and finals with its times and its probability."""

    partials: bool = True
    endpointing: Profile = "dictation"
    """`dictation` waits for the end of a thought; `captioning` keeps utterances short."""

    room: str | None = None
    """Where others may read along; one's own, as `POST /v1/rooms` gives it."""

    resume: str | None = field(default=None, repr=False)
    """A cursor: go on where it says, as that session was opened; all else stays at its default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """A chunk of audio, as a binary frame."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flush:
    """Finalize all that was sent; answered by `flushed` with the same id."""

    type: Literal["flush"] = "flush"
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Finalize all that was sent and end the session; answered by `done`."""

    type: Literal["finish"] = "finish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keepalive:
    """Stay connected while no audio is sent."""

    type: Literal["keepalive"] = "keepalive"


ClientMessage: TypeAlias = Start | Audio | Flush | Finish | Keepalive


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a session may do."""

    frame_bytes: int
    idle_seconds: float
    session_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The answer to `start`."""

    type: Literal["ready"] = "ready"
    session: str
    model: str
    practice: bool
    """True while the small practice model listens instead of a real one."""

    languages: tuple[str, ...]
    encodings: tuple[str, ...]
    sample_rates: tuple[int, int]
    """The lowest and the highest rate."""

    limits: Limits
    generation: int = 1
    """1 for a new session, one more each time that it is resumed."""

    cursor: str | None = field(default=None, repr=False)
    """Where this session begins; None if it cannot be resumed."""

    through: int = 0
    """Client samples (per channel) that were done with when it began."""

    resend_from: int = 0
    """The client sample (per channel) to send first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Voice began or ended."""

    type: Literal["speech"] = "speech"
    event: SpeechChange
    utterance: int
    time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedWord:
    """A word of a partial or a final; the leading space belongs to it."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """What is heard so far of an utterance that goes on; replaces the partial before it."""

    type: Literal["partial"] = "partial"
    utterance: int
    text: str
    committed: int
    """Characters of *text* that are not expected to change any more."""

    start: float
    end: float
    """How far the audio goes that this text accounts for."""

    lag: float
    """Seconds of audio received after *end* by the time this was sent."""

    words: tuple[TimedWord, ...] | None = None
    """Present when `start` asked for words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """What was said in an utterance; never changed, never repeated."""

    type: Literal["final"] = "final"
    utterance: int
    text: str
    start: float
    end: float
    language: str | None = None
    """None if nothing was heard and none was asked for."""

    words: tuple[TimedWord, ...] | None = None
    """Present when `start` asked for words."""

    reason: str | None = None
    """Why *text* is empty although there was voice: the guard that held it back, or the engine."""

    through: int
    """Client samples (per channel) that are done with."""

    resend_from: int = 0
    """Client samples (per channel) that *cursor* does not need and that may be forgotten."""

    cursor: str | None = field(default=None, repr=False)
    """What a `start` that resumes the session here needs; None if it cannot be resumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Audio that held no speech is done with."""

    type: Literal["ack"] = "ack"
    through: int
    """As in a final."""

    resend_from: int = 0
    """As in a final."""

    cursor: str | None = field(default=None, repr=False)
    """As in a final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flushed:
    """All that was sent before the `flush` is final."""

    type: Literal["flushed"] = "flushed"
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """All is final; the server closes with 1000."""

    type: Literal["done"] = "done"
    duration: float
    """Seconds of audio since the session's beginning."""

    utterances: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn:
    """Something is odd, but the session goes on."""

    type: Literal["warning"] = "warning"
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """Something is wrong; after a fatal error the server closes."""

    type: Literal["error"] = "error"
    code: str
    message: str
    fatal: bool


ServerMessage: TypeAlias = Ready | Speech | Partial | Final | Ack | Flushed | Done | Warn | Error
