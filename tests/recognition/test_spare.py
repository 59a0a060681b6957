import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.recognition.costs import Costs
from wsserver.recognition.plan import Backlog
from wsserver.recognition.spare import (
    FASTEST,
    MOST_AHEAD_SECONDS,
    MOST_KEPT_SECONDS,
    SHARE,
    SHORTEST_WAIT_SECONDS,
    Paces,
    Spare,
    Turn,
)
from wsserver.speech import SAMPLE_RATE, Priority, Window

HOP = 0.5


def window(session: str, priority: Priority, end_seconds: float = 1.0) -> Window:
    audio = np.zeros(SAMPLE_RATE, np.float32)
    return Window(session, 0, priority, round((end_seconds - 1) * SAMPLE_RATE), audio)


def speaking(*partials: tuple[str, float]) -> Spare:
    """Somebody's last partial came at so many seconds, for each session."""
    spare = Spare(HOP)
    for session, at in partials:
        spare.ask(window(session, Priority.PARTIAL), at)
    return spare


@pytest.mark.parametrize(
    ("price", "now", "turn", "wait"),
    [
        (0.1, 10.0, Turn.LAST, 0.0),
        (0.1, 10.3, Turn.LAST, 0.0),
        (0.1, 10.4, Turn.LATER, 0.35),
        (0.5, 10.0, Turn.LATER, 0.75),
        (0.1, 10.6, Turn.LATER, 0.15),
        (0.1, 10.8, Turn.LAST, 0.0),
        (5.0, 10.8, Turn.LAST, 0.0),
    ],
)
def test_a_file_goes_in_the_gap_before_the_next_partial(
    price: float, now: float, turn: Turn, wait: float
) -> None:
    found, seconds = speaking(("ann", 10.0)).turn(price, now, now)

    assert found is turn
    assert seconds == pytest.approx(wait)


def test_the_next_partial_is_that_of_whoever_spoke_longest_ago() -> None:
    spare = speaking(("ann", 10.0), ("bob", 10.3))

    assert spare.turn(0.1, 10.4, 10.4)[0] is Turn.LATER
    assert spare.turn(0.05, 10.4, 10.4)[0] is Turn.LAST


@pytest.mark.parametrize("priority", [Priority.FINAL, Priority.EARLY_FINAL])
def test_whose_utterance_is_over_is_not_waited_for(priority: Priority) -> None:
    spare = speaking(("ann", 10.0))

    spare.ask(window("ann", priority), 10.4)

    assert spare.turn(5.0, 10.4, 10.4) == (Turn.LAST, 0.0)


def test_who_left_in_the_midst_of_an_utterance_is_forgotten_though_no_file_comes() -> None:
    spare = speaking(*((f"session {number}", 10.0 * number) for number in range(1_000)))

    assert len(spare._partials) == 1


@given(st.floats(0.01, 2.0), st.floats(0.1, 3.0))
def test_files_get_their_share_while_everybody_speaks(price: float, gap: float) -> None:
    spare, now, served, looks = Spare(gap), 0.0, 0, 0

    while served < 5:
        for session in "abc":
            spare.ask(window(session, Priority.PARTIAL), now)
        turn, wait = spare.turn(price, 0.0, now)
        if turn is Turn.LATER:
            now += max(wait, 0.001)
        else:
            now += price
            served += 1
            spare.serve(price, now)
        looks += 1

    assert now <= 5 * (max(price / SHARE, price + SHORTEST_WAIT_SECONDS) + 0.01)
    assert looks < 10_000


def test_a_machine_that_became_slow_gives_files_no_larger_share() -> None:
    spare = speaking(("ann", 10.0))
    spare.serve(2.0, 10.0)

    spare.ask(window("ann", Priority.PARTIAL), 27.9)

    assert spare.turn(0.6, 10.0, 27.9)[0] is Turn.LATER
    assert spare.turn(0.6, 10.0, 28.0)[0] is Turn.FIRST


def test_a_file_that_is_due_goes_first_and_one_that_is_not_waits() -> None:
    plan = Backlog(max_batch=1, max_batch_ms=150, retries=1, costs=Costs())
    for session, priority in (("ann", Priority.FINAL), ("file", Priority.BULK)):
        plan.add(window(session, priority), 0.0)

    assert [ticket.window.session for ticket in plan.take(Turn.FIRST)] == ["file"]
    assert plan.bulk() is None
    assert [ticket.window.session for ticket in plan.take(Turn.FIRST)] == ["ann"]

    plan.add(window("another file", Priority.BULK), 0.0)
    assert plan.take(Turn.LATER) == ()


@pytest.mark.parametrize(
    ("faster", "is_file"), [(1.0, False), (FASTEST, False), (FASTEST + 1, True), (30.0, True)]
)
def test_who_is_faster_than_anybody_speaks_sends_a_file(faster: float, is_file: bool) -> None:
    paces = Paces()

    told = [
        paces.note(window("ann", Priority.FINAL, end), end / faster) for end in range(5, 400, 5)
    ]

    assert told[-1] is is_file
    assert not told[0]


def test_what_a_broken_line_kept_back_makes_nobody_a_file() -> None:
    paces = Paces()

    told = [
        paces.note(window("ann", Priority.FINAL, 100.0 + 5 * n), n / 10)
        for n in range(int(MOST_KEPT_SECONDS / 5))
    ]

    assert not any(told)


def test_what_is_more_than_any_line_keeps_is_made_good_at_last() -> None:
    paces = Paces()
    paces.note(window("ann", Priority.FINAL, 10.0), 0.0)
    end = 10.0 + MOST_KEPT_SECONDS + 2 * MOST_AHEAD_SECONDS

    late = paces.note(window("ann", Priority.FINAL, end), 1.0)
    live = [
        paces.note(window("ann", Priority.FINAL, end + 1.0 + second), 1.0 + second)
        for second in range(40)
    ]

    assert late
    assert live[0]
    assert not live[-1]


def test_what_the_engine_kept_back_makes_nobody_a_file() -> None:
    paces = Paces()
    before = [paces.note(window("ann", Priority.FINAL, at), at) for at in (5.0, 10.0)]

    # The final of the second 10 came 40 s late; those of what was said meanwhile are asked for now.
    after = [paces.note(window("ann", Priority.FINAL, 15.0 + 5 * n), 50.0 + n) for n in range(8)]

    assert not any(before + after)


def test_sessions_that_are_over_are_forgotten() -> None:
    paces = Paces()

    for number in range(1_000):
        paces.note(window(f"session {number}", Priority.FINAL), 10.0 * number)

    assert len(paces._seen) < 100
