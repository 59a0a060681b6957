from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from wsserver.recognition.batching import Batching
from wsserver.recognition.costs import Costs
from wsserver.recognition.lane import Ticket
from wsserver.recognition.plan import REPLACEABLE, Backlog
from wsserver.speech import DecodeOptions, Priority, Window

CLASSES = {
    "F": Priority.FINAL,
    "P": Priority.PARTIAL,
    "E": Priority.EARLY_FINAL,
    "B": Priority.BULK,
}
NO_AUDIO = np.zeros(0, np.float32)


class PerWindow(Costs):
    """Every window costs the same."""

    def __init__(self, each_seconds: float) -> None:
        self._each_seconds = each_seconds

    def predict(self, windows: Iterable[Window]) -> float:
        return self._each_seconds * len(list(windows))


def window(name: str, **more: Any) -> Window:
    """Make a window from `Fa0`: a final of session a, utterance 0."""
    return Window(name[1], int(name[2:]), CLASSES[name[0]], 0, NO_AUDIO, **more)


def names(tickets: Iterable[Ticket]) -> str:
    """Write tickets as `Fa0 Pb1`."""
    letters = {priority: letter for letter, priority in CLASSES.items()}
    windows = [ticket.window for ticket in tickets]
    return " ".join(f"{letters[w.priority]}{w.session}{w.utterance}" for w in windows)


def backlog(
    waiting: str = "",
    *,
    max_batch: int = 1,
    max_batch_ms: float = 150,
    each_seconds: float = 0.01,
    retries: int = 1,
) -> Backlog:
    costs = PerWindow(each_seconds)
    made = Backlog(max_batch=max_batch, max_batch_ms=max_batch_ms, retries=retries, costs=costs)
    for now, name in enumerate(waiting.split()):
        made.add(window(name), now)
    return made


def served(plan: Backlog) -> str:
    """Serve all that waits; batches stand between bars."""
    batches = []
    while batch := plan.take():
        batches.append(names(batch))
        for ticket in batch:
            plan.settle(ticket)
    return " | ".join(batches)


@pytest.mark.parametrize(
    ("waiting", "order"),
    [
        ("", ""),
        ("Ba0 Eb0 Pc0 Fd0", "Fd0 | Pc0 | Eb0 | Ba0"),
        ("Pa0 Pb0 Pc0", "Pa0 | Pb0 | Pc0"),
        ("Fa0 Fa1 Fb0", "Fa0 | Fb0 | Fa1"),
        ("Ba0 Ba1 Bb0 Ba2", "Ba0 | Bb0 | Ba1 | Ba2"),
        ("Pa1 Fa0", "Fa0 | Pa1"),
    ],
)
def test_serves_by_class_then_in_turns(waiting: str, order: str) -> None:
    assert served(backlog(waiting)) == order


@pytest.mark.parametrize(
    ("waiting", "order"),
    [
        ("Pa0 Pb0 Pc0", "Pa0 Pb0 Pc0"),
        ("Pa0 Pb0 Pc0 Pd0 Pe0", "Pa0 Pb0 Pc0 Pd0 | Pe0"),
        ("Fa0 Fa1 Fb0", "Fa0 Fb0 | Fa1"),
        ("Fa0 Pa1 Pb0", "Fa0 Pb0 | Pa1"),
        ("Ba0 Bb0 Pc0", "Pc0 Ba0 | Bb0"),
        ("Ba0 Bb0", "Ba0 | Bb0"),
    ],
)
def test_a_batch_holds_one_window_per_session_and_one_of_bulk(waiting: str, order: str) -> None:
    assert served(backlog(waiting, max_batch=4)) == order


@pytest.mark.parametrize(
    ("each_seconds", "order"),
    [
        (0.01, "Pa0 Pb0 Pc0"),
        (0.05, "Pa0 Pb0 Pc0"),
        (0.06, "Pa0 Pb0 | Pc0"),
        (9.99, "Pa0 | Pb0 | Pc0"),
    ],
)
def test_a_batch_that_would_take_too_long_is_split(each_seconds: float, order: str) -> None:
    plan = backlog("Pa0 Pb0 Pc0", max_batch=8, max_batch_ms=151, each_seconds=each_seconds)

    assert served(plan) == order


@pytest.mark.parametrize(
    ("waiting", "order"),
    [
        ("Pa0 Eb0", "Pa0 Eb0"),
        ("Pa0 Pb0 Ec0", "Pa0 Pb0 | Ec0"),
        ("Pa0 Pb0 Ec0 Bd0", "Pa0 Pb0 | Ec0 Bd0"),
        ("Pa0 Bb0", "Pa0 Bb0"),
    ],
)
def test_an_early_final_only_rides_along_up_to_half_a_batch(waiting: str, order: str) -> None:
    plan = backlog(waiting, max_batch=8, max_batch_ms=160, each_seconds=0.04)

    assert served(plan) == order


@pytest.mark.parametrize(
    ("waiting", "new", "superseded", "order"),
    [
        ("Pa0 Pb0", "Pa1", "Pa0", "Pa1 | Pb0"),
        ("Ea0 Eb0", "Ea1", "Ea0", "Ea1 | Eb0"),
        ("Pa0", "Fa0", "Pa0", "Fa0"),
        ("Ea0", "Fa0", "Ea0", "Fa0"),
        ("Pa0 Ea0", "Fa0", "Pa0 Ea0", "Fa0"),
        ("Pa1", "Fa0", "", "Fa0 | Pa1"),
        ("Pa0", "Fb0", "", "Fb0 | Pa0"),
        ("Pa0", "Ea0", "", "Pa0 | Ea0"),
        ("Pa0", "Ba0", "", "Pa0 | Ba0"),
        ("Fa0", "Fa0", "", "Fa0 | Fa0"),
        ("Ba0", "Ba0", "", "Ba0 | Ba0"),
    ],
)
def test_a_newer_window_makes_an_older_one_useless(
    waiting: str, new: str, superseded: str, order: str
) -> None:
    plan = backlog(waiting)

    _, old = plan.add(window(new), 9.0)

    assert names(old) == superseded
    assert served(plan) == order


def test_a_partial_keeps_the_age_of_the_one_it_replaces() -> None:
    plan = backlog("Pa0")

    ticket, _ = plan.add(window("Pa0"), 7.0)

    assert ticket.since == 0.0
    assert plan.load(7.5).oldest_seconds == 7.5


def test_a_partial_in_flight_is_not_replaced_but_holds_back_its_session() -> None:
    plan = backlog("Pa0")
    (first,) = plan.take()

    _, old = plan.add(window("Pa0"), 1.0)

    assert old == ()
    assert plan.take() == ()
    assert names(plan.settle(first)) == "Pa0"
    assert names(plan.take()) == "Pa0"


def test_one_bulk_window_in_flight_holds_back_all_others() -> None:
    plan = backlog("Ba0 Bb0")
    plan.take()

    assert plan.take() == ()


def test_an_early_final_answers_the_final_that_waits_for_the_same_audio() -> None:
    plan = backlog("Ea0")
    (early,) = plan.take()
    plan.add(window("Fa0"), 1.0)

    assert names(plan.settle(early)) == "Ea0 Fa0"
    assert plan.take() == ()


def test_an_early_final_lets_no_final_overtake_the_one_before_it() -> None:
    plan = backlog("Ea1")
    (early,) = plan.take()
    plan.add(window("Fa0"), 1.0)
    plan.add(window("Fa1"), 2.0)

    assert names(plan.settle(early)) == "Ea1"
    assert served(plan) == "Fa0 | Fa1"


@pytest.mark.parametrize(
    "final",
    [
        window("Fa1"),
        window("Fb0"),
        window("Fa0", options=DecodeOptions(temperature=0.2)),
        window("Fa0", exact=False),
        Window("a", 0, Priority.FINAL, 0, np.zeros(160, np.float32)),
        Window("a", 0, Priority.FINAL, 160, NO_AUDIO),
    ],
)
def test_an_early_final_answers_no_other_final(final: Window) -> None:
    plan = backlog("Ea0")
    (early,) = plan.take()
    plan.add(final, 1.0)

    assert names(plan.settle(early)) == "Ea0"
    assert [ticket.window for ticket in plan.take()] == [final]


def test_a_batch_that_raised_goes_again_one_by_one() -> None:
    plan = backlog("Fa0 Pb0 Bc0", max_batch=8)
    batch = plan.take()
    plan.add(window("Fd0"), 3.0)

    ended = plan.fail(batch)

    assert (ended.superseded, ended.failed) == ((), ())
    assert served(plan) == "Fa0 | Pb0 | Fd0 | Bc0"


@pytest.mark.parametrize("name", ["Pa0", "Ea0"])
def test_what_can_be_replaced_fails_when_it_raised_alone(name: str) -> None:
    plan = backlog(name)

    ended = plan.fail(plan.take())

    assert names(ended.failed) == name
    assert not ended.wants_new_engine
    assert plan.take() == ()


@pytest.mark.parametrize("name", ["Fa0", "Ba0"])
@pytest.mark.parametrize("retries", [0, 1, 2])
def test_what_is_owed_is_tried_again_alone_the_last_time_on_a_new_engine(
    name: str, retries: int
) -> None:
    plan = backlog(name, retries=retries)
    wishes = []

    for _ in range(retries):
        ended = plan.fail(plan.take())
        assert ended.failed == ()
        wishes.append(ended.wants_new_engine)
    ended = plan.fail(plan.take())

    assert names(ended.failed) == name
    assert plan.take() == ()
    assert wishes == [False] * (retries - 1) + [True] * (retries > 0)


@pytest.mark.parametrize(
    ("newer", "superseded", "order"),
    [("Pa0", "Pa0", "Pa0 | Fb0"), ("Fa0", "Pa0", "Fb0 | Fa0"), ("Fa1", "", "Fb0 | Fa1 | Pa0")],
)
def test_a_partial_that_raised_gives_way_to_what_came_meanwhile(
    newer: str, superseded: str, order: str
) -> None:
    plan = backlog("Pa0 Fb0", max_batch=8)
    batch = plan.take()
    plan.add(window(newer), 3.0)

    ended = plan.fail(batch)

    assert names(ended.superseded) == superseded
    assert sorted(served(plan).split(" | ")) == sorted(order.split(" | "))


def test_a_lost_batch_keeps_what_cannot_be_replaced() -> None:
    plan = backlog("Fa0 Pb0 Ec0 Bd0", max_batch=8)
    batch = plan.take()

    ended = plan.lose(batch)

    assert names(ended.superseded) == "Pb0 Ec0"
    assert ended.failed == ()
    assert served(plan) == "Fa0 | Bd0"


def test_what_broke_an_engine_lets_everybody_else_go_first() -> None:
    plan = backlog("Fa0 Fb0 Fc0", max_batch=1, retries=2)

    plan.lose(plan.take())

    assert served(plan) == "Fb0 | Fc0 | Fa0"


def test_what_was_lost_too_often_fails() -> None:
    plan = backlog("Fa0")
    plan.lose(plan.take())

    ended = plan.lose(plan.take())

    assert names(ended.failed) == "Fa0"
    assert plan.take() == ()


def test_what_raised_and_was_lost_has_failed_twice() -> None:
    plan = backlog("Fa0", retries=2)
    plan.fail(plan.take())
    plan.lose(plan.take())

    ended = plan.fail(plan.take())

    assert names(ended.failed) == "Fa0"


def test_a_returned_final_stays_before_the_later_ones_of_its_session() -> None:
    plan = backlog("Fa0 Fb0 Fa1 Fb1", max_batch=2)

    plan.lose(plan.take())

    assert served(plan) == "Fa0 | Fb0 | Fa1 Fb1"


def test_cancel_forgets_what_waits_and_drops_what_flies() -> None:
    plan = backlog("Fa0 Fa1 Pa2 Pb0")
    (flying,) = plan.take()

    canceled = plan.cancel("a")

    assert names(canceled) == "Fa1 Pa2 Fa0"
    assert plan.settle(flying) == ()
    assert served(plan) == "Pb0"


def test_a_canceled_window_does_not_come_back_from_a_lost_engine() -> None:
    plan = backlog("Fa0")
    batch = plan.take()
    plan.cancel("a")

    ended = plan.lose(batch)

    assert (ended.superseded, ended.failed) == ((), ())
    assert plan.take() == ()


def test_a_session_can_begin_anew_while_its_canceled_window_flies() -> None:
    plan = backlog("Pa0")
    (old,) = plan.take()
    plan.cancel("a")
    plan.add(window("Pa5"), 1.0)

    assert plan.take() == ()
    assert plan.settle(old) == ()
    assert served(plan) == "Pa5"


def test_withdraw_forgets_one_window_and_no_other() -> None:
    plan = backlog("Fa0 Fa1")
    ticket, _ = plan.add(window("Fa2"), 2.0)

    plan.withdraw(ticket)
    plan.withdraw(ticket)

    assert served(plan) == "Fa0 | Fa1"


def test_load_measures_the_work_that_waits() -> None:
    plan = backlog("Pa0 Fb0 Bc0", each_seconds=0.5)

    load = plan.load(now=10.0)

    assert (load.waiting, load.seconds, load.oldest_seconds) == (3, 1.0, 10.0)


def test_nothing_waiting_is_no_load() -> None:
    load = backlog().load(now=10.0)

    assert (load.waiting, load.seconds, load.oldest_seconds) == (0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("waiting", "sentence"),
    [
        ("", "<Backlog: nothing waiting, 0 in flight>"),
        ("Pa0 Pb0 Eb0 Fc0", "<Backlog: 2 partial, 1 early final waiting, 1 in flight>"),
    ],
)
def test_repr_reads_as_a_sentence(waiting: str, sentence: str) -> None:
    plan = backlog(waiting)

    plan.take()

    assert repr(plan) == sentence


def test_exact_windows_and_others_go_apart() -> None:
    plan = backlog(max_batch=8)
    for name in ("Fa0", "Pb0", "Fc0", "Pd0"):
        plan.add(window(name, exact=name[0] == "F"), 0.0)

    assert served(plan) == "Fa0 Fc0 | Pb0 Pd0"


class OneAndMore(Costs):
    """The first window costs 0.3 s, each further one its own price."""

    def __init__(self, further_seconds: float) -> None:
        self._further_seconds = further_seconds

    def predict(self, windows: Iterable[Window]) -> float:
        return 0.3 + self._further_seconds * (len(list(windows)) - 1)


@pytest.mark.parametrize(
    ("further_seconds", "order"),
    [
        (0.27, "Fa0 | Fb0 | Fc0 | Ed0"),
        (0.16, "Fa0 | Fb0 | Fc0 | Ed0"),
        (0.14, "Fa0 Fb0 Fc0 | Ed0"),
        (0.01, "Fa0 Fb0 Fc0 | Ed0"),
    ],
)
def test_finals_too_long_for_a_batch_go_together_where_that_shortens_their_mean_wait(
    further_seconds: float, order: str
) -> None:
    plan = Backlog(max_batch=8, max_batch_ms=150, retries=1, costs=OneAndMore(further_seconds))
    for name in ("Fa0", "Fb0", "Fc0", "Ed0"):
        plan.add(window(name), 0.0)

    assert served(plan) == order


@pytest.mark.parametrize(
    ("price", "most"),
    [
        (lambda n: 0.01 * n, 8),
        (lambda n: 0.04 * n, 3),
        (lambda n: 0.30 * n, 1),
        (lambda n: 0.30 + 0.01 * n, 8),
    ],
)
def test_batching_tells_how_many_windows_alike_go_together(
    price: Callable[[int], float], most: int
) -> None:
    assert Batching(8, 0.15).most(price) == most


def test_finals_that_came_while_others_were_decoded_let_one_batch_of_partials_pass() -> None:
    plan = backlog("Fa0 Fb0 Pc0 Pd0")
    order = []
    for number in range(7):
        batch = plan.take()
        order.append(names(batch))
        if number < 3:
            plan.add(window(f"F{'efg'[number]}0"), 9.0)
        for ticket in batch:
            plan.settle(ticket)

    assert order == ["Fa0", "Fb0", "Pc0", "Fe0", "Ff0", "Fg0", "Pd0"]


def test_an_early_final_is_useless_once_a_partial_goes_further() -> None:
    plan = backlog("Ea0")

    _, same = plan.add(window("Pa0"), 1.0)
    _, longer = plan.add(Window("a", 0, Priority.PARTIAL, 0, np.zeros(160, np.float32)), 2.0)

    assert names(same) == ""
    assert names(longer) == "Pa0 Ea0"
    assert served(plan) == "Pa0"


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", "d", None]), max_size=60))
def test_nobody_is_served_twice_while_another_waits(events: list[str | None]) -> None:
    """A letter is a new final of that session; None lets one be served."""
    plan = backlog()
    waiting: Counter[str] = Counter()
    passed: dict[str, Counter[str]] = {}
    for session in events:
        if session is not None:
            plan.add(window(f"F{session}0"), 0.0)
            waiting[session] += 1
            passed.setdefault(session, Counter())
        elif batch := plan.take():
            plan.settle(batch[0])
            turn = batch[0].window.session
            waiting[turn] -= 1
            for other in passed:
                passed[other][turn] += 1
            del passed[turn]
            if waiting[turn]:
                passed[turn] = Counter()

        assert all(count <= 1 for others in passed.values() for count in others.values())


class AnyTraffic(RuleBasedStateMachine):
    """Whatever happens, each window ends exactly once, and in order."""

    def __init__(self) -> None:
        super().__init__()
        self.plan = Backlog(max_batch=3, max_batch_ms=150, retries=1, costs=PerWindow(0.04))
        self.open: dict[int, Window] = {}
        self.flying: list[tuple[Ticket, ...]] = []

    def end(self, tickets: Iterable[Ticket]) -> None:
        for ticket in tickets:
            del self.open[ticket.number]

    @rule(
        session=st.sampled_from("abcd"),
        priority=st.sampled_from(Priority),
        utterance=st.integers(0, 2),
    )
    def add(self, session: str, priority: Priority, utterance: int) -> None:
        new = Window(session, utterance, priority, 0, NO_AUDIO)

        ticket, superseded = self.plan.add(new, float(len(self.open)))

        self.open[ticket.number] = new
        assert all(old.window.priority in REPLACEABLE for old in superseded)
        self.end(superseded)

    @rule()
    def take(self) -> None:
        batch = self.plan.take()

        sessions = [t.window.session for b in [*self.flying, batch] for t in b]
        bulk = [t for b in [*self.flying, batch] for t in b if t.window.priority is Priority.BULK]
        assert len(sessions) == len(set(sessions))
        assert len(bulk) <= 1
        assert len(batch) <= 3
        assert len(batch) == 1 or not any(ticket.alone for ticket in batch)
        if batch:
            self.flying.append(batch)
            self.check_order(batch)

    def check_order(self, batch: tuple[Ticket, ...]) -> None:
        for ticket in batch:
            older = [
                number
                for number, window in self.open.items()
                if window.session == ticket.window.session
                and window.priority is ticket.window.priority
                and number < ticket.number
            ]
            assert not older or ticket.window.priority in REPLACEABLE

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), how=st.sampled_from(["settle", "settle", "fail", "lose"]))
    def land(self, data: st.DataObject, how: str) -> None:
        batch = self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1)))

        match how:
            case "settle":
                for ticket in batch:
                    self.end(self.plan.settle(ticket))
            case "fail":
                ended = self.plan.fail(batch)
                self.end([*ended.superseded, *ended.failed])
            case "lose":
                ended = self.plan.lose(batch)
                self.end([*ended.superseded, *ended.failed])

    @rule(session=st.sampled_from("abcd"))
    def cancel(self, session: str) -> None:
        canceled = self.plan.cancel(session)

        self.end(canceled)
        assert session not in {window.session for window in self.open.values()}

    @invariant()
    def nothing_is_lost(self) -> None:
        flying = {t.number for b in self.flying for t in b}
        waiting = [number for number in self.open if number not in flying]

        assert self.plan.load(0.0).waiting == len(waiting)

    def teardown(self) -> None:
        for batch in self.flying:
            for ticket in batch:
                self.end(self.plan.settle(ticket))
        while batch := self.plan.take():
            for ticket in batch:
                self.end(self.plan.settle(ticket))
        assert self.open == {}


TestAnyTraffic = AnyTraffic.TestCase
TestAnyTraffic.settings = settings(deadline=None, max_examples=60)


@pytest.mark.parametrize(
    ("waiting", "goes"),
    [
        ("Pa0 Pb0", ""),
        ("Pa0 Pb0 Pc0", "Pa0 Pb0"),
        ("Fa0", "Fa0"),
        ("Ea0", ""),
        ("Fa0 Pb0", "Fa0 Pb0"),
    ],
)
def test_ahead_of_time_goes_what_is_full_or_final(waiting: str, goes: str) -> None:
    plan = backlog(waiting, max_batch=2)

    assert names(plan.take(only_full=True)) == goes


def test_what_no_engine_tried_goes_first_again_and_together() -> None:
    plan = backlog("Fa0 Fb0 Fc0", max_batch=2)
    batch = plan.take()

    superseded = plan.give_back(batch)

    assert superseded == ()
    assert served(plan) == "Fa0 Fb0 | Fc0"


def test_what_no_engine_tried_is_not_counted() -> None:
    plan = backlog("Fa0", retries=0)

    for _ in range(5):
        plan.give_back(plan.take())

    assert names(plan.lose(plan.take()).failed) == "Fa0"


def test_a_partial_that_comes_back_gives_its_place_to_a_newer_one() -> None:
    plan = backlog("Pa0")
    batch = plan.take()
    plan.add(window("Pa0"), 1.0)

    assert names(plan.give_back(batch)) == "Pa0"
    assert served(plan) == "Pa0"


def test_what_is_dropped_is_not_tried_again() -> None:
    plan = backlog("Fa0 Pb0", max_batch=2)
    batch = plan.take()
    plan.withdraw(batch[1])

    assert names(plan.drop(batch)) == "Fa0"
    assert served(plan) == ""


@pytest.mark.parametrize(
    ("idle", "shares"), [(1, "Pa0 Pb0 Pc0 Pd0 Pe0"), (2, "Pa0 Pb0 Pc0"), (9, "Pa0")]
)
def test_engines_that_are_idle_share_what_waits(idle: int, shares: str) -> None:
    plan = backlog("Pa0 Pb0 Pc0 Pd0 Pe0", max_batch=8)

    assert names(plan.take(idle=idle)) == shares
