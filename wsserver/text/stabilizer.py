"""Decide which words of an utterance may be shown as standing while it is still spoken.

Knows words and their positions; knows nothing of audio, models or sockets.

The rule is LocalAgreement-2 (Liu et al., "Low-latency sequence-to-sequence speech recognition and
translation by partial hypothesis selection", Interspeech 2020): what two successive hypotheses
have in common from the start is committed.  Words are compared without case and punctuation,
since a comma that comes and goes would otherwise hold back all that follows it.
"""

import unicodedata
from dataclasses import dataclass

from wsserver.speech import Hypothesis, Word

Words = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """An utterance as it reads now."""

    committed: Words = ()
    """Never retracted while the utterance lasts; only its final may still revise them."""

    tentative: Words = ()
    """Everything after them; replaced by the next reading."""

    @property
    def words(self) -> Words:
        """All words."""
        return self.committed + self.tentative

    @property
    def text(self) -> str:
        """All words as one line."""
        return _join(self.words)

    @property
    def committed_length(self) -> int:
        """Characters of *text* that are committed."""
        return len(_join(self.committed))


class Stabilizer:
    """Turn the successive hypotheses of one utterance into readings."""

    def __init__(self) -> None:
        self._reading = Reading()

    def accept(self, hypothesis: Hypothesis) -> Reading:
        """Commit what *hypothesis* and the one before it agree on."""
        committed, tentative = self._reading.committed, self._reading.tentative
        fresh = _beyond(committed, hypothesis.words)
        agreed = _agreement(tentative, fresh)
        self._reading = Reading(committed + fresh[:agreed], fresh[agreed:])
        return self._reading


def normalize(text: str) -> str:
    """Give what of *text* is compared: all but case, spaces, punctuation and symbols."""
    return "".join(c for c in text.casefold() if unicodedata.category(c)[0] not in "PSZ")


def _beyond(committed: Words, words: Words) -> Words:
    if _agreement(committed, words) == len(committed):
        return words[len(committed) :]
    # The hypothesis contradicts what stands.  A word astride the boundary belongs to the side
    # where its middle lies, because its times differ a little in each window.
    boundary = committed[-1].end
    return tuple(word for word in words if (word.start + word.end) // 2 >= boundary)


def _agreement(before: Words, after: Words) -> int:
    count = 0
    for old, new in zip(before, after, strict=False):
        if normalize(old.text) != normalize(new.text):
            break
        count += 1
    return count


def _join(words: Words) -> str:
    return "".join(word.text for word in words).strip()
