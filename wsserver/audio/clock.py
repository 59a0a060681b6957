"""Translate sample indexes at 16 kHz into positions in the client's audio.

Knows counts alone; knows nothing of audio, filters or sessions.
"""

from bisect import bisect_right
from dataclasses import dataclass

from wsserver.speech import SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class _Mark:
    """A moment where both counts are known exactly, because the resampler started there."""

    index: int
    client: int


class Clock:
    """Count the samples on both sides of a resampler that may be flushed any number of times.

    A flush rounds to whole samples, so the two counts drift apart by up to a sample at each; the
    clock marks every flush and reckons from the mark before.
    """

    def __init__(self, sample_rate: int, index: int = 0, client: int = 0) -> None:
        self._sample_rate = sample_rate
        self._marks = [_Mark(index, client)]
        self._now = _Mark(index, client)

    def advance(self, samples: int, client_samples: int) -> None:
        """Count *client_samples* taken in (per channel) and *samples* given out at 16 kHz."""
        self._now = _Mark(self._now.index + samples, self._now.client + client_samples)

    def mark(self) -> None:
        """Remember that both sides are level now: all that was taken in has been given out."""
        last = self._marks[-1]
        taken, given = self._now.client - last.client, self._now.index - last.index
        # Without rounding (always at 16 kHz, mostly elsewhere) the old mark still serves.
        if given * self._sample_rate != taken * SAMPLE_RATE:
            self._marks.append(self._now)

    def to_client(self, index: int) -> int:
        """Give the client samples (per channel) that all lie before the 16 kHz *index*.

        Monotone: a later index never gives fewer.  Right for every index up to now that
        `forget` has not passed.
        """
        at = bisect_right(self._marks, index, key=lambda mark: mark.index) - 1
        mark = self._marks[max(at, 0)]
        limit = self._marks[at + 1] if at + 1 < len(self._marks) else self._now
        within = max(index - mark.index, 0) * self._sample_rate // SAMPLE_RATE
        return min(mark.client + within, limit.client)

    def forget(self, before: int) -> None:
        """Drop the marks that no index from *before* on needs."""
        at = bisect_right(self._marks, before, key=lambda mark: mark.index) - 1
        del self._marks[: max(at, 0)]
