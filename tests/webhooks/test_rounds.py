from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.webhooks.backoff import Answer
from wsserver.webhooks.rounds import MOST_AT_ONCE, Delivery, Rounds

DAY = 86_400.0
TAKEN, FAILED = Answer(204), Answer(500)


def delivery(number: int, session: str = "a") -> Delivery:
    return Delivery(number, "receiver", session, f"{session}-{number}", 0.0)


def rounds(*deliveries: Delivery) -> Rounds:
    made = Rounds(DAY)
    for each in deliveries:
        made.add(each, 0.0, 0.0)
    return made


def numbers(taken: list[Delivery]) -> list[int]:
    return [each.number for each in taken]


def test_a_session_has_one_under_way_and_the_next_when_it_is_taken() -> None:
    one, two = delivery(1), delivery(2)
    plan = rounds(one, two)

    assert numbers(plan.take(0.0)) == [1]
    assert numbers(plan.take(0.0)) == []
    assert plan.settle(one, TAKEN, 0.0, 1.0)
    assert numbers(plan.take(0.0)) == [2]
    assert len(plan) == 1


def test_what_failed_is_tried_again_after_its_wait_and_before_what_came_later() -> None:
    one = delivery(1)
    plan = rounds(one, delivery(2))
    plan.take(0.0)

    assert not plan.settle(one, FAILED, 0.0, 1.0)

    assert plan.wake_at() == 1.0
    assert not plan.is_due(0.9)
    assert numbers(plan.take(0.9)) == []
    assert numbers(plan.take(1.0)) == [1]


def test_what_is_lost_is_over_and_the_next_has_its_turn() -> None:
    one = delivery(1)
    plan = rounds(one, delivery(2))
    plan.take(0.0)

    assert plan.settle(one, Answer(None, is_lost=True), 0.0, 1.0)

    assert numbers(plan.take(0.0)) == [2]


def test_a_success_forgets_the_failures_before_it() -> None:
    one, two = delivery(1), delivery(2)
    plan = rounds(one, two)
    for now in (0.0, 1.0, 3.0):
        plan.take(now)
        plan.settle(one, FAILED, now, 1.0)
    assert plan.failures(one) == 3
    plan.take(7.0)
    plan.settle(one, TAKEN, 7.0, 1.0)

    plan.take(7.0)
    plan.settle(two, FAILED, 7.0, 1.0)

    assert plan.wake_at() == 8.0


def test_the_last_try_is_at_the_end_of_the_day_and_then_the_next_has_its_turn() -> None:
    one = delivery(1)
    plan = rounds(one, delivery(2))
    plan.take(DAY - 5.0)
    assert not plan.settle(one, Answer(503, 600.0), DAY - 5.0, 1.0)

    assert plan.wake_at() == DAY
    plan.take(DAY)
    assert plan.settle(one, FAILED, DAY, 1.0)
    assert numbers(plan.take(DAY)) == [2]


@pytest.mark.parametrize(("age_seconds", "end"), [(0.0, DAY), (3600.0, DAY - 3600.0), (-DAY, DAY)])
def test_the_day_begins_with_the_event_and_never_later_than_it_is_added(
    age_seconds: float, end: float
) -> None:
    one, now = delivery(1), 500.0
    plan = Rounds(DAY)
    plan.add(one, now, age_seconds)

    for moment, is_over in [(now + end - 1.0, False), (now + end, True)]:
        plan.take(moment)

        assert plan.settle(one, FAILED, moment, 1.0) is is_over


def test_sessions_go_beside_one_another_the_oldest_first_and_not_too_many() -> None:
    plan = rounds(*(delivery(number, f"s{number}") for number in range(9, 0, -1)))

    first = plan.take(0.0)

    assert numbers(first) == [*range(1, MOST_AT_ONCE + 1)]
    assert plan.take(0.0) == []
    plan.settle(first[1], TAKEN, 0.0, 1.0)
    assert numbers(plan.take(0.0)) == [MOST_AT_ONCE + 1]


def test_one_session_that_fails_keeps_no_other_waiting() -> None:
    plan = rounds(delivery(1, "a"), delivery(2, "b"), delivery(3, "b"))
    for each in plan.take(0.0):
        plan.settle(each, FAILED if each.session == "a" else TAKEN, 0.0, 1.0)

    assert numbers(plan.take(0.0)) == [3]


def test_nothing_is_left_of_what_is_cleared() -> None:
    plan = rounds(delivery(1), delivery(2))
    plan.take(0.0)

    plan.clear()

    assert (len(plan), plan.wake_at(), plan.is_due(0.0)) == (0, None, False)


class Counted(float):
    """A moment that counts how often one is compared with another."""

    comparisons = 0

    def __add__(self, other: float) -> "Counted":
        return Counted(float(self) + other)

    def __sub__(self, other: float) -> "Counted":
        return Counted(float(self) - other)

    def __lt__(self, other: float) -> bool:
        Counted.comparisons += 1
        return float(self) < float(other)

    def __le__(self, other: float) -> bool:
        return not other < self

    def __gt__(self, other: float) -> bool:
        return other < self if isinstance(other, Counted) else Counted(other) < self

    def __ge__(self, other: float) -> bool:
        return not self < other


def test_ten_thousand_sessions_that_wait_are_not_looked_through_at_every_event() -> None:
    count, now = 10_000, Counted(0.0)
    plan = Rounds(DAY)
    for number in range(count):
        plan.add(delivery(number, f"s{number}"), now, 0.0)
    for _ in range(count // MOST_AT_ONCE):
        for each in plan.take(now):
            plan.settle(each, FAILED, now, each.number / count)
    Counted.comparisons = 0

    assert plan.take(now) == []
    assert not plan.is_due(now)
    assert plan.wake_at() == 0.5
    (first, *_) = plan.take(Counted(0.5))
    plan.settle(first, FAILED, Counted(0.5), 1.0)
    assert 0 < Counted.comparisons < 100


@given(st.data())
def test_each_session_is_taken_in_order_and_all_of_it(data: st.DataObject) -> None:
    sessions = data.draw(st.lists(st.sampled_from("abc"), max_size=12))
    plan = rounds(*(delivery(number, name) for number, name in enumerate(sessions)))
    taken: defaultdict[str, list[int]] = defaultdict(list)
    now = 0.0
    while len(plan):
        tried = plan.take(now)
        assert len({each.session for each in tried}) == len(tried) <= MOST_AT_ONCE
        for each in tried:
            answer = data.draw(st.sampled_from([TAKEN, TAKEN, FAILED]))
            if plan.settle(each, answer, now, data.draw(st.floats(0, 1))):
                taken[each.session].append(each.number)
        now = max(now, plan.wake_at() or now)

    for name in set(sessions):
        assert taken[name] == [n for n, session in enumerate(sessions) if session == name]


@pytest.mark.parametrize("answer", [TAKEN, FAILED])
def test_what_is_settled_is_under_way_no_more(answer: Answer) -> None:
    one = delivery(1)
    plan = rounds(one)
    plan.take(0.0)

    plan.settle(one, answer, 0.0, 1.0)

    assert plan.under_way == 0
