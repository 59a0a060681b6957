import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.net.crowd import Crowd


def test_there_is_room_for_so_many_in_all_and_of_each_key() -> None:
    crowd = Crowd(3, 2)

    assert [crowd.enter(key) for key in ("a", "a", "a", "b", "c")] == [
        True,
        True,
        False,
        True,
        False,
    ]

    crowd.leave("a")
    assert crowd.enter("c")
    assert len(crowd) == 3


def test_a_key_that_is_not_known_has_no_limit_of_its_own() -> None:
    crowd = Crowd(3, 1)

    assert [crowd.enter("") for _ in range(4)] == [True, True, True, False]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("ab"))), st.integers(1, 4))
def test_who_left_is_not_remembered(steps: list[tuple[bool, str]], most: int) -> None:
    crowd = Crowd(most, 2)
    inside: list[str] = []

    for comes, key in steps:
        if comes and crowd.enter(key):
            inside.append(key)
        elif not comes and inside:
            crowd.leave(inside.pop())

        assert len(crowd) == len(inside) <= most
    for key in inside:
        crowd.leave(key)
    assert crowd._waiting == {}


@pytest.mark.parametrize("key", ["", "a"])
def test_nobody_is_counted_who_did_not_get_in(key: str) -> None:
    crowd = Crowd(1, 1)
    crowd.enter(key)

    crowd.enter(key)
    crowd.leave(key)

    assert len(crowd) == 0
