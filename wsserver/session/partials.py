"""Say what is heard of the utterance that goes on.

Knows the open utterance and its hypotheses; knows nothing of finals, and they nothing of it.
"""

from collections.abc import Callable
from dataclasses import replace

from wsserver.audio.segmenter import Utterance
from wsserver.messages import Partial
from wsserver.session.actions import Action, Recognize, Send
from wsserver.session.timed import timed
from wsserver.speech import DecodeOptions, Hypothesis, Priority, Window, seconds
from wsserver.text.guards import GuardLimits, Verdict, judge
from wsserver.text.stabilizer import Reading, Stabilizer


class Partials:
    """Windows, one a hop, and the readings that come of them."""

    def __init__(
        self, session: str, hop_samples: int, guards: GuardLimits, *, words: bool = False
    ) -> None:
        """Ask for a window every *hop_samples*; with *words* say when each was spoken."""
        self._words = words
        self._session = session
        self._hop_samples = hop_samples
        self._guards = guards
        self._utterance = 0
        self._end = 0
        self._draft: tuple[int, ...] = ()
        self._stabilizer = Stabilizer()

    def begin(self, utterance: int) -> None:
        """Start anew with the next utterance."""
        self._utterance = utterance
        self._end = 0
        self._draft = ()
        self._stabilizer = Stabilizer()

    def end(self) -> None:
        """Take no more hypotheses: the utterance has ended."""
        self._utterance = 0

    def due(self, spoken: Utterance, options: Callable[[], DecodeOptions]) -> Window | None:
        """Give the next window, with *options*, once a hop of audio has come since the last."""
        end = spoken.start + len(spoken.audio)
        if end - max(self._end, spoken.start) < self._hop_samples:
            return None
        self._end = end
        return Window(
            session=self._session,
            utterance=self._utterance,
            priority=Priority.PARTIAL,
            start=spoken.start,
            audio=spoken.audio,
            options=options(),
            exact=False,
            draft=self._draft,
        )

    def settle(self, window: Window, heard: Hypothesis, received: int) -> list[Action]:
        """Read the hypothesis; nothing if it came too late or cannot be believed.

        Whisper loops more easily on a context shorter than its 30 s, so what is suspect there is
        decoded once more in full.
        """
        if window.utterance != self._utterance:
            return []
        verdict = judge(heard, seconds(len(window.audio)), self._guards)
        if verdict.is_suspect and not window.exact:
            return [Recognize(replace(window, exact=True, draft=()), verdict.value)]
        if verdict is not Verdict.HEARD:
            return []
        self._draft = heard.tokens
        return [Send(self._partial(window, self._stabilizer.accept(heard), received))]

    def _partial(self, window: Window, reading: Reading, received: int) -> Partial:
        return Partial(
            utterance=window.utterance,
            text=reading.text,
            committed=reading.committed_length,
            start=seconds(window.start),
            end=seconds(window.end),
            lag=seconds(received - window.end),
            words=timed(reading.words) if self._words else None,
        )
