import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.audio.buffer import Buffer
from wsserver.errors import Overloaded
from wsserver.speech import Samples


def ramp(start: int, end: int) -> Samples:
    """Samples that are their own index."""
    return np.arange(start, end).astype(np.float32)


def test_samples_are_found_by_their_index() -> None:
    buffer = Buffer(100, position=1_000)

    buffer.append(ramp(1_000, 1_010))
    buffer.append(ramp(1_010, 1_030))

    assert (buffer.start, buffer.end) == (1_000, 1_030)
    assert buffer.slice(1_005, 1_012).tolist() == list(range(1_005, 1_012))


def test_a_slice_cannot_be_written() -> None:
    buffer = Buffer(10)
    buffer.append(ramp(0, 10))

    taken = buffer.slice(2, 4)

    with pytest.raises(ValueError, match="read-only"):
        taken[0] = 1


@given(st.lists(st.integers(0, 10), min_size=1, max_size=40))
def test_a_slice_never_changes_whatever_comes_and_goes(counts: list[int]) -> None:
    buffer = Buffer(10)
    buffer.append(ramp(0, 10))
    taken = buffer.slice(2, 9)

    for count in counts:
        buffer.forget(buffer.end - 10 + count)
        buffer.append(np.full(count, -1, np.float32))

    assert taken.tolist() == list(range(2, 9))


def test_an_empty_slice_is_no_error() -> None:
    assert len(Buffer(10, position=7).slice(7, 7)) == 0


@pytest.mark.parametrize(("start", "end"), [(4, 8), (6, 11), (8, 7)])
def test_what_is_not_held_cannot_be_had(start: int, end: int) -> None:
    buffer = Buffer(100)
    buffer.append(ramp(0, 10))
    buffer.forget(5)

    with pytest.raises(IndexError, match=rf"found {start}\.\.{end}, expected a slice of 5\.\.10"):
        buffer.slice(start, end)


def test_more_than_the_capacity_is_refused_and_changes_nothing() -> None:
    buffer = Buffer(10)
    buffer.append(ramp(0, 8))

    with pytest.raises(Overloaded, match="found 11 samples to hold, expected 10 at most"):
        buffer.append(ramp(8, 11))

    assert buffer.slice(0, buffer.end).tolist() == list(range(8))


def test_what_is_forgotten_makes_room() -> None:
    buffer = Buffer(10)
    buffer.append(ramp(0, 10))

    buffer.forget(4)
    buffer.append(ramp(10, 14))

    assert buffer.slice(4, 14).tolist() == list(range(4, 14))


@pytest.mark.parametrize(("before", "start"), [(0, 3), (3, 3), (7, 7), (10, 10), (99, 10)])
def test_forgetting_never_goes_back_or_beyond_the_end(before: int, start: int) -> None:
    buffer = Buffer(10)
    buffer.append(ramp(0, 10))
    buffer.forget(3)

    buffer.forget(before)

    assert (buffer.start, buffer.end) == (start, 10)


def test_memory_follows_what_is_held() -> None:
    buffer = Buffer(100_000)
    buffer.append(ramp(0, 100_000))

    for end in range(100_100, 400_000, 100):
        buffer.forget(end - 500)
        buffer.append(ramp(end - 100, end))

    assert len(buffer._room) <= 2_000


def test_small_chunks_are_copied_a_bounded_number_of_times() -> None:
    buffer = Buffer(100_000)
    moves = 0

    for at in range(100_000):
        room = buffer._room
        buffer.append(ramp(at, at + 1))
        moves += buffer._room is not room

    assert moves <= 20


def test_it_says_what_it_holds() -> None:
    buffer = Buffer(10, position=5)

    buffer.append(ramp(5, 8))

    assert repr(buffer) == "Buffer(5..8 of 10)"


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 60)), max_size=40))
def test_it_behaves_like_one_long_recording(steps: list[tuple[int, int]]) -> None:
    buffer, end = Buffer(10_000), 0

    for count, kept in steps:
        buffer.append(ramp(end, end + count))
        end += count
        buffer.forget(end - kept)

        assert buffer.end == end
        assert buffer.slice(buffer.start, end).tolist() == list(range(buffer.start, end))
