"""Say what an answer means, and when to try again.

Knows status codes and seconds; knows no clock, no chance and no HTTP library.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Outcome: TypeAlias = Literal["taken", "gone", "lost", "failed"]

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 3600.0
"""Between two tries, unless the receiver asks for more."""

_DOUBLINGS = 12
"""After which the wait is the longest; so that no power grows without an end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a try."""

    status: int | None
    """Of the response; None if there was none."""

    retry_after_seconds: float = 0.0
    """What the receiver asked for."""

    is_lost: bool = False
    """There is nothing to be sent any more."""

    @property
    def outcome(self) -> Outcome:
        """Say what it means: only 2xx is success, and a redirect is not followed."""
        if self.is_lost:
            return "lost"
        if self.status is not None and 200 <= self.status < 300:
            return "taken"
        return "gone" if self.status == 410 else "failed"


def read_retry_after(value: str) -> float:
    """Read `Retry-After` where it is in seconds (RFC 9110, section 10.2.3), else give 0."""
    return float(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0.0


def wait_seconds(failures: int, chance: float, asked_seconds: float = 0.0) -> float:
    """Give the wait after so many *failures* in a row, with *chance* from 0 to 1 for jitter.

    It doubles each time; half of it is left to chance, so that those who failed together do not
    come back together.
    """
    longest = min(FIRST_SECONDS * 2.0 ** min(failures - 1, _DOUBLINGS), LONGEST_SECONDS)
    return max(longest * (0.5 + chance / 2), asked_seconds)
