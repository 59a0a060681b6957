"""Count who waits, in all and for each address, up to a limit for both.

Knows keys and numbers; knows nothing of what is waited for.
"""

from collections import Counter


class Crowd:
    """Those who wait now."""

    def __init__(self, most: int, most_per_key: int) -> None:
        self._most = most
        self._most_per_key = most_per_key
        self._waiting: Counter[str] = Counter()

    def __len__(self) -> int:
        """Count all who wait."""
        return self._waiting.total()

    def enter(self, key: str) -> bool:
        """Count one more of *key* in, or say False; an empty key has no limit of its own."""
        if len(self) >= self._most or (key and self._waiting[key] >= self._most_per_key):
            return False
        self._waiting[key] += 1
        return True

    def leave(self, key: str) -> None:
        """Count one out who entered."""
        self._waiting[key] -= 1
        if not self._waiting[key]:
            del self._waiting[key]
