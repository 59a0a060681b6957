"""The way of an open session's audio to windows, and of hypotheses to partials and finals.

Knows utterances and what is asked about them; knows nothing of how a session opens or ends.
"""

from wsserver import messages
from wsserver.audio.intake import Intake
from wsserver.audio.segmenter import Quiet, SpeechEvent, SpeechStarted, UtteranceEnded
from wsserver.session.actions import Action, Recognize, Send
from wsserver.session.finals import Finals, Silence, Spoken
from wsserver.session.partials import Partials
from wsserver.speech import Hypothesis, Priority, Question, Window, seconds


class Hearing:
    """Both banks of one session, and the utterance that it has come to."""

    def __init__(
        self, intake: Intake, finals: Finals, partials: Partials | None, utterance: int
    ) -> None:
        """Go on after *utterance*; without *partials* none are made."""
        self._intake = intake
        self._finals = finals
        self._partials = partials
        self.utterance = utterance
        """The latest that began."""

        self.is_heard_out = False
        """True if the latest message that was taken led to a cut, the last one that is wanted."""

    @property
    def received(self) -> int:
        """Samples at 16 kHz since the session's beginning."""
        return self._intake.received

    @property
    def replaced(self) -> int:
        """Samples that were no numbers."""
        return self._intake.replaced

    @property
    def is_voiced(self) -> bool:
        """True if there was voice since the last cut, and silence not for long enough to cut."""
        return self._intake.is_voiced

    @property
    def waiting_samples(self) -> int:
        """Samples at 16 kHz of ended utterances whose final is still to come."""
        return self._finals.waiting_samples

    @property
    def waiting_answers(self) -> int:
        """Messages that wait for the finals before them."""
        return self._finals.waiting_answers

    def foresee(self, data: bytes) -> Question | None:
        """Give what the voice model is asked first for a chunk; raise `BadAudio` if it is none."""
        return self._intake.foresee(data)

    def hear(self, data: bytes) -> list[Action]:
        """Take a chunk; raise `BadAudio` if it is none."""
        events = self._intake.push(data)
        return [*self._follow(events), *self._listen_on()]

    def hear_out(self, data: bytes) -> list[Action]:
        """Take a chunk up to the first cut in it; raise `BadAudio` if it is none.

        What lies behind that cut is as if it had never come, so nothing may be taken after it.
        """
        events = self._intake.push(data)
        cuts = [at for at, event in enumerate(events, 1) if not isinstance(event, SpeechStarted)]
        if not cuts:
            return [*self._follow(events), *self._listen_on()]
        self.is_heard_out = True
        return self._follow(events[: cuts[0]])

    def cut(self) -> list[Action]:
        """End what is being said by order."""
        return self._follow(self._intake.cut())

    def add(self, answer: Action) -> list[Action]:
        """Have *answer* follow the finals of all that was said before."""
        return self._finals.add(answer)

    def end(self, *farewell: Action) -> list[Action]:
        """Have the *farewell* follow them, in place of an earlier one."""
        return self._finals.end(*farewell)

    def settle(self, window: Window, hypothesis: Hypothesis) -> list[Action]:
        """Take what the engine heard in a window that was ordered before."""
        actions: list[Action] = []
        if window.priority is not Priority.PARTIAL:
            actions += self._finals.settle(window, hypothesis)
        # What was decoded ahead of the endpoint may as well be read meanwhile.
        if self._partials and not window.priority.is_owed:
            actions += self._partials.settle(window, hypothesis, self.received)
        return actions

    def skip(self, window: Window) -> list[Action]:
        """Take that no engine can decode a window that was ordered before."""
        return [] if window.priority is Priority.PARTIAL else self._finals.skip(window)

    def _follow(self, events: list[SpeechEvent]) -> list[Action]:
        actions: list[Action] = []
        for event in events:
            match event:
                case SpeechStarted():
                    actions += self._begin_utterance(event)
                case UtteranceEnded():
                    actions += self._end_utterance(event)
                case Quiet():
                    silence = Silence(self.utterance, self._intake.stance(event))
                    actions += self._finals.add(silence)
        return actions

    def _begin_utterance(self, event: SpeechStarted) -> list[Action]:
        self.utterance += 1
        if self._partials:
            self._partials.begin(self.utterance)
        return [self._speech("started", event.at)]

    def _end_utterance(self, event: UtteranceEnded) -> list[Action]:
        if self._partials:
            self._partials.end()
        spoken = Spoken(
            utterance=self.utterance,
            start=event.start,
            audio=event.audio,
            stance=self._intake.stance(event),
        )
        return [self._speech("ended", event.end), *self._finals.add(spoken)]

    def _listen_on(self) -> list[Action]:
        spoken = self._intake.open_utterance()
        if spoken is None:
            return []
        if spoken.complete:
            return self._finals.foresee(self.utterance, spoken.start, spoken.audio)
        if self._partials is None:
            return []
        window = self._partials.due(spoken, self._finals.options)
        return [Recognize(window)] if window else []

    def _speech(self, event: messages.SpeechChange, at: int) -> Action:
        return Send(messages.Speech(event=event, utterance=self.utterance, time=seconds(at)))
