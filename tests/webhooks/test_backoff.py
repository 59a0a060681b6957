import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.webhooks.backoff import LONGEST_SECONDS, Answer, read_retry_after, wait_seconds


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "taken"),
        (204, "taken"),
        (299, "taken"),
        (301, "failed"),
        (400, "failed"),
        (404, "failed"),
        (410, "gone"),
        (429, "failed"),
        (500, "failed"),
        (None, "failed"),
    ],
)
def test_only_2xx_is_success_and_410_the_end(status: int | None, outcome: str) -> None:
    assert Answer(status).outcome == outcome


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("", 0.0), ("120", 120.0), ("-1", 0.0), ("1.5", 0.0), ("²", 0.0), ("9" * 400, 0.0)],
)
def test_a_wait_that_is_asked_for_is_read_in_seconds(value: str, seconds: float) -> None:
    assert read_retry_after(value) == seconds


def test_the_wait_doubles_up_to_an_hour() -> None:
    waits = [wait_seconds(failures, 1.0) for failures in (1, 2, 3, 12, 13, 10**6)]

    assert waits == [1.0, 2.0, 4.0, 2048.0, LONGEST_SECONDS, LONGEST_SECONDS]


@given(st.integers(1, 10**9), st.floats(0, 1))
def test_half_of_the_wait_is_left_to_chance(failures: int, chance: float) -> None:
    longest = wait_seconds(failures, 1.0)

    assert longest / 2 <= wait_seconds(failures, chance) <= longest


def test_a_receiver_that_asks_for_more_gets_it() -> None:
    assert wait_seconds(1, 0.5, asked_seconds=7200.0) == 7200.0
