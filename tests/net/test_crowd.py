import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.net.crowd import Crowd


def test_there_is_room_for_so_many_in_all_and_of_each_key() -> None:
    crowd = Crowd[int](3, 2)

    made_room = [crowd.enter(guest, key) for guest, key in enumerate("aaabcd")]

    assert made_room == [None, None, 0, None, 1, 2]
    assert len(crowd) == 3


def test_who_left_has_to_make_room_for_nobody() -> None:
    crowd = Crowd[int](2, 2)
    crowd.enter(1, "a")
    crowd.enter(2, "b")

    crowd.leave(1)

    assert [crowd.enter(guest, "c") for guest in (3, 4)] == [None, 2]


def test_a_key_that_is_not_known_has_no_limit_of_its_own() -> None:
    crowd = Crowd[int](3, 1)

    assert [crowd.enter(guest, "") for guest in range(4)] == [None, None, None, 0]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("ab"))), st.integers(1, 4))
def test_who_left_is_not_remembered(steps: list[tuple[bool, str]], most: int) -> None:
    crowd, inside = Crowd[int](most, 2), list[int]()

    for guest, (comes, key) in enumerate(steps):
        if comes:
            gone = crowd.enter(guest, key)
            inside = [*(each for each in inside if each != gone), guest]
        elif inside:
            crowd.leave(inside.pop())

        assert len(crowd) == len(inside) <= most
    for guest in inside:
        crowd.leave(guest)
    assert (len(crowd), crowd._of_key) == (0, {})


@pytest.mark.parametrize("key", ["", "a"])
def test_who_leaves_twice_leaves_once(key: str) -> None:
    crowd = Crowd[int](2, 2)
    crowd.enter(1, key)
    crowd.enter(2, key)

    crowd.leave(1)
    crowd.leave(1)

    assert len(crowd) == 1
