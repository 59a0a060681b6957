"""Count the audio that each token uses in a day, from midnight to midnight UTC.

Knows tokens and a clock that is handed in; forgets everything when the server ends.
"""

import math
from collections import defaultdict
from collections.abc import Callable
from typing import TypeAlias

from wsserver.errors import LimitReached
from wsserver.net.tokens import Token

Clock: TypeAlias = Callable[[], float]
"""Gives seconds since the epoch, as `time.time` does."""

DAY_SECONDS = 86_400


class Ledger:
    """Seconds of audio by token, today."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._day = 0
        self._used: defaultdict[str, float] = defaultdict(float)

    def is_used_up(self, token: Token) -> bool:
        """Tell whether nothing is left of *token*'s day."""
        limit = token.audio_seconds_per_day
        return limit is not None and self._today()[token.name] >= limit

    def spend(self, token: Token, seconds: float) -> None:
        """Book *seconds* of audio; raise `LimitReached` once the day's limit is passed.

        What passes the limit stays booked: it was heard.
        """
        used, limit = self._today(), token.audio_seconds_per_day
        used[token.name] += seconds
        if limit is not None and used[token.name] > limit:
            raise LimitReached(
                f"found {used[token.name]:.0f} s of audio today, expected at most {limit:.0f} s; "
                f"the next day begins in {self.seconds_to_midnight()} s"
            )

    def seconds_to_midnight(self) -> int:
        """Tell how long the day lasts yet, rounded up."""
        return math.ceil(DAY_SECONDS - self._clock() % DAY_SECONDS)

    def _today(self) -> defaultdict[str, float]:
        day = int(self._clock() // DAY_SECONDS)
        if day != self._day:
            self._day = day
            self._used.clear()
        return self._used
