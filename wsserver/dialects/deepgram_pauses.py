"""Find the pauses that Deepgram's `UtteranceEnd` tells of, by the clock of the audio.

Knows when voice began and when the last word ended; knows nothing of frames or of texts.
"""

NOTICE_SECONDS = 0.2
"""Voice is noticed this long after it began at the latest: the shortest speech and a few frames."""


class Pauses:
    """Follow the utterances of one session.  Times are seconds since its first sample."""

    def __init__(self, seconds: float | None) -> None:
        """Look for pauses of so many *seconds*; None looks for none."""
        self._seconds = seconds
        self._onsets: dict[int, float] = {}
        self._word_end: float | None = None

    def begin(self, utterance: int, at: float) -> None:
        """Take that voice began."""
        self._onsets[utterance] = at

    def end(self, utterance: int, word_end: float | None) -> None:
        """Take that an utterance is final, and where its last word ends, if it has one."""
        self._onsets.pop(utterance, None)
        if word_end is not None:
            self._word_end = word_end

    def take(self, heard: float) -> float | None:
        """Give the end of the last word, once for each pause that is long enough by now.

        *heard* is how much audio has come.  A pause ends with the next voice, be it noise that
        turns out to hold no word: then it goes on as if there had been none.
        """
        if self._seconds is None or self._word_end is None:
            return None
        until = min(self._onsets.values(), default=heard - NOTICE_SECONDS)
        if until - self._word_end < self._seconds:
            return None
        word_end, self._word_end = self._word_end, None
        return word_end
