"""Translate sample indexes at 16 kHz into positions in the client's audio.

Knows counts alone; knows nothing of audio, filters or sessions.
"""

from bisect import bisect_right
from dataclasses import dataclass

from wsserver.speech import SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment where both counts are known exactly, because the resampler started there."""

    index: int = 0
    """Samples at 16 kHz."""

    client: int = 0
    """Samples of the client, per channel."""

    def to_client(self, index: int, sample_rate: int) -> int:
        """Give the client samples that all lie before the 16 kHz *index*, at or after the mark."""
        return self.client + (index - self.index) * sample_rate // SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Place:
    """A sample index together with the mark it is reckoned from: all that a resampler needs."""

    index: int = 0
    mark: Mark = Mark()


BEGINNING = Place()


class Clock:
    """Translate over any number of flushes.

    A flush rounds to whole samples, so the two counts drift apart by up to a sample at each; the
    clock marks every flush and reckons from the mark before.
    """

    def __init__(self, sample_rate: int, start: Mark = Mark()) -> None:
        self._sample_rate = sample_rate
        self._marks = [start]

    def mark(self, mark: Mark) -> None:
        """Remember that both sides are level here, at or after the latest mark."""
        if mark != self._marks[-1]:
            self._marks.append(mark)

    def place(self, index: int) -> Place:
        """Give *index* with the latest mark that does not lie behind it."""
        return Place(index, self._marks[self._at(index)])

    def to_client(self, index: int) -> int:
        """Give the client samples (per channel) that all lie before the 16 kHz *index*.

        Monotone: a later index never gives fewer.  Right for every index that `forget` has not
        passed, up to what the resampler has given out.
        """
        return self._marks[self._at(index)].to_client(index, self._sample_rate)

    def forget(self, before: int) -> None:
        """Drop the marks that no index from *before* on needs."""
        del self._marks[: self._at(before)]

    def _at(self, index: int) -> int:
        return max(bisect_right(self._marks, index, key=lambda mark: mark.index) - 1, 0)
