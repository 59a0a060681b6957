"""When to try again after a break, and after which breaks.

Knows failures and seconds; knows no sockets and no clock.
"""

import random
from dataclasses import dataclass

from wsserver.client.failures import ConnectionLost, Refused, SessionFailed
from wsserver.errors import DictationError

_PASSING_CODES = {"server_error", "engine_error", "engine_lost", "overloaded", "shutting_down"}
"""Fatal errors that are not the client's fault: the session can be resumed."""

_TAKEN_OVER = "taken_over"
_READ_AT_ONCE_S = 50.0  # a server stops reading while a minute of audio waits
_TOO_MANY = 429
_SERVERS_FAULT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconnect:
    """How patiently a broken connection is made anew."""

    give_up_seconds: float = 120.0
    """Without anything new becoming final; 0 never tries."""

    first_seconds: float = 0.2
    longest_seconds: float = 5.0

    silent_seconds: float = 15.0
    """Without a sign of life, though it was asked for one, after which a connection is given up.

    As long may it take to open one.
    """

    busy_seconds: float = 120.0
    """The same while very much audio waits to be final: only behind it a server reads the question.
    """

    def patience(self, waiting_seconds: float, silences: int) -> float:
        """Give the seconds of silence to put up with while so much audio waits.

        They double with every connection that fell silent, one after the other without any
        progress: the line may be slow, and not dead.
        """
        is_busy = waiting_seconds > _READ_AT_ONCE_S
        shortest = max(self.silent_seconds, self.busy_seconds) if is_busy else self.silent_seconds
        return shortest * 2.0 ** min(silences, 30)

    def delay(self, attempt: int, failure: DictationError) -> float:
        """Give the seconds before the next attempt: they double, and no two clients' are alike.

        A server that says when to come back is believed.
        """
        planned = min(self.longest_seconds, self.first_seconds * 2.0 ** min(attempt, 30))
        asked = (failure.retry_after or 0) if isinstance(failure, Refused) else 0
        return max(planned, asked) * random.uniform(0.5, 1.5)  # noqa: S311 - no secret


NEVER = Reconnect(give_up_seconds=0.0)
"""For programs that want to see every break themselves."""


def is_passing(failure: DictationError, *, was_unanswered: bool = False) -> bool:
    """Say whether it may be over after a while.

    The newer connection that took the session over may be an own one, of an attempt that
    *was_unanswered*: then the server will find that nobody is there.
    """
    match failure:
        case ConnectionLost():
            return True
        case Refused(status=status):
            return status == _TOO_MANY or status >= _SERVERS_FAULT
        case SessionFailed(code=code):
            return code in _PASSING_CODES or (was_unanswered and code == _TAKEN_OVER)
    return False
