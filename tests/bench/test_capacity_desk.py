"""The simulated scheduler, by laws of queues that hold whatever the numbers are."""

from collections.abc import Callable, Sequence
from random import Random

import numpy as np
import pytest

from bench.capacity.clock import Clock
from bench.capacity.cluster import Engine
from bench.capacity.curve import Cost, Curve
from bench.capacity.desk import Desk
from wsserver.recognition.scheduler import SchedulerSettings
from wsserver.speech import SAMPLE_RATE, Priority, Window

SECOND = np.zeros(SAMPLE_RATE, np.float32)


def final(session: str, priority: Priority = Priority.FINAL, utterance: int = 1) -> Window:
    return Window(session, utterance, priority, 0, SECOND)


def fixed(seconds: float) -> Curve:
    cost = Cost({"batch": seconds})
    return Curve("fixed", cost, cost)


def desk(clock: Clock, seconds: float, max_batch: int = 1) -> tuple[Desk, Engine]:
    engine = Engine(clock, fixed(seconds), Random(1))
    return Desk(clock, engine, SchedulerSettings(max_batch=max_batch), 0.5), engine


def arrive(clock: Clock, rate: float, count: int, do: Callable[[int], None]) -> None:
    """Have *count* come as a Poisson process."""
    chance, at = Random(7), 0.0
    for number in range(count):
        at += chance.expovariate(rate)
        clock.at(at, lambda number=number: do(number))  # type: ignore[misc]


def test_what_is_done_again_and_again_ends_with_all_else() -> None:
    clock, done = Clock(), list[tuple[str, float]]()
    clock.every(1.0, lambda: done.append(("one", clock.now)))
    clock.every(2.0, lambda: done.append(("other", clock.now)))
    clock.at(2.5, lambda: done.append(("else", clock.now)))

    clock.run()

    assert done == [("one", 1.0), ("other", 2.0), ("one", 2.0), ("else", 2.5)]


@pytest.mark.parametrize("busy", [0.3, 0.6, 0.8])
def test_finals_of_one_cost_wait_as_long_as_in_an_m_d_1_queue(busy: float) -> None:
    service, count, waits = 0.2, 8_000, list[float]()
    clock = Clock()
    queue, engine = desk(clock, service)

    def ask(number: int) -> None:
        asked = clock.now
        answered = lambda _: waits.append(clock.now - asked - service)  # noqa: E731
        queue.recognize(final(f"s{number}"), answered)

    arrive(clock, busy / service, count, ask)
    clock.run()

    wanted = busy * service / (2 * (1 - busy))  # Pollaczek and Khinchine, for a fixed service
    assert np.mean(waits) == pytest.approx(wanted, rel=0.1)
    assert len(engine.ran) * service / clock.now == pytest.approx(busy, rel=0.03)


def test_littles_law_holds() -> None:
    clock = Clock()
    queue, _ = desk(clock, 0.2, max_batch=4)
    arrive(clock, 6.0, 3_000, lambda n: queue.recognize(final(f"s{n}"), lambda _: None))

    clock.run()

    tally = queue.tally
    inside, rate = tally.area / clock.now, tally.ended / clock.now
    assert tally.asked == tally.ended == 3_000
    assert inside == pytest.approx(rate * tally.sojourn_seconds / tally.ended, rel=1e-9)


def test_a_final_goes_before_partials_that_came_earlier() -> None:
    clock, order = Clock(), list[str]()
    queue, _ = desk(clock, 1.0)
    asked: Sequence[tuple[str, Priority]] = (
        ("first", Priority.PARTIAL),
        ("second", Priority.PARTIAL),
        ("third", Priority.FINAL),
    )
    for at, (name, priority) in enumerate(asked):
        answered = lambda _, name=name: order.append(name)  # noqa: E731
        clock.at(at / 10, lambda n=name, p=priority, a=answered: queue.recognize(final(n, p), a))  # type: ignore[misc]

    clock.run()

    assert order == ["first", "third", "second"]


def test_a_newer_partial_of_a_session_takes_the_place_of_its_older_one() -> None:
    clock, told = Clock(), dict[str, bool]()
    queue, _ = desk(clock, 1.0)
    for at, name in enumerate(("under way", "outdated", "newer")):
        answered = lambda was_heard, name=name: told.update({name: was_heard})  # noqa: E731
        clock.at(at / 10, lambda a=answered: queue.recognize(final("s", Priority.PARTIAL), a))  # type: ignore[misc]

    clock.run()

    assert told == {"under way": True, "outdated": False, "newer": True}


def test_windows_that_come_at_one_moment_go_together() -> None:
    clock = Clock()
    queue, engine = desk(clock, 0.1, max_batch=8)
    for number in range(5):
        queue.recognize(final(f"s{number}"), lambda _: None)

    clock.run()

    assert [len(batch.lengths) for batch in engine.ran] == [5]


def test_a_rehearsal_teaches_what_finals_cost() -> None:
    queue, engine = desk(Clock(), 0.4)

    queue.rehearse(SECOND, engine.curve.expect)

    assert queue.backlog.costs.of_exact(1) == pytest.approx(0.4, rel=0.05)
