import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.audio.clock import Clock


@pytest.mark.parametrize(
    ("sample_rate", "samples", "client_samples", "index", "expected"),
    [
        (16_000, 100, 100, 40, 40),
        (48_000, 100, 300, 40, 120),
        (8_000, 100, 50, 40, 20),
        (8_000, 100, 50, 41, 20),
        (44_100, 160, 441, 160, 441),
        (44_100, 160, 441, 1, 2),
    ],
)
def test_an_index_covers_the_client_samples_that_lie_wholly_before_it(
    sample_rate: int, samples: int, client_samples: int, index: int, expected: int
) -> None:
    clock = Clock(sample_rate)

    clock.advance(samples, client_samples)

    assert clock.to_client(index) == expected


def test_a_clock_can_begin_in_the_middle() -> None:
    clock = Clock(48_000, index=1_000, client=3_001)

    clock.advance(10, 30)

    assert [clock.to_client(index) for index in (0, 1_000, 1_010)] == [3_001, 3_001, 3_031]


def test_an_index_that_has_not_come_covers_no_more_than_was_taken_in() -> None:
    clock = Clock(48_000)

    clock.advance(10, 30)

    assert clock.to_client(1_000) == 30


def test_a_mark_is_exact_although_the_flush_before_it_rounded() -> None:
    clock = Clock(44_100)
    clock.advance(37, 100)
    clock.mark()
    clock.advance(37, 100)
    clock.mark()

    assert [clock.to_client(index) for index in (36, 37, 73, 74)] == [99, 100, 199, 200]


def test_flushes_without_rounding_take_no_memory() -> None:
    clock = Clock(48_000)

    for _ in range(1_000):
        clock.advance(320, 960)
        clock.mark()

    assert len(clock._marks) == 1


def test_what_is_forgotten_takes_no_memory_and_the_rest_stays_right() -> None:
    clock = Clock(44_100)
    for _ in range(1_000):
        clock.advance(37, 100)
        clock.mark()

    clock.forget(36_999)

    assert len(clock._marks) == 2
    assert [clock.to_client(index) for index in (36_999, 37_000)] == [99_999, 100_000]


@given(
    sample_rate=st.integers(8_000, 48_000),
    steps=st.lists(st.tuples(st.integers(0, 500), st.booleans()), max_size=20),
)
def test_a_later_index_never_covers_less(sample_rate: int, steps: list[tuple[int, bool]]) -> None:
    clock = Clock(sample_rate)
    total = given_out = 0
    for taken, flushed in steps:
        samples = round(taken * 16_000 / sample_rate)
        clock.advance(samples, taken)
        total, given_out = total + taken, given_out + samples
        if flushed:
            clock.mark()

    covered = [clock.to_client(index) for index in range(given_out + 1)]

    assert covered == sorted(covered)
    assert covered[-1] <= total
