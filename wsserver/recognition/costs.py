"""Learn from the batches that ran what the next one will cost.

Knows windows and seconds; knows nothing of clocks, hardware or models.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from annotated_types import Predicate

from wsserver.speech import Window, seconds

NOISE = 0.2
"""How far a batch is off, as a share of what it takes, for no reason of its own."""

DRIFT = 0.03
"""How far prices move from batch to batch, as a share: the machine has other work, speech changes.

With this noise about a seventh of an error is made good each time: who is let in stays in, so that
a few short finals must not make the machine look fast."""

UNIT_SECONDS = 10.0
"""Audio is counted in this unit, so that batch and audio are learned about equally fast."""

SHORTEST_SECONDS = 1e-4
"""No batch is free, whatever a clock says."""


Finite: TypeAlias = Annotated[float, Predicate(math.isfinite)]
"""What other machines may tell: with anything else nothing could be reckoned any more."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What batches cost, in seconds, as one machine tells another."""

    exact_first: Finite
    exact_further: Finite
    others_first: Finite
    others_further: Finite
    """For each `UNIT_SECONDS` of audio."""


class Line:
    """A price that rises evenly: for the first, and for whatever comes on top of it.

    Learned by a Kalman filter of two states that drift (Kalman 1960): what is not yet known well is
    learned at once, what is known slowly.  Neither part ever falls below zero, so that more is
    never predicted to be cheaper.
    """

    def __init__(self, first: float, further: float) -> None:
        self._first, self._further = first, further
        self._variances = max(first, further) ** 2, max(first, further) ** 2
        self._covariance = 0.0
        self.is_learned = False

    @property
    def prices(self) -> tuple[float, float]:
        """Give what the first costs, and each further one."""
        return self._first, self._further

    def at(self, further: float) -> float:
        """Give the seconds for the first and so much on top."""
        return self._first + self._further * further

    def learn(self, further: float, took_seconds: float) -> None:
        """Learn that it took so long; the first time that sets the scale."""
        if not self.is_learned:
            self.is_learned = True
            self.scale(took_seconds / self.at(further))
        # Shares of what was expected, not of what it took: else slow batches would count less than
        # fast ones, and a machine with bad moments would look as fast as it is in its good ones.
        expected = max(self.at(further), SHORTEST_SECONDS)
        drift = (DRIFT * expected) ** 2
        first, more = (variance + drift for variance in self._variances)
        both = self._covariance
        gains = first + both * further, both + more * further
        error = took_seconds - expected
        spread = gains[0] + gains[1] * further + (NOISE * expected) ** 2
        self._first = max(0.0, self._first + gains[0] / spread * error)
        self._further = max(0.0, self._further + gains[1] / spread * error)
        self._variances = first - gains[0] ** 2 / spread, more - gains[1] ** 2 / spread
        self._covariance = both - gains[0] * gains[1] / spread

    def scale(self, factor: float) -> None:
        """Make everything dearer by *factor*."""
        self._first, self._further = self._first * factor, self._further * factor
        first, further = self._variances
        self._variances = first * factor**2, further * factor**2
        self._covariance *= factor**2


class Costs:
    """Seconds per batch, for exact windows by their number and for the others by their length.

    Each kind has its prices, because the engine decodes one after the other.  Exact windows always
    take the full 30 s context.
    """

    def __init__(self) -> None:
        # Measured with base.en on two cores.  That a further exact window is so cheap is a hope:
        # two are tried together once, and from then on it is known.
        self._exact = Line(0.8, 0.2)
        self._others = Line(0.05, 0.2)

    @property
    def prices(self) -> Prices:
        """Tell all that was learned, for `adopt` elsewhere."""
        return Prices(*self._exact.prices, *self._others.prices)

    def adopt(self, prices: Prices) -> None:
        """Take over what others learned."""
        self._exact = Line(prices.exact_first, prices.exact_further)
        self._others = Line(prices.others_first, prices.others_further)

    def predict(self, windows: Sequence[Window]) -> float:
        """Give the seconds that *windows* will take: as one batch, if they are of one kind."""
        exact, others = _kinds(windows)
        return self.of_exact(exact) + (0.0 if others is None else self.of_others(others))

    def of_exact(self, count: int) -> float:
        """Give the seconds that so many exact windows will take as one batch."""
        return self._exact.at(count - 1) if count else 0.0

    def of_others(self, audio_seconds: float) -> float:
        """Give the seconds that other windows with so much audio will take as one batch."""
        return self._others.at(audio_seconds / UNIT_SECONDS)

    def observe(self, windows: Sequence[Window], took_seconds: float) -> None:
        """Learn that *windows*, all of one kind, took that long as one batch.

        The first batch of all tells how fast the machine is, for the other kind as well.
        """
        exact, others = _kinds(windows)
        line, further, unlike = self._exact, exact - 1.0, self._others
        if others is not None:
            line, further, unlike = self._others, others / UNIT_SECONDS, self._exact
        took_seconds = max(took_seconds, SHORTEST_SECONDS)
        if not (line.is_learned or unlike.is_learned):
            unlike.scale(took_seconds / line.at(further))
        line.learn(further, took_seconds)


def _kinds(windows: Sequence[Window]) -> tuple[int, float | None]:
    """Give the number of exact windows, and the seconds of audio in the others if there are any."""
    others = [seconds(len(window.audio)) for window in windows if not window.exact]
    return len(windows) - len(others), sum(others) if others else None
