"""Say when to try a Redis again that is away.

Knows seconds; knows no clock, no chance and no Redis.
"""

FIRST_SECONDS = 0.05
LONGEST_SECONDS = 1.0
"""Between two tries: as long as people wait at most for what rides on it once it is back."""

_DOUBLINGS = 5


def wait_seconds(failures: int, chance: float) -> float:
    """Give the wait after so many *failures* in a row, with *chance* from 0 to 1 for jitter."""
    longest = min(FIRST_SECONDS * 2.0 ** min(failures - 1, _DOUBLINGS), LONGEST_SECONDS)
    return longest * (0.5 + chance / 2)
