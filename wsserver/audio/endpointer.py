"""Decide from the probabilities of voice where speech begins and ends.

Knows frames and sample indexes; knows nothing of samples, models or who asks.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Annotated

from annotated_types import Interval

from wsserver.speech import LONGEST_WINDOW, SAMPLE_RATE

_PER_MS = SAMPLE_RATE // 1_000
_LONGEST_MS = LONGEST_WINDOW // _PER_MS


@dataclass(frozen=True, slots=True)
class Endpointing:
    """Where utterances are cut; the defaults are for dictation."""

    threshold: Annotated[float, Interval(gt=0, lt=1)] = 0.5
    """Probability of voice from which on a frame is speech."""

    release_threshold: Annotated[float, Interval(gt=0, lt=1)] = 0.35
    """Probability below which speech is interrupted; between the two it goes on as it was."""

    padding_ms: Annotated[int, Interval(ge=0, le=1_000)] = 350
    """Audio kept before the first and after the last voice: soft consonants, and some silence,
    with which Whisper hears short utterances better (faster-whisper keeps 400 ms)."""

    min_speech_ms: Annotated[int, Interval(ge=1, le=1_000)] = 96
    """Voice shorter than this is a click or a cough."""

    silence_ms: Annotated[int, Interval(ge=100, le=10_000)] = 700
    """Silence that ends an utterance."""

    longest_ms: Annotated[int, Interval(ge=2_000, le=_LONGEST_MS)] = 28_000
    """Utterance, padding included, that is cut although speech goes on; Whisper hears 30 s."""

    valley_ms: Annotated[int, Interval(ge=200, le=_LONGEST_MS)] = 8_000
    """Stretch before that point in which the best place for the cut is sought."""

    quiet_ms: Annotated[int, Interval(ge=1_000, le=60_000)] = 5_000
    """Silence without speech after which the past is done with."""

    def __post_init__(self) -> None:
        """Raise ValueError for knobs that contradict each other."""
        half = self.longest_ms // 2
        endpoint_ms = self.padding_ms + self.min_speech_ms + self.silence_ms
        _expect("release_threshold", self.release_threshold, "threshold", self.threshold)
        _expect("longest_ms", self.longest_ms, "Whisper's context", _LONGEST_MS)
        # What comes before the valley is the utterance that is cut there: no mere scrap.
        _expect("valley_ms", self.valley_ms, "half of longest_ms", half)
        _expect("padding_ms + min_speech_ms + silence_ms", endpoint_ms, "half of longest_ms", half)
        # A cut goes back by the padding, and yet must lie beyond the cut before it.
        _expect("padding_ms", self.padding_ms, "silence_ms", self.silence_ms)
        _expect("padding_ms", self.padding_ms, "half of quiet_ms", self.quiet_ms // 2)


def _expect(name: str, found: float, limit_name: str, limit: float) -> None:
    if found > limit:
        raise ValueError(f"found {name} {found}, expected at most {limit_name}, {limit}")


DICTATION = Endpointing()
"""Waits for the end of a thought."""

CAPTIONING = Endpointing(silence_ms=400, longest_ms=9_000, valley_ms=4_000)
"""Keeps utterances short: readers wait for every one of them."""


class State(Enum):
    """What the speaker does."""

    SILENCE = auto()
    ONSET = auto()
    """Voice, but not yet long enough to be speech."""

    SPEECH = auto()
    TRAILING = auto()
    """Voice has stopped; perhaps for good."""

    OVER = auto()
    """A cut has to be made; what follows is for a new endpointer."""


class Event(Enum):
    """What a frame, or the frames so far, amount to."""

    VOICE = auto()
    DOUBT = auto()
    """Between the two thresholds."""

    HUSH = auto()
    CONFIRM = auto()
    """There was voice for `min_speech_ms`."""

    END = auto()
    """A cut has to be made."""


TRANSITIONS: dict[State, dict[Event, State]] = {
    State.SILENCE: {
        Event.VOICE: State.ONSET,
        Event.DOUBT: State.SILENCE,
        Event.HUSH: State.SILENCE,
        Event.END: State.OVER,
    },
    State.ONSET: {
        Event.VOICE: State.ONSET,
        Event.DOUBT: State.ONSET,
        Event.HUSH: State.SILENCE,
        Event.CONFIRM: State.SPEECH,
    },
    State.SPEECH: {
        Event.VOICE: State.SPEECH,
        Event.DOUBT: State.SPEECH,
        Event.HUSH: State.TRAILING,
        Event.CONFIRM: State.SPEECH,
        Event.END: State.OVER,
    },
    State.TRAILING: {
        Event.VOICE: State.SPEECH,
        Event.DOUBT: State.TRAILING,
        Event.HUSH: State.TRAILING,
        Event.END: State.OVER,
    },
    State.OVER: {},
}
"""What is not in the table is illegal: it raises and changes nothing."""


class Verdict(Enum):
    """What a frame leads to."""

    GO_ON = auto()
    ENDED = auto()
    """The utterance is over; it ends at `Endpointer.end`."""

    OVERLONG = auto()
    """Speech goes on, but the utterance has to be cut somewhere."""

    QUIET = auto()
    """There is no utterance; what lies before `Endpointer.past` is done with."""


class Endpointer:
    """Follow the voice from one cut to the next.

    Begins in silence or, if the cut was made in the midst of speech, *in_speech*.
    """

    def __init__(self, knobs: Endpointing, position: int, in_speech: bool = False) -> None:
        self._knobs = knobs
        self._begin = position
        self._carries = in_speech
        self.state = State.SPEECH if in_speech else State.SILENCE
        self.position = position
        """Sample index just after the last frame."""

        self.onset = position
        """Sample index of the utterance's first voice; means nothing while *voiced* is 0."""

        self.voice_end = position
        """Sample index just after the last voice."""

        self.voiced = 0
        """Samples with voice in the utterance so far."""

        self.is_confirmed = False
        """True once there was voice for `min_speech_ms`: there is an utterance."""

    def __repr__(self) -> str:
        return f"Endpointer({self.state.name.lower()} at {self.position}, from {self.start})"

    @property
    def is_trailing(self) -> bool:
        """True while voice has stopped, but not for long enough."""
        return self.state is State.TRAILING

    @property
    def is_speech(self) -> bool:
        """True while somebody speaks, be it the first sound, be it a short pause."""
        return self.state in (State.ONSET, State.SPEECH, State.TRAILING)

    @property
    def start(self) -> int:
        """Sample index where the utterance starts, or would start if voice began now."""
        if self._carries:
            return self._begin
        onset = self.onset if self.voiced else self.position
        return max(onset - self._knobs.padding_ms * _PER_MS, self._begin)

    @property
    def end(self) -> int:
        """Sample index where the utterance ends unless voice comes back; may be still to come."""
        return self.voice_end + self._knobs.padding_ms * _PER_MS

    @property
    def past(self) -> int:
        """Sample index before which nothing matters any more in silence."""
        return max(self.position - self._knobs.padding_ms * _PER_MS, self._begin)

    def hear(self, probability: float, samples: int) -> Verdict:
        """Take the next frame: the *probability* of voice in it and its length.

        Raises:
            RuntimeError: after any verdict but GO_ON; nothing is changed.
        """
        self.conclude(probability, samples)
        verdict = self._verdict(samples)
        if verdict is not Verdict.GO_ON:
            self._move(Event.END)
        return verdict

    def conclude(self, probability: float, samples: int) -> None:
        """Take a last frame, which may be short, before a cut by order: decide nothing."""
        self._move(self._event(probability))
        if self.state is State.SILENCE:
            self.voiced = 0
        elif self.state is not State.TRAILING:
            self._count_voice(samples)
        self.position += samples

    def _event(self, probability: float) -> Event:
        if probability >= self._knobs.threshold:
            return Event.VOICE
        return Event.DOUBT if probability >= self._knobs.release_threshold else Event.HUSH

    def _move(self, event: Event) -> None:
        legal = TRANSITIONS[self.state]
        if event not in legal:
            expected = ", ".join(each.name for each in legal) or "nothing more"
            raise RuntimeError(f"found {event.name} in {self.state.name}, expected {expected}")
        self.state = legal[event]

    def _count_voice(self, samples: int) -> None:
        if not self.voiced:
            self.onset = self.position
        self.voiced += samples
        self.voice_end = self.position + samples
        if not self.is_confirmed and self.voiced >= self._knobs.min_speech_ms * _PER_MS:
            self._move(Event.CONFIRM)
            self.is_confirmed = True

    def _verdict(self, samples: int) -> Verdict:
        knobs = self._knobs
        if self.state is State.SILENCE:
            is_quiet = self.position - self._begin >= knobs.quiet_ms * _PER_MS
            return Verdict.QUIET if is_quiet else Verdict.GO_ON
        silence = self.position - self.voice_end
        if self.is_trailing and silence >= knobs.silence_ms * _PER_MS:
            return Verdict.ENDED if self.is_confirmed else Verdict.QUIET
        # The next frame must fit in as well, for what is said may be asked for in its midst.
        is_overlong = self.position + samples - self.start > knobs.longest_ms * _PER_MS
        if is_overlong and self.state is not State.ONSET:
            return Verdict.OVERLONG if self.is_confirmed else Verdict.QUIET
        return Verdict.GO_ON
