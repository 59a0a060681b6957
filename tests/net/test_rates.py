import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.net.rates import Rate


class Watch:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def taken(rate: Rate, key: str, tries: int) -> int:
    """Give how many of *tries* at once were free."""
    free = 0
    for _ in range(tries):
        free += rate.wait_seconds(key) == 0
        rate.take(key)
    return free


def test_a_minutes_tries_may_come_at_once_and_the_next_has_to_wait() -> None:
    rate = Rate(30, Watch())

    assert taken(rate, "a", 40) == 30
    assert rate.wait_seconds("a") == pytest.approx(2)
    assert rate.wait_seconds("b") == 0


def test_what_was_used_up_comes_back_evenly() -> None:
    watch = Watch()
    rate = Rate(30, watch)
    taken(rate, "a", 30)

    watch.now += 2

    assert taken(rate, "a", 5) == 1
    watch.now += 600
    assert taken(rate, "a", 40) == 30


def test_tries_that_have_to_wait_do_not_make_the_wait_longer() -> None:
    watch = Watch()
    rate = Rate(60, watch)

    taken(rate, "a", 1_000)
    watch.now += 1

    assert rate.wait_seconds("a") == 0


def test_a_clock_that_is_set_back_gives_nothing_away() -> None:
    watch = Watch()
    rate = Rate(1, watch)
    rate.take("a")

    watch.now -= 500

    assert rate.wait_seconds("a") == pytest.approx(60)


def test_without_a_limit_nobody_waits_and_nothing_is_remembered() -> None:
    rate = Rate(None, Watch())

    assert taken(rate, "a", 1_000) == 1_000
    assert len(rate) == 0


def test_only_so_many_are_remembered_and_the_one_unseen_for_longest_goes_first() -> None:
    rate = Rate(1, Watch(), most_keys=2)

    for key in ("a", "b", "c"):
        rate.take(key)

    assert len(rate) == 2
    assert [rate.wait_seconds(key) > 0 for key in ("a", "b", "c")] == [False, True, True]


@given(st.lists(st.floats(0, 5), max_size=80), st.integers(1, 90))
def test_nobody_gets_more_than_a_burst_and_the_rate(pauses: list[float], per_minute: int) -> None:
    watch = Watch()
    rate = Rate(per_minute, watch)
    free = 0

    for pause in pauses:
        watch.now += pause
        free += taken(rate, "a", 2)

    assert free <= per_minute + (watch.now - 1_000) * per_minute / 60 + 1e-6
