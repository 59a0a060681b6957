import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.audio.clock import Clock, Mark, Place


@pytest.mark.parametrize(
    ("sample_rate", "index", "expected"),
    [
        (16_000, 40, 40),
        (48_000, 40, 120),
        (8_000, 40, 20),
        (8_000, 41, 20),
        (44_100, 160, 441),
        (44_100, 1, 2),
    ],
)
def test_an_index_covers_the_client_samples_that_lie_wholly_before_it(
    sample_rate: int, index: int, expected: int
) -> None:
    assert Clock(sample_rate).to_client(index) == expected


def test_a_clock_can_begin_in_the_middle() -> None:
    clock = Clock(48_000, Mark(1_000, 3_001))

    assert [clock.to_client(index) for index in (1_000, 1_010)] == [3_001, 3_031]


def test_a_mark_is_exact_although_the_flush_before_it_rounded() -> None:
    clock = Clock(44_100)

    clock.mark(Mark(37, 100))
    clock.mark(Mark(74, 200))

    assert [clock.to_client(index) for index in (36, 37, 73, 74)] == [99, 100, 199, 200]


def test_a_place_goes_with_the_latest_mark_before_it() -> None:
    clock = Clock(44_100)
    clock.mark(Mark(37, 100))

    places = [clock.place(index) for index in (36, 37, 38)]

    assert places == [Place(36, Mark()), Place(37, Mark(37, 100)), Place(38, Mark(37, 100))]


def test_marks_at_one_index_count_as_the_last_of_them() -> None:
    clock = Clock(48_000)
    clock.mark(Mark(10, 30))
    clock.mark(Mark(10, 31))

    assert clock.place(10) == Place(10, Mark(10, 31))


def test_a_mark_that_is_known_takes_no_memory() -> None:
    clock = Clock(48_000)

    for _ in range(1_000):
        clock.mark(Mark(320, 960))

    assert len(clock._marks) == 2


def test_what_is_forgotten_takes_no_memory_and_the_rest_stays_right() -> None:
    clock = Clock(44_100)
    for number in range(1, 1_001):
        clock.mark(Mark(37 * number, 100 * number))

    clock.forget(36_999)

    assert len(clock._marks) == 2
    assert [clock.to_client(index) for index in (36_999, 37_000)] == [99_999, 100_000]


@given(
    sample_rate=st.integers(8_000, 48_000),
    steps=st.lists(st.tuples(st.integers(0, 500), st.booleans()), max_size=20),
)
def test_a_later_index_never_covers_less(sample_rate: int, steps: list[tuple[int, bool]]) -> None:
    clock = Clock(sample_rate)
    total = given_out = unmarked = 0
    for taken, flushed in steps:
        total, unmarked = total + taken, unmarked + taken
        if flushed:
            given_out += -(-unmarked * 16_000 // sample_rate)
            unmarked = 0
            clock.mark(Mark(given_out, total))

    covered = [clock.to_client(index) for index in range(given_out + 1)]

    assert covered == sorted(covered)
    assert covered[-1] == total - unmarked
