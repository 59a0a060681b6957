"""Bring a client's samples to 16 kHz, chunk by chunk.

Knows nothing of encodings, channels or what is in the audio.

Each output is a sum over the inputs around it, and all terms are whole numbers (samples of 24 bits
times coefficients of 25) whose sums stay below 2**53, so that no rounding occurs.  So no output
depends on the order in which it was added up: not on how the stream was split into chunks, and not
on where it was begun, as long as the inputs it needs are there.
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from wsserver.audio.clock import BEGINNING, Clock, Mark, Place
from wsserver.audio.filters import COEFFICIENT_BITS, Filter, design
from wsserver.speech import SAMPLE_RATE, Samples

SAMPLE_BITS = 23
"""Samples are whole multiples of 2**-23, finer than any microphone."""

_SCALE = 2.0 ** -(SAMPLE_BITS + COEFFICIENT_BITS)
_FEW_PHASES = 4
"""So few are done one after the other, without gathering inputs: 8, 24, 32 and 48 kHz."""

_ROWS = 256
"""Outputs at a time otherwise, so that what is gathered stays in the cache."""


class Resampler:
    """Resample one stream, from its beginning or from any *place* in it.

    There, it takes in the client's samples from `resend_from` on.
    """

    def __init__(self, sample_rate: int, place: Place = BEGINNING) -> None:
        self._sample_rate = sample_rate
        self._clock = Clock(sample_rate, place.mark)
        self._filter = None if sample_rate == SAMPLE_RATE else design(sample_rate)
        self.resend_from = self.needs(place)
        """The client sample (per channel) that the stream goes on with."""

        self._position = place.index
        self._held: NDArray[np.float64]
        """The inputs that outputs still need, beginning `reach` - 1 before the next output."""

        self._start(place)

    def push(self, samples: Samples) -> Samples:
        """Take mono *samples* at the client's rate, shape (n,); give what is ready at 16 kHz."""
        self._taken += len(samples)
        if self._filter is None:
            self._position += len(samples)
            return samples
        whole = np.rint(np.multiply(samples, 2**SAMPLE_BITS, dtype=np.float64))
        self._held = np.concatenate([self._held, whole])
        return self._give(self._taken - self._filter.reach, self._filter)

    def ahead(self, samples: Samples) -> "tuple[Resampler, Samples]":
        """Give it as it would be after *samples*, and what it would give; it stays as it is.

        Both share the marks of the past: only one of them may go on.
        """
        after = object.__new__(Resampler)
        after.__dict__.update(self.__dict__)  # what `copy` does, at a tenth of its price
        return after, after.push(samples)

    def flush(self) -> Samples:
        """Give the tail that the filter still waits with, as before silence, and start anew."""
        tail = np.zeros(0, np.float32)
        if self._filter is not None:
            if self._taken <= self._first_input():  # as while the inputs before its place come
                return tail
            self._held = np.concatenate([self._held, np.zeros(self._filter.reach)])
            tail = self._give(self._taken, self._filter)
        mark = Mark(self._position, self._mark.client + self._taken)
        self._clock.mark(mark)
        self._start(Place(mark.index, mark))
        return tail

    def to_client(self, index: int) -> int:
        """Give the client samples (per channel) that all lie before the 16 kHz *index*.

        Monotone, and right over any number of flushes.
        """
        return self._clock.to_client(index)

    def place(self, index: int) -> Place:
        """Give all that is needed to go on at the 16 kHz *index*."""
        return self._clock.place(index)

    def needs(self, place: Place) -> int:
        """Give the first client sample (per channel) that the stream from *place* on needs."""
        reach = 0 if self._filter is None else self._filter.reach - 1
        needed = place.mark.to_client(place.index, self._sample_rate) - reach
        return max(needed, place.mark.client)

    def forget(self, before: int) -> None:
        """Promise to ask for no index below *before* any more."""
        self._clock.forget(before)

    def _start(self, place: Place) -> None:
        self._mark = place.mark
        self._taken = self.needs(place) - place.mark.client
        # Before the mark there was silence.
        silent = 0 if self._filter is None else self._filter.reach - 1
        before = self._taken - (self._first_input() - silent)
        self._held = np.zeros(before)

    def _first_input(self) -> int:
        """Give the input just before the next output, counted from the mark."""
        return (self._position - self._mark.index) * self._sample_rate // SAMPLE_RATE

    def _give(self, inputs: int, taps: Filter) -> Samples:
        """Give the outputs that lie before *inputs*, and drop what no later one needs."""
        first = self._position - self._mark.index
        last = max(-(-inputs * SAMPLE_RATE // self._sample_rate), first)
        begin = self._first_input()
        resampled = self._sums(first, last, taps)
        self._position += last - first
        self._held = self._held[self._first_input() - begin :].copy()
        # A filter overshoots at edges; inside the server samples stay within [-1, 1].
        return np.clip(resampled * _SCALE, -1, 1).astype(np.float32)

    def _sums(self, first: int, last: int, taps: Filter) -> NDArray[np.float64]:
        if first == last:
            return np.zeros(0)
        ticks = np.arange(first, last) * self._sample_rate
        inputs, places = ticks // SAMPLE_RATE, ticks % SAMPLE_RATE * taps.phases
        windows = sliding_window_view(self._held, 2 * taps.reach)
        rows = inputs - inputs[0]
        if taps.phases <= _FEW_PHASES:
            stride = taps.phases * self._sample_rate // SAMPLE_RATE
            return _woven([windows[row::stride] for row in rows[: taps.phases]], places, taps)
        blocks = (slice(at, at + _ROWS) for at in range(0, len(rows), _ROWS))
        return np.concatenate([_gathered(windows[rows[b]], places[b], taps) for b in blocks])


def _woven(
    strands: Sequence[NDArray[np.float64]], places: NDArray[np.int64], taps: Filter
) -> NDArray[np.float64]:
    """Sum up phase by phase; each phase takes windows at even steps, in *strands*."""
    sums = np.empty(len(places))
    for number, windows in enumerate(strands):
        coefficients = taps.table[places[number] // SAMPLE_RATE]
        given = sums[number :: taps.phases]
        given[:] = np.einsum("ij,j->i", windows[: len(given)], coefficients)
    return sums


def _gathered(
    windows: NDArray[np.float64], places: NDArray[np.int64], taps: Filter
) -> NDArray[np.float64]:
    """Sum up each of *windows* with the coefficients of its place."""
    numbers = places // SAMPLE_RATE
    sums: NDArray[np.float64] = np.einsum("ij,ij->i", windows, taps.table[numbers])
    if taps.is_exact:
        return sums
    following: NDArray[np.float64] = np.einsum("ij,ij->i", windows, taps.table[numbers + 1])
    return sums + (following - sums) * (places % SAMPLE_RATE / SAMPLE_RATE)
