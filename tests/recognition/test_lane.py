import numpy as np
import pytest

from wsserver.recognition.lane import Lane, Ticket
from wsserver.speech import Priority, Window

NO_AUDIO = np.zeros(0, np.float32)


def lane(names: str) -> Lane:
    """Make a lane of tickets such as `a0 b1`: a session and a number."""
    made = Lane()
    for name in names.split():
        made.append(ticket(name))
    return made


def ticket(name: str) -> Ticket:
    window = Window(name[0], 0, Priority.FINAL, 0, NO_AUDIO)
    return Ticket(int(name[1:]), window, since=0.0)


def names(lane: Lane) -> str:
    """Take all tickets in turn."""
    taken = []
    while first := next(lane.firsts(), None):
        lane.pop_first(first.window.session)
        taken.append(f"{first.window.session}{first.number}")
    return " ".join(taken)


@pytest.mark.parametrize(
    ("waiting", "served"),
    [
        ("", ""),
        ("a0", "a0"),
        ("a0 a1 a2 b3", "a0 b3 a1 a2"),
        ("a0 b1 a2 c3 b4", "a0 b1 c3 a2 b4"),
    ],
)
def test_sessions_take_turns_and_keep_their_order(waiting: str, served: str) -> None:
    assert names(lane(waiting)) == served


def test_a_prepended_ticket_goes_first() -> None:
    waiting = lane("a0 b1 b2")

    waiting.prepend(ticket("b9"))

    assert names(waiting) == "b9 a0 b1 b2"


def test_a_replacement_takes_over_the_turn() -> None:
    waiting = lane("a0 b1")

    waiting.replace_first(ticket("a2"))

    assert names(waiting) == "a2 b1"


@pytest.mark.parametrize(
    ("gone", "left"),
    [("a0", "a1 b2"), ("a1", "a0 b2"), ("b2", "a0 a1"), ("c7", "a0 b2 a1")],
)
def test_a_removed_ticket_leaves_the_others_in_their_turns(gone: str, left: str) -> None:
    waiting = lane("a0 a1 b2")

    waiting.remove(ticket(gone))

    assert names(waiting) == left
