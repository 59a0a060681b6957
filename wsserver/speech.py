"""The values that travel between the rooms: windows of audio, words, hypotheses.

Knows nothing of sockets, models or files.  All positions are sample indexes at 16 kHz since the
session began; that is the only clock the pure rooms have.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Samples per second inside the server, as Whisper wants them."""

LONGEST_WINDOW = 30 * SAMPLE_RATE
"""Samples in Whisper's 30 s context; no window is longer."""

Samples: TypeAlias = NDArray[np.float32]
"""Mono audio at 16 kHz, shape (n,), within [-1, 1]."""

Task: TypeAlias = Literal["transcribe", "translate"]

Answer: TypeAlias = tuple[NDArray[np.float32], object]
"""The probabilities of voice in some frames, shape (n,), and a voice model's state after them."""


def seconds(samples: int) -> float:
    """Give the time of a sample index, exact to the sample."""
    return samples / SAMPLE_RATE


class Priority(IntEnum):
    """What a window is for; the lower is served first."""

    FINAL = 0
    PARTIAL = 1
    EARLY_FINAL = 2
    BULK = 3

    @property
    def is_owed(self) -> bool:
        """True for what somebody waits for; the rest may come to nothing."""
        return self in (Priority.FINAL, Priority.BULK)


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """What the decoder is asked for beside the audio."""

    language: str | None = None
    """An ISO 639-1 code, or None to detect it in this window."""

    task: Task = "transcribe"

    prompt: str = ""
    """Text that stands before the speech, with hotwords; kept whole for every window."""

    carry: tuple[int, ...] = ()
    """Tokens of earlier finals, after the prompt; cut on the left to what the model can hold."""

    temperature: float = 0.0
    """0 is greedy; above it tokens are sampled with *seed*, the row alone."""

    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A slice of one session's audio on its way to the engine."""

    session: str
    utterance: int
    priority: Priority
    start: int
    """Sample index of the first sample of *audio*."""

    audio: Samples = field(repr=False)
    """At most `LONGEST_WINDOW` samples; never written to."""

    options: DecodeOptions = DecodeOptions()
    exact: bool = True
    """Decode with the full 30 s context, in a precision whose rows do not touch (finals)."""

    draft: tuple[int, ...] = ()
    """Tokens of the previous hypothesis, which an engine may verify instead of decoding anew."""

    alone: bool = False
    """Goes in a batch of its own, wherever that is put together: it may have broken an engine."""

    @property
    def end(self) -> int:
        """Sample index just after the last sample."""
        return self.start + len(self.audio)

    def asks_the_same(self, other: "Window") -> bool:
        """Tell whether *other*, of the same session, can only be heard alike.

        A session's audio never changes, so the same positions hold the same samples; a draft never
        changes what an exact window says.
        """
        return (self.utterance, self.start, self.end, self.options, self.exact) == (
            other.utterance,
            other.start,
            other.end,
            other.options,
            other.exact,
        )


@dataclass(frozen=True, slots=True)
class Word:
    """A word as Whisper splits them: the leading space belongs to it."""

    text: str
    start: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What an engine heard in one window."""

    text: str
    """Decoded tokens, stripped, as stock Whisper gives them."""

    tokens: tuple[int, ...]
    """The sampled tokens, without prompt, start sequence and end of text."""

    words: tuple[Word, ...]
    """In order; times lie within the window; their texts joined and stripped are *text*."""

    language: str
    language_probability: float
    """1.0 where the language was given."""

    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float
    temperature: float = 0.0


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine says of itself once it is loaded."""

    model: str
    """A name for people: "base", "practice" or a file's name."""

    languages: tuple[str, ...]
    """ISO 639-1 codes the model knows; one for an English-only model."""

    device: str
    precision: str
    practice: bool = False
    """True for the small practice model that is shipped."""


class Engine(Protocol):
    """A function from windows to hypotheses that keeps no state between calls."""

    @property
    def info(self) -> EngineInfo:
        """Say which model hears."""
        ...

    def recognize(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """Decode all *windows* as one batch; one hypothesis each, in the same order."""
        ...


@dataclass(slots=True, eq=False)
class Question:
    """What a session is about to ask a voice model, and the answer, if somebody had it ready.

    The session asks the model itself where there is none, and hears the very same.
    """

    frames: Samples = field(repr=False)
    """Shape (n, frame_samples), n >= 1."""

    state: object = field(repr=False)
    answer: "Answer | None" = field(default=None, repr=False)


class VoiceModel(Protocol):
    """A function from audio frames and a state to voice probabilities and the next state."""

    frame_samples: int
    """Samples in a frame (512, that is 32 ms, for Silero)."""

    def initial_state(self) -> object:
        """Give the state before the first frame."""
        ...

    def __call__(self, frames: Samples, state: object) -> Answer:
        """Judge *frames*, shape (n, frame_samples), n >= 1, in one call.

        Returns the probability of voice in each frame, shape (n,), and the state after the last.
        The split of a stream into calls does not change a single bit of the result.
        """
        ...
