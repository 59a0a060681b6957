"""Hold the audio that may still be asked for, by its sample index.

Knows nothing of voice, utterances or who asks.
"""

import numpy as np

from wsserver.errors import Overloaded
from wsserver.speech import Samples


class Buffer:
    """Keep the samples from `start` to `end`, at most *capacity* of them.

    A sample is copied a bounded number of times on average, however small the chunks are, and
    the memory in use follows what is held, up and down.
    """

    def __init__(self, capacity: int, position: int = 0) -> None:
        self._capacity = capacity
        self._room = np.empty(0, np.float32)
        self._first = 0
        self._length = 0
        self._start = position

    def __repr__(self) -> str:
        return f"Buffer({self.start}..{self.end} of {self._capacity})"

    @property
    def start(self) -> int:
        """Sample index of the first sample held."""
        return self._start

    @property
    def end(self) -> int:
        """Sample index just after the last sample held."""
        return self._start + self._length

    def append(self, samples: Samples) -> None:
        """Hold *samples* as well; raise `Overloaded` and change nothing if they do not fit."""
        total = self._length + len(samples)
        if total > self._capacity:
            raise Overloaded(f"found {total} samples to hold, expected {self._capacity} at most")
        if self._first + total > len(self._room):
            self._move(2 * total)
        self._room[self._first + self._length : self._first + total] = samples
        self._length = total

    def slice(self, start: int, end: int) -> Samples:
        """Give the samples from *start* to *end*: read-only, never changing, not even copied.

        Raises:
            IndexError: if any of the samples is forgotten or has not come yet.
        """
        if not self.start <= start <= end <= self.end:
            held = f"a slice of {self.start}..{self.end}"
            raise IndexError(f"found {start}..{end}, expected {held}")
        first = self._first + start - self._start
        # A room is only ever written beyond its last sample and left behind when it is full, so a
        # view of it stays as it is.
        samples = self._room[first : first + end - start]
        samples.flags.writeable = False
        return samples

    def forget(self, before: int) -> None:
        """Let go of the samples before the index *before*; what is gone already stays gone."""
        count = min(max(before - self._start, 0), self._length)
        self._first += count
        self._length -= count
        self._start += count

    def _move(self, size: int) -> None:
        # The new room is at least half empty, so the next move is at least that many samples away.
        room = np.empty(size, np.float32)
        room[: self._length] = self._room[self._first : self._first + self._length]
        self._room, self._first = room, 0
