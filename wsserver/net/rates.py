"""Count how often each address comes, in memory that does not grow with their number.

Knows keys and a clock that is handed in; knows nothing of what is counted.
"""

from collections import OrderedDict

from wsserver.net.ledger import Clock

MOST_KEYS = 10_000
"""Keys remembered; the one unseen for longest is forgotten first, with what it used up."""


class Rate:
    """A bucket for each key: so many tries at once, and as many again in a minute."""

    def __init__(self, per_minute: int | None, clock: Clock, most_keys: int = MOST_KEYS) -> None:
        """Allow *per_minute* tries to each key; None allows any number."""
        self._per_minute = per_minute
        self._clock = clock
        self._most_keys = most_keys
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What is left, and when that was so."""

    def __len__(self) -> int:
        """Count the keys that are remembered."""
        return len(self._buckets)

    def wait_seconds(self, key: str) -> float:
        """Say how long *key* has to wait for its next try; 0 if it may come now."""
        if self._per_minute is None:
            return 0.0
        return max(0.0, 1.0 - self._left(key)) * 60 / self._per_minute

    def take(self, key: str) -> None:
        """Count a try of *key*; one that had to wait is not counted again."""
        if self._per_minute is None or (left := self._left(key)) < 1:
            return
        self._buckets[key] = left - 1, self._clock()
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._most_keys:
            self._buckets.popitem(last=False)

    def _left(self, key: str) -> float:
        most = float(self._per_minute or 0)
        left, then = self._buckets.get(key, (most, 0.0))
        # A clock that was set back gives nothing and takes nothing.
        return min(most, left + max(0.0, self._clock() - then) * most / 60)
