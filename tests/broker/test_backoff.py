import pytest

from wsserver.broker.backoff import LONGEST_SECONDS, wait_seconds


@pytest.mark.parametrize(("failures", "longest"), [(1, 0.05), (2, 0.1), (3, 0.2), (9, 1.0)])
def test_the_wait_doubles_and_half_of_it_is_chance(failures: int, longest: float) -> None:
    assert wait_seconds(failures, 0.0) == longest / 2
    assert wait_seconds(failures, 1.0) == longest


def test_no_wait_is_longer_than_the_longest() -> None:
    assert wait_seconds(10**9, 1.0) == LONGEST_SECONDS
