"""Find the time that people who speak leave to files, and tell who sends a file as if they spoke.

Knows sessions by their windows and when they came; knows nothing of clocks, lanes or engines.  Time
is an argument, in seconds of any clock that only goes forward.

A batch cannot be interrupted.  So a window of a file, taken whenever nobody else waits, would keep
the engine from the next words for half of what it takes, on average: a second with a large model.
"""

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto

from wsserver.speech import Priority, Window, seconds

SHARE = 0.1
"""Of the engine's time that files get, whoever speaks: else they might wait for ever."""

SHORTEST_WAIT_SECONDS = 1.0
"""Until a file's window goes before those of people who speak, however short it is."""

CAUTION = 1.25
"""How much longer than predicted a window may take and still be over in time."""

LATE = 0.5
"""How much later than expected a partial may come, in hops; then its speaker is silent."""

MOST_AHEAD_SECONDS = 10.0
"""Audio that came faster than it can be spoken, above which a session is a file."""

FASTEST = 2.0
"""Audio for each second that is nobody's haste: a backlog has to come to an end."""

MOST_KEPT_SECONDS = 60.0
"""Audio that may come at once all the same: what a broken line kept back, at the beginning; and
what a wait did, for an engine that was replaced or as a file.  Else all who speak would be files
after any outage, and those who wait as files would never catch up."""

_FORGOTTEN_SECONDS = 600.0


class Turn(Enum):
    """When the next window of a file goes."""

    FIRST = auto()
    LAST = auto()
    """When nobody else waits."""

    LATER = auto()


class Spare:
    """The gaps between the partials of those who speak."""

    def __init__(self, hop_seconds: float) -> None:
        self._hop_seconds = hop_seconds
        self._partials: OrderedDict[str, float] = OrderedDict()
        """When each session last asked for one; who has waited longest comes first."""

        self._served = 0.0
        self._took_seconds = 0.0

    def ask(self, window: Window, now: float) -> None:
        """Learn that *window* of somebody who speaks is wanted."""
        self._partials.pop(window.session, None)
        if window.priority is Priority.PARTIAL:  # else the utterance is over
            self._partials[window.session] = now
        self._forget_the_silent(now)

    def serve(self, took_seconds: float, now: float) -> None:
        """Learn that a window of a file is through, and what it took."""
        self._served, self._took_seconds = now, took_seconds

    def turn(self, price_seconds: float, since: float, now: float) -> tuple[Turn, float]:
        """Say when a file's window goes that takes so long and has waited since then.

        If it is later, give the seconds after which to ask again unless a window comes before.
        """
        # A machine with other work takes longer than it did: their share shall not grow by that.
        longest = max(price_seconds, self._took_seconds)
        patience = max(longest * (1 / SHARE - 1), SHORTEST_WAIT_SECONDS)
        due = max(self._served, since) + patience
        if now >= due:
            return Turn.FIRST, 0.0
        self._forget_the_silent(now)
        if not self._partials:
            return Turn.LAST, 0.0
        expected = next(iter(self._partials.values())) + self._hop_seconds
        if expected - now >= price_seconds * CAUTION:
            return Turn.LAST, 0.0
        silent = expected + LATE * self._hop_seconds
        return Turn.LATER, max(0.0, min(due, silent) - now)

    def _forget_the_silent(self, now: float) -> None:
        oldest = now - (1 + LATE) * self._hop_seconds
        while self._partials and next(iter(self._partials.values())) <= oldest:
            self._partials.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Seen:
    end: int
    at: float
    ahead_seconds: float
    """Negative for what may still come at once."""


class Paces:
    """How far ahead of speech each session is."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def note(self, window: Window, now: float) -> bool:
        """Learn that *window* came; tell whether its session sends a file as if it spoke."""
        last = self._seen.get(window.session, _Seen(window.end, now, -MOST_KEPT_SECONDS))
        came = seconds(max(0, window.end - last.end)) - FASTEST * (now - last.at)
        ahead_seconds = max(-MOST_KEPT_SECONDS, last.ahead_seconds + came)
        self._seen[window.session] = _Seen(max(window.end, last.end), now, ahead_seconds)
        self._seen.move_to_end(window.session)
        self._forget(now)
        return ahead_seconds > MOST_AHEAD_SECONDS

    def _forget(self, now: float) -> None:
        while next(iter(self._seen.values())).at < now - _FORGOTTEN_SECONDS:
            self._seen.popitem(last=False)
