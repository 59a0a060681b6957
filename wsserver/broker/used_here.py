"""Remember which tokens for one session had it at this gateway, and which of them are to be told.

Knows names and when each stops to matter; knows no clock and no Redis.
"""

import heapq


class UsedHere:
    """The tokens, until nobody can present them any more."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._by_end: list[tuple[float, str]] = []
        self._untold: set[str] = set()

    def __len__(self) -> int:
        """Count those that are remembered."""
        return len(self._until)

    def add(self, single: str, until: float, *, is_told: bool) -> None:
        """Remember *single*; *is_told* if Redis knows of it."""
        self._until[single] = until
        heapq.heappush(self._by_end, (until, single))
        if not is_told:
            self._untold.add(single)

    def forget_told(self) -> None:
        """Have all of them told again."""
        self._untold.update(self._until)

    def due(self, now: float) -> dict[str, float]:
        """Give what is to be told, and until when each matters; forget what does no more."""
        while self._by_end and self._by_end[0][0] <= now:
            single = heapq.heappop(self._by_end)[1]
            self._until.pop(single, None)
            self._untold.discard(single)
        return {single: self._until[single] for single in self._untold}

    def told(self, singles: dict[str, float]) -> None:
        """Note that Redis knows of these."""
        self._untold.difference_update(singles)
