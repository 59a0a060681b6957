"""Count the audio that each token uses in a day, from midnight to midnight UTC.

Knows tokens and a clock that is handed in, and asks what was used at other gateways; forgets what
was used here when the server ends.
"""

import math
from collections import defaultdict
from collections.abc import Callable
from typing import TypeAlias

from wsserver.errors import LimitReached
from wsserver.net.tokens import Token
from wsserver.peers import Alone, Peers

Clock: TypeAlias = Callable[[], float]
"""Gives seconds since the epoch, as `time.time` does."""

DAY_SECONDS = 86_400


class Ledger:
    """Seconds of audio by token, today."""

    def __init__(self, clock: Clock, peers: Peers | None = None) -> None:
        self._clock = clock
        self._peers = peers or Alone()
        self._day = 0
        self._used: defaultdict[str, float] = defaultdict(float)

    def is_used_up(self, token: Token) -> bool:
        """Tell whether nothing is left of *token*'s day."""
        limit = token.audio_seconds_per_day
        return limit is not None and self._used_of(token) >= limit

    def spend(self, token: Token, seconds: float) -> None:
        """Book *seconds* of audio; raise `LimitReached` once the day's limit is passed.

        What passes the limit stays booked: it was heard.
        """
        self._today()[token.name] += seconds
        if (limit := token.audio_seconds_per_day) is None:
            return
        self._peers.spend(token.name, seconds)
        if (used := self._used_of(token)) > limit:
            raise LimitReached(
                f"found {used:.0f} s of audio today, expected at most {limit:.0f} s; "
                f"the next day begins in {self.seconds_to_midnight()} s"
            )

    def seconds_to_midnight(self) -> int:
        """Tell how long the day lasts yet, rounded up."""
        return math.ceil(DAY_SECONDS - self._clock() % DAY_SECONDS)

    def _used_of(self, token: Token) -> float:
        return self._today()[token.name] + self._peers.spent(token.name)

    def _today(self) -> defaultdict[str, float]:
        day = int(self._clock() // DAY_SECONDS)
        if day != self._day:
            self._day = day
            self._used.clear()
        return self._used
