"""How late the words came: what was sent when, what was shown when, and the time between.

Knows messages and times; knows nothing of sockets or clocks.  Times are seconds on any one clock.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from wsserver.audio.endpointer import Endpointing
from wsserver.messages import Done, Final, Partial, ServerMessage
from wsserver.speech import SAMPLE_RATE

WordEnds: TypeAlias = Callable[[Final], Sequence[float]]
"""When each word of a final was over, in seconds since the session's first sample."""


def percentile(values: Sequence[float], q: float) -> float:
    """Give the *q*-th percentile, or no number if there are no values."""
    return float(np.percentile(values, q)) if values else float("nan")


class SentLog:
    """When each sample of a session, at 16 kHz, had left."""

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._times: list[float] = []
        self.held_seconds = 0.0
        """How long after it was spoken some of it left: a server that does not read hides its lag.
        """

    @property
    def samples(self) -> int:
        """Audio sent so far."""
        return self._ends[-1] if self._ends else 0

    def note(self, samples: int, at: float, spoken: float) -> None:
        """Note that so many *samples* more left at a time, and when the last of them was spoken."""
        self.held_seconds = max(self.held_seconds, at - spoken)
        self._ends.append(self.samples + samples)
        self._times.append(at)

    def when(self, position: float) -> float:
        """Say when all audio before a second had left; the end, for what lies behind it."""
        place = bisect_left(self._ends, round(position * SAMPLE_RATE))
        return self._times[min(place, len(self._times) - 1)]


@dataclass
class Lags:
    """All that one or many sessions waited for, in seconds."""

    words: list[float] = field(default_factory=list)
    """From a word's last sample to the first text that holds the word."""

    partials: list[float] = field(default_factory=list)
    """From a partial's last sample to the partial."""

    endpoints: list[float] = field(default_factory=list)
    """From the sample that decides an endpoint to the final."""

    finishes: list[float] = field(default_factory=list)
    """From `finish`, in the middle of speech, to the last final."""

    utterances: int = 0
    lost_seconds: float = 0.0
    """Audio that was sent and, by the server's own count, not received."""

    unfinished: int = 0
    """Sessions that ended without all of their finals."""

    held_seconds: float = 0.0
    """How long after it was spoken some audio could be sent at most."""

    def add(self, other: "Lags") -> None:
        """Add what others waited for."""
        for name in ("words", "partials", "endpoints", "finishes"):
            getattr(self, name).extend(getattr(other, name))
        self.utterances += other.utterances
        self.lost_seconds += other.lost_seconds
        self.unfinished += other.unfinished
        self.held_seconds = max(self.held_seconds, other.held_seconds)


@dataclass(frozen=True, slots=True)
class _Shown:
    at: float
    words: int


class Course:
    """What came back in one session, until it is over."""

    def __init__(self, sent: SentLog, endpointing: Endpointing, word_ends: WordEnds) -> None:
        self._sent = sent
        self._decided = (endpointing.silence_ms - endpointing.padding_ms) / 1000
        self._word_ends = word_ends
        self._shown: dict[int, list[_Shown]] = {}
        self._lags = Lags()
        self._last_final: float | None = None
        self._finished: float | None = None
        self._is_owed_final = False

    def finish(self, at: float) -> None:
        """Note that `finish` was sent."""
        self._finished = at

    def hear(self, message: ServerMessage, at: float) -> None:
        """Note a message and when it came."""
        match message:
            case Partial():
                self._lags.partials.append(at - self._sent.when(message.end))
                self._show(message, at)
            case Final():
                self._hear_final(message, at)
            case Done():
                lost = self._sent.samples - round(message.duration * SAMPLE_RATE)
                self._lags.lost_seconds = max(0, lost) / SAMPLE_RATE
                self._lags.unfinished = int(self._lags.utterances != message.utterances)

    def lags(self) -> Lags:
        """Give the lags of the whole session."""
        if self._finished is not None and self._is_owed_final and self._last_final is not None:
            self._lags.finishes.append(self._last_final - self._finished)
        self._lags.held_seconds = self._sent.held_seconds
        return self._lags

    def _show(self, message: Partial | Final, at: float) -> None:
        shown = self._shown.setdefault(message.utterance, [])
        shown.append(_Shown(at, len(message.text.split())))

    def _hear_final(self, final: Final, at: float) -> None:
        self._lags.utterances += 1
        self._last_final = at
        self._show(final, at)
        shown = self._shown.pop(final.utterance)
        for count, end in enumerate(self._word_ends(final), start=1):
            first = next((each.at for each in shown if each.words >= count), None)
            if first is not None:
                self._lags.words.append(first - self._sent.when(end))
        decided = final.end + self._decided
        if decided * SAMPLE_RATE <= self._sent.samples:
            self._lags.endpoints.append(at - self._sent.when(decided))
        else:
            # Nothing but the end of the audio ended this one.
            self._is_owed_final = True
