"""Cut a stream at 16 kHz into utterances, from the audio alone.

Knows voice and endpoints; knows nothing of chunks, clients or text.

Voice model and endpointer start anew at every cut, and the samples after it are heard again.  So
whoever knows a cut and what it says of `in_speech` can go on there and gets the same utterances.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from wsserver.audio.buffer import Buffer
from wsserver.audio.endpointer import Endpointer, Endpointing, Verdict
from wsserver.audio.valley import SMOOTHED_FRAMES, deepest
from wsserver.audio.voice import BLOCK_FRAMES, VoiceTracker
from wsserver.speech import LONGEST_WINDOW, SAMPLE_RATE, Question, Samples, VoiceModel


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody speaks: one before every `UtteranceEnded`."""

    at: int
    """Sample index of the first voice."""


@dataclass(frozen=True, slots=True, eq=False)
class UtteranceEnded:
    """An utterance is complete; utterances come in order and do not overlap."""

    start: int
    end: int
    audio: Samples = field(repr=False)
    """The samples from *start* to *end*, at most `LONGEST_WINDOW` of them; read-only."""

    cut: int
    """Sample index before which everything is done with, and from which on the stream is new."""

    in_speech: bool
    """True if the cut was made while somebody spoke, so that the next utterance begins with it."""

    forced: bool
    """True if the utterance had to be cut because it was too long."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """There was no speech before the cut, or none that has not been given as an utterance."""

    cut: int
    in_speech: bool = False


Cut: TypeAlias = UtteranceEnded | Quiet
SpeechEvent: TypeAlias = SpeechStarted | Cut


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """The utterance that goes on, as far as it has come."""

    start: int
    end: int
    audio: Samples = field(repr=False)
    """The samples from *start* to *end*; read-only."""

    complete: bool
    """True once voice has stopped: unless it comes back, the utterance ends exactly here."""


class Segmenter:
    """Take in one session's samples and give out its utterances.

    The events are a function of the audio, the position and the flag it began with, and of where
    `cut` was called; not of how the audio was split into pushes.
    """

    def __init__(
        self,
        voice: VoiceModel,
        endpointing: Endpointing,
        position: int = 0,
        in_speech: bool = False,
    ) -> None:
        self._knobs = endpointing
        self._frame = voice.frame_samples
        self._block = BLOCK_FRAMES * self._frame
        # The longest utterance, and what comes in before it is looked at.
        self._buffer = Buffer(LONGEST_WINDOW + self._block, position)
        self._tracker = VoiceTracker(voice, position)
        self._probabilities: list[float] = []
        self._endpointer = Endpointer(endpointing, position, in_speech)

    def __repr__(self) -> str:
        return f"Segmenter({self._endpointer!r}, {self._buffer!r})"

    @property
    def is_voiced(self) -> bool:
        """True if there was voice since the last cut, and silence not for long enough to cut."""
        return self._endpointer.voiced > 0

    def foresee(self, samples: Samples) -> Question | None:
        """Give what the voice model is asked first when *samples* are pushed; None if nothing."""
        return self._tracker.foresee(self._buffer, samples)

    def push(self, samples: Samples) -> list[SpeechEvent]:
        """Take the next samples, any number of them; give what is decided by them."""
        events: list[SpeechEvent] = []
        for at in range(0, len(samples), self._block):
            self._buffer.append(samples[at : at + self._block])
            while probabilities := self._tracker.judge(self._buffer):
                events += self._hear(probabilities)
            self._buffer.forget(self._endpointer.start)
        return events

    def cut(self) -> list[SpeechEvent]:
        """Cut here by order: everything that was pushed is done with.

        Any voice since the last cut, however short, is an utterance.  The last event is the cut.
        """
        endpointer, now = self._endpointer, self._buffer.end
        was_confirmed = endpointer.is_confirmed
        if self._tracker.position < now:
            rest = self._tracker.judge_rest(self._buffer)
            endpointer.conclude(rest, now - self._tracker.position)
        if not endpointer.voiced:
            return [self._restart(Quiet(now, endpointer.is_speech))]
        started = [] if was_confirmed else [SpeechStarted(endpointer.onset)]
        ended = self._ended(min(endpointer.end, now), now, in_speech=endpointer.is_speech)
        return [*started, self._restart(ended)]

    def open_utterance(self) -> Utterance | None:
        """Give the utterance that goes on, up to now; None while nobody speaks."""
        endpointer, now = self._endpointer, self._buffer.end
        if not endpointer.is_confirmed:
            return None
        start, end = endpointer.start, min(endpointer.end, now)
        complete = endpointer.is_trailing and endpointer.end <= now
        return Utterance(start, end, self._buffer.slice(start, end), complete)

    def _hear(self, probabilities: Sequence[float]) -> list[SpeechEvent]:
        events: list[SpeechEvent] = []
        for probability in probabilities:
            was_confirmed = self._endpointer.is_confirmed
            verdict = self._endpointer.hear(probability, self._frame)
            self._probabilities.append(probability)
            if self._endpointer.is_confirmed and not was_confirmed:
                events.append(SpeechStarted(self._endpointer.onset))
            if verdict is not Verdict.GO_ON:
                # The other probabilities are void: from the cut on all is heard again.
                events.append(self._restart(self._cut_for(verdict)))
                break
        return events

    def _cut_for(self, verdict: Verdict) -> Cut:
        if verdict is Verdict.QUIET:
            return Quiet(self._endpointer.past)
        if verdict is Verdict.OVERLONG:
            valley = self._valley()
            return self._ended(valley, valley, in_speech=True, forced=True)
        return self._ended(self._endpointer.end, self._endpointer.end)

    def _valley(self) -> int:
        wanted = self._knobs.valley_ms * SAMPLE_RATE // 1_000 // self._frame
        recent = self._probabilities[-max(wanted, SMOOTHED_FRAMES) :]
        begin = self._endpointer.position - len(recent) * self._frame
        frames = self._buffer.slice(begin, self._endpointer.position).reshape(len(recent), -1)
        found = deepest(recent, frames, self._knobs.release_threshold)
        return begin + found * self._frame + self._frame // 2

    def _ended(
        self, end: int, cut: int, in_speech: bool = False, forced: bool = False
    ) -> UtteranceEnded:
        start = self._endpointer.start
        audio = self._buffer.slice(start, end)
        return UtteranceEnded(start, end, audio, cut, in_speech, forced)

    def _restart(self, event: Cut) -> Cut:
        self._tracker.restart(event.cut)
        self._probabilities.clear()
        self._endpointer = Endpointer(self._knobs, event.cut, event.in_speech)
        self._buffer.forget(event.cut)
        return event
