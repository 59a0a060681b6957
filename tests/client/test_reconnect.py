"""When a break is waited out, and how long."""

import pytest

from wsserver.client import ConnectionLost, Reconnect, Refused, SessionFailed
from wsserver.client.reconnect import is_passing
from wsserver.errors import BadAudio, DictationError


@pytest.mark.parametrize(
    ("failure", "passing"),
    [
        (ConnectionLost("gone"), True),
        (Refused(503, "draining", "stops", 5), True),
        (Refused(502, "http_502", "bad gateway", None), True),
        (Refused(429, "too_many_sessions", "later", 5), True),
        (Refused(403, "bad_cursor", "expired", None), False),
        (Refused(401, "no_token", "none", None), False),
        (SessionFailed("shutting_down", "restarts"), True),
        (SessionFailed("engine_lost", "died"), True),
        (SessionFailed("taken_over", "newer"), False),
        (SessionFailed("bad_audio", "odd"), False),
        (BadAudio("odd"), False),
    ],
)
def test_only_what_may_be_over_after_a_while_is_waited_out(
    failure: DictationError, passing: bool
) -> None:
    assert is_passing(failure) is passing


def test_the_wait_doubles_up_to_a_bound_and_is_never_the_same() -> None:
    reconnect = Reconnect(first_seconds=1.0, longest_seconds=6.0)
    gone = ConnectionLost("gone")

    for attempt, middle in enumerate([1.0, 2.0, 4.0, 6.0, 6.0]):
        delays = {reconnect.delay(attempt, gone) for _ in range(50)}

        assert len(delays) > 1
        assert all(0.5 * middle <= delay <= 1.5 * middle for delay in delays)


def test_a_server_that_says_when_to_come_back_is_believed() -> None:
    delay = Reconnect(first_seconds=0.1).delay(0, Refused(503, "full", "full", 20))

    assert delay >= 10.0
