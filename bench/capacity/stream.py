"""One session from its cues to its lags: the product's own partials and finals, without the sound.

Knows what is asked, answered and shown, and when; knows nothing of who decodes, nor of real time.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.capacity.cues import Cue, Kind
from bench.capacity.script import Script
from wsserver.audio.intake import Stance
from wsserver.audio.segmenter import Utterance
from wsserver.messages import Final, Partial
from wsserver.session.actions import Action, Recognize, Send
from wsserver.session.finals import Finals, FinalSettings, Spoken
from wsserver.session.partials import Partials
from wsserver.speech import (
    LONGEST_WINDOW,
    SAMPLE_RATE,
    DecodeOptions,
    Hypothesis,
    Priority,
    Samples,
    Window,
    Word,
    seconds,
)
from wsserver.text.guards import GuardLimits
from wsserver.text.transcript import Transcript

_LANGUAGE = "en"
HEARD = Hypothesis("word", (1,), (Word("word", 0, 1600, 0.9),), _LANGUAGE, 1.0, -0.1, 0.0, 1.0)
"""What a simulated engine hears: something that no guard doubts."""


class Reel:
    """Sound without an end: somebody who never pauses, or nothing at all."""

    def __init__(self, audio: Samples | None = None) -> None:
        """Repeat *audio*; without it all is silence."""
        audio = np.zeros(SAMPLE_RATE, np.float32) if audio is None else audio
        self._length = len(audio)
        copies = -(-LONGEST_WINDOW // len(audio)) + 1
        self._audio = np.tile(audio, copies)

    def slice(self, start: int, end: int) -> Samples:
        """Give the samples between two positions, at most `LONGEST_WINDOW`, without a copy."""
        begin = start % self._length
        return self._audio[begin : begin + end - start]


SILENCE = Reel()


@dataclass
class Heard:
    """What one or many people got, in seconds, after a warm-up."""

    words: list[float] = field(default_factory=list)
    """From a word's end to the first text that holds it."""

    partials: list[float] = field(default_factory=list)
    """From a partial's last sample to the partial."""

    finals: list[float] = field(default_factory=list)
    """From the endpoint to the final."""

    spoken_seconds: float = 0.0
    """In utterances that ended, whenever they did."""

    finals_wanted: int = 0
    finals_given: int = 0
    repeated: int = 0
    """Windows that were decoded once more because a guard doubted them."""

    def add(self, other: "Heard") -> None:
        """Add what others got."""
        for name in ("words", "partials", "finals"):
            getattr(self, name).extend(getattr(other, name))
        self.spoken_seconds += other.spoken_seconds
        self.finals_wanted += other.finals_wanted
        self.finals_given += other.finals_given
        self.repeated += other.repeated


class Stream:
    """Somebody who speaks by a *script*; times are seconds since they began."""

    def __init__(self, name: str, script: Script, hop: int, count_from: float, reel: Reel) -> None:
        """Count what comes after the time *count_from*."""
        guards, options = GuardLimits(), DecodeOptions(language=_LANGUAGE)
        settings = FinalSettings(name, Priority.FINAL, options, guards, carry_tokens=0, words=False)
        self.heard = Heard()
        self._finals = Finals(settings, Transcript(_LANGUAGE))
        self._partials = Partials(name, hop, guards)
        self._reel = reel
        self._count_from = count_from
        self._unseen = list(script.words)
        self._wanted: deque[float] = deque()
        self._utterance = 0

    def take(self, cue: Cue, now: float) -> list[Window]:
        """Hear what the script says comes now; give what is to be decoded."""
        audio = self._reel.slice(cue.start, cue.end)
        match cue.kind:
            case Kind.BEGAN:
                self._utterance += 1
                self._partials.begin(self._utterance)
                return []
            case Kind.GREW:
                spoken = Utterance(cue.start, cue.end, audio, complete=False)
                due = self._partials.due(spoken, self._finals.options)
                return [due] if due else []
            case Kind.PAUSED:
                return self._follow(self._finals.foresee(self._utterance, cue.start, audio), now)
            case Kind.ENDED:
                self._partials.end()
                self._wanted.append(now)
                self.heard.spoken_seconds += seconds(cue.end - cue.start)
                self.heard.finals_wanted += 1
                ended = Spoken(self._utterance, cue.start, audio, Stance())
                return self._follow(self._finals.add(ended), now)

    def settle(self, window: Window, hypothesis: Hypothesis, now: float) -> list[Window]:
        """Take what was heard; give what is to be decoded next."""
        actions: list[Action] = []
        if window.priority is not Priority.PARTIAL:
            actions += self._finals.settle(window, hypothesis)
        if not window.priority.is_owed:
            received = round(now * SAMPLE_RATE)
            actions += self._partials.settle(window, hypothesis, received)
        self.heard.repeated += sum(
            isinstance(action, Recognize) and action.window.utterance == window.utterance
            for action in actions
        )
        return self._follow(actions, now)

    def _follow(self, actions: Sequence[Action], now: float) -> list[Window]:
        windows: list[Window] = []
        for action in actions:
            if isinstance(action, Recognize):
                windows.append(action.window)
            elif isinstance(action, Send) and isinstance(action.message, Partial | Final):
                self._show(action.message, now)
        return windows

    def _show(self, message: Partial | Final, now: float) -> None:
        counts = now >= self._count_from
        if isinstance(message, Final):
            self.heard.finals_given += 1
            wanted = self._wanted.popleft()
            if counts:
                self.heard.finals.append(now - wanted)
        elif counts:
            self.heard.partials.append(now - message.end)
        first = bisect_left(self._unseen, message.start)
        last = bisect_right(self._unseen, message.end)
        if counts:
            self.heard.words += (now - word for word in self._unseen[first:last])
        del self._unseen[first:last]
