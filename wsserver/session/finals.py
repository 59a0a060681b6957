"""Bring utterances to their finals: in order, one at a time, up the ladder if need be.

Knows utterances and hypotheses; knows nothing of how the utterances were cut.

A final may depend on the one before it (language, carried tokens), so the next utterance is
decoded only when the one before it is settled.  What else has to wait for the finals before it, a
`flushed` say, stands in the same queue.

When voice stops, the endpointer still waits, but the audio of the final is all there: it is decoded
at once.  If voice comes back the answer is to another question, and forgotten.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from wsserver.audio.intake import Stance
from wsserver.messages import Ack, Done, Final
from wsserver.session.actions import Action, Close, Recognize, Send
from wsserver.session.timed import timed
from wsserver.speech import (
    DecodeOptions,
    Hypothesis,
    Priority,
    Samples,
    Window,
    seconds,
)
from wsserver.text.guards import GuardLimits, Verdict, judge, next_temperature
from wsserver.text.transcript import Transcript

UNRECOGNIZABLE = "unrecognizable"
"""The `reason` of a final for what one engine after the other raised, died or hung on."""


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """An utterance that has ended and waits for its final."""

    utterance: int
    start: int
    audio: Samples
    stance: Stance
    """Where the stream stands after it."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch without speech that has ended."""

    utterance: int
    """The latest before it."""

    stance: Stance
    """Where the stream stands after it."""


Bookmark: TypeAlias = Callable[[Spoken | Silence, Transcript], str | None]
"""Gives the cursor after an utterance or a silence, once the transcript has come there."""


def _no_cursor(_: Spoken | Silence, __: Transcript) -> None:
    return None


@dataclass(frozen=True, slots=True)
class FinalSettings:
    """How the finals of one session are made."""

    session: str
    priority: Priority
    options: DecodeOptions
    """The task and the prompt; language and carry are the transcript's."""

    guards: GuardLimits
    carry_tokens: int
    words: bool
    """Whether the client wants every word."""

    bookmark: Bookmark = _no_cursor


class Finals:
    """The queue of what is to become final."""

    def __init__(self, settings: FinalSettings, transcript: Transcript) -> None:
        self._settings = settings
        self._queue: deque[Spoken | Silence | Action] = deque()
        self._decoding: Spoken | None = None
        self._asked_early: Window | None = None
        self._heard_early: Hypothesis | None = None
        self.transcript = transcript

    @property
    def waiting_samples(self) -> int:
        """Samples at 16 kHz whose final is still to come."""
        held = [item for item in (self._decoding, *self._queue) if isinstance(item, Spoken)]
        return sum(len(item.audio) for item in held)

    @property
    def waiting_answers(self) -> int:
        """Messages that wait for the finals before them."""
        return sum(not isinstance(item, Spoken) for item in self._queue)

    def options(self) -> DecodeOptions:
        """Give the options for the audio after the latest final."""
        transcript = self.transcript
        return replace(self._settings.options, language=transcript.language, carry=transcript.carry)

    def add(self, item: Spoken | Silence | Action) -> list[Action]:
        """Queue an utterance, or what waits for the finals before it."""
        self._queue.append(item)
        return self._advance()

    def foresee(self, utterance: int, start: int, audio: Samples) -> list[Action]:
        """Have an utterance decoded that ends here unless voice comes back."""
        if self._decoding or self._queue or self._settings.priority is not Priority.FINAL:
            return []
        window = self._window(utterance, start, audio)
        window = replace(window, priority=Priority.EARLY_FINAL)
        if self._asked_early and self._asked_early.asks_the_same(window):
            return []
        self._asked_early, self._heard_early = window, None
        return [Recognize(window)]

    def end(self, *farewell: Action) -> list[Action]:
        """Queue the last actions of the session, in place of an earlier farewell."""
        kept = [item for item in self._queue if not _is_farewell(item)]
        self._queue = deque([*kept, *farewell])
        return self._advance()

    def settle(self, window: Window, hypothesis: Hypothesis) -> list[Action]:
        """Judge what was heard: make it final, or have it decoded once more."""
        if window.priority is Priority.EARLY_FINAL:
            if window is self._asked_early:
                self._heard_early = hypothesis
            return []
        spoken = self._decoding
        if spoken is None or spoken.utterance != window.utterance:
            return []
        verdict = judge(hypothesis, seconds(len(window.audio)), self._settings.guards)
        higher = next_temperature(window.options.temperature)
        if verdict.is_suspect and higher is not None:
            options = replace(window.options, temperature=higher)
            return [Recognize(replace(window, options=options), verdict.value)]
        believed = hypothesis if verdict is Verdict.HEARD else None
        return self._finalize(spoken, believed, verdict.value)

    def skip(self, window: Window) -> list[Action]:
        """Take that no engine can decode *window*: its final is empty, and the rest goes on.

        Failing the session instead would fail it again wherever it is resumed.
        """
        spoken = self._decoding
        if spoken is None or spoken.utterance != window.utterance:
            return []
        return self._finalize(spoken, None, UNRECOGNIZABLE)

    def _finalize(self, spoken: Spoken, believed: Hypothesis | None, reason: str) -> list[Action]:
        self.transcript = self.transcript.after(believed, self._settings.carry_tokens)
        self._decoding = None
        return [Send(self._final(spoken, believed, reason)), *self._advance()]

    def _final(self, spoken: Spoken, believed: Hypothesis | None, reason: str) -> Final:
        words = believed.words if believed else ()
        return Final(
            utterance=spoken.utterance,
            text=believed.text if believed else "",
            start=seconds(spoken.start),
            end=seconds(spoken.start + len(spoken.audio)),
            language=believed.language if believed else self.transcript.language,
            words=timed(words) if self._settings.words else None,
            reason=None if believed else reason,
            through=spoken.stance.through,
            resend_from=spoken.stance.resend_from,
            cursor=self._settings.bookmark(spoken, self.transcript),
        )

    def _ack(self, silence: Silence) -> Ack:
        return Ack(
            through=silence.stance.through,
            resend_from=silence.stance.resend_from,
            cursor=self._settings.bookmark(silence, self.transcript),
        )

    def _advance(self) -> list[Action]:
        actions: list[Action] = []
        while self._queue and self._decoding is None:
            item = self._queue.popleft()
            if isinstance(item, Spoken):
                self._decoding = item
                actions += self._ask(self._window(item.utterance, item.start, item.audio))
            else:
                actions.append(Send(self._ack(item)) if isinstance(item, Silence) else item)
        return actions

    def _ask(self, window: Window) -> list[Action]:
        heard, self._heard_early = self._heard_early, None
        asked, self._asked_early = self._asked_early, None
        if asked and heard and asked.asks_the_same(window):
            return self.settle(window, heard)
        return [Recognize(window)]

    def _window(self, utterance: int, start: int, audio: Samples) -> Window:
        return Window(
            session=self._settings.session,
            utterance=utterance,
            priority=self._settings.priority,
            start=start,
            audio=audio,
            options=self.options(),
        )


def _is_farewell(item: Spoken | Silence | Action) -> bool:
    return isinstance(item, Close) or (isinstance(item, Send) and isinstance(item.message, Done))
