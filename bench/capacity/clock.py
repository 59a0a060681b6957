"""A clock that jumps from event to event.

Knows times and what is to be done then; knows nothing of what that is.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

Deed = Callable[[], None]


class Clock:
    """Virtual seconds; events of the same time happen in the order in which they were set."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Deed]] = []
        self._numbers = count()
        self._repeated = 0

    def at(self, time: float, deed: Deed) -> None:
        """Have *deed* done at *time*, or now if that is over."""
        heappush(self._events, (max(time, self.now), next(self._numbers), deed))

    def every(self, seconds: float, deed: Deed) -> None:
        """Have *deed* done again and again, as long as there is anything else to do."""
        self._repeated += 1

        def repeat() -> None:
            deed()
            self.at(self.now + seconds, repeat)

        self.at(self.now + seconds, repeat)

    def run(self) -> None:
        """Go on until nothing is left to do."""
        while len(self._events) > self._repeated:
            self.now, _, deed = heappop(self._events)
            deed()
