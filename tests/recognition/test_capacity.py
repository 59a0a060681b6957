import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.recognition.batching import Batching
from wsserver.recognition.capacity import (
    MEMORY_SECONDS,
    MOST_FINALS,
    Capacity,
    Fading,
    Forecast,
)
from wsserver.recognition.costs import Costs, Prices
from wsserver.recognition.pool import Demand, Pool
from wsserver.speech import SAMPLE_RATE, Priority, Window

AUDIO = np.zeros(2 * SAMPLE_RATE, np.float32)
FINAL = Window("a", 1, Priority.FINAL, 0, AUDIO)
PARTIAL = Window("a", 1, Priority.PARTIAL, 0, AUDIO, exact=False)


def capacity(final_seconds: float = 0.3, further_seconds: float = 0.27) -> Capacity:
    """Give the capacity of an engine that is known, before anybody came."""
    costs = Costs()
    for _ in range(50):
        costs.observe([FINAL], final_seconds)
        costs.observe([FINAL] * 2, final_seconds + further_seconds)
    return Capacity(costs, Batching(16, 0.15), hop_seconds=0.5)


def let_in(expected: Capacity, most: int, now: float = 0.0, *, inside: int = 0) -> int:
    """Let people in at one moment, as many as may; give how many there are then."""
    for sessions in range(inside, most):
        expected.count(sessions, now)
        if expected.forecast(now).objection(3.0):
            return sessions
    return most


def test_what_fades_counts_less_and_less() -> None:
    fading = Fading(10.0)

    fading.add(1.0, 0.0)
    fading.add(1.0, 10.0)

    assert fading.at(10.0) == pytest.approx(1 + 1 / math.e)
    assert fading.at(20.0) == pytest.approx((1 + 1 / math.e) / math.e)


def test_an_even_stream_has_its_rate() -> None:
    fading = Fading(10.0)

    for step in range(1000):
        fading.add(0.5, step * 0.1)

    assert fading.rate(100.0) == pytest.approx(5.0, rel=0.01)


@pytest.mark.parametrize("final_seconds", [0.001, 1.0, 60.0])
def test_the_first_session_always_gets_in(final_seconds: float) -> None:
    expected = capacity(final_seconds, final_seconds)

    expected.count(0, 0.0)

    assert expected.forecast(0.0).objection(0.1) is None


def test_people_who_come_before_anybody_speaks_are_let_in_by_what_is_expected_of_them() -> None:
    assert 10 < let_in(capacity(final_seconds=0.3), most=50) < 16


@pytest.mark.parametrize(
    ("final_seconds", "further_seconds"), [(0.01, 0.01), (0.05, 0.002), (0.0001, 0.0001)]
)
def test_a_fast_machine_refuses_none_of_fifty(final_seconds: float, further_seconds: float) -> None:
    assert let_in(capacity(final_seconds, further_seconds), most=50) == 50


def test_an_engine_that_takes_many_finals_as_fast_as_one_carries_more() -> None:
    one_by_one, together = capacity(0.25, 0.24), capacity(0.25, 0.01)

    assert let_in(together, most=500) > 4 * let_in(one_by_one, most=500)


def test_those_who_keep_silent_make_room_after_a_while() -> None:
    expected = capacity()
    inside = let_in(expected, most=50)

    soon = let_in(expected, 50, 1.0, inside=inside)
    later = let_in(expected, 50, 3 * MEMORY_SECONDS, inside=inside)

    assert soon == inside
    assert later > inside + 8


def test_those_who_finish_many_sentences_leave_less_room() -> None:
    expected = capacity()
    expected.count(4, 0.0)
    before = expected.forecast(0.0).finals_share

    for step in range(750):
        expected.serve([FINAL], 0.3, step * 0.4)

    assert before < MOST_FINALS < expected.forecast(300.0).finals_share


def test_those_who_speak_all_the_time_make_the_lag_longer() -> None:
    expected = capacity()
    expected.count(4, 0.0)
    silent = expected.forecast(300.0).lag_seconds

    for step in range(4 * 600):
        expected.ask(PARTIAL, step / 8)

    assert expected.forecast(300.0).lag_seconds > 1.5 * silent


def test_those_who_leave_take_their_demand_with_them() -> None:
    expected = capacity()
    inside = let_in(expected, most=50)

    expected.count(inside // 2, 1.0)
    expected.count(inside // 2, 2.0)

    assert expected.forecast(2.0).objection(3.0) is None
    assert let_in(expected, 50, 2.0, inside=inside // 2) == pytest.approx(inside, abs=1)


def test_an_empty_house_remembers_nothing() -> None:
    expected, fresh = capacity(), capacity()
    let_in(expected, most=50)
    for second in range(60):
        expected.serve([FINAL], 0.3, float(second))

    expected.count(0, 60.0)

    assert let_in(expected, 50, 60.0) == let_in(fresh, 50, 60.0)


def test_bulk_windows_are_nobodys_finals() -> None:
    expected, fresh = capacity(), capacity()
    bulk = Window("file", 1, Priority.BULK, 0, AUDIO)
    for each in (expected, fresh):
        each.count(1, 0.0)

    for second in range(60):
        expected.serve([bulk], 0.3, float(second))

    shares = [each.forecast(60.0).finals_share for each in (expected, fresh)]
    assert shares[0] == pytest.approx(shares[1], rel=0.01)


@pytest.mark.parametrize(
    ("forecast", "objection"),
    [
        (Forecast(2.9, 1.9, 0.7), None),
        (
            Forecast(3.42, 1.0, 0.5),
            "found a predicted lag of 3.4 s for partials with one more session, "
            "expected at most 3 s",
        ),
        (
            Forecast(2.0, 2.52, 0.5),
            "found a predicted lag of 2.5 s for finals with one more session, expected at most 2 s",
        ),
        (
            Forecast(math.inf, math.inf, 1.2),
            "found finals to take 120% of the engine with one more session, expected at most 70%",
        ),
    ],
)
def test_says_in_numbers_why_there_is_no_room(forecast: Forecast, objection: str | None) -> None:
    assert forecast.objection(3.0) == objection


def test_a_forecast_has_at_least_the_lag_that_there_is() -> None:
    assert Forecast(1.0, 0.5, 0.2).at_least(2.0) == Forecast(2.0, 0.5, 0.2)
    assert Forecast(1.0, 0.5, 0.2).at_least(0.5) == Forecast(1.0, 0.5, 0.2)


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0, 300)), max_size=20))
def test_one_more_never_lets_more_in(steps: list[tuple[int, float]]) -> None:
    expected = capacity()
    now = 0.0
    for sessions, pause in steps:
        now += pause
        expected.count(sessions, now)

        before = expected.forecast(now)
        expected.count(sessions + 1, now)
        after = expected.forecast(now)

        assert after.lag_seconds >= before.lag_seconds >= 0
        assert after.finals_share >= before.finals_share >= 0
        expected.count(sessions, now)


@pytest.mark.parametrize("engines", [2, 4, 16])
def test_so_many_engines_carry_so_many_times_the_people(engines: int) -> None:
    one, several = capacity(), capacity()
    pool = Pool(engines=engines)

    sessions = let_in(one, most=50)
    several.count(sessions * engines, 0.0)

    assert several.forecast(0.0, pool).objection(3.0) is None
    several.count(sessions * engines * 2, 0.0)
    assert several.forecast(0.0, pool).objection(3.0) is not None


def test_those_of_other_servers_count_as_those_of_this_one() -> None:
    here, elsewhere, alone = capacity(), capacity(), capacity()
    here.count(4, 0.0)
    elsewhere.count(6, 0.0)
    alone.count(10, 0.0)

    shared = here.forecast(0.0, Pool(others=elsewhere.demand(0.0)))

    assert shared == alone.forecast(0.0)


def test_the_first_one_here_may_be_one_too_many_for_those_elsewhere() -> None:
    crowded = Demand(sessions=50, finals_per_second=50 / 6, partials_per_second=60.0)

    assert capacity().forecast(0.0, Pool(others=crowded)).objection(3.0) is not None


def test_an_engine_is_busy_for_the_part_of_the_time_that_its_batches_take() -> None:
    expected = capacity()

    for second in range(600):
        expected.serve([FINAL], 0.4, float(second))

    assert expected.busy(600.0) == pytest.approx(0.4, rel=0.02)


def test_engines_elsewhere_are_as_busy_as_they_say_however_long_answers_take() -> None:
    expected = capacity()
    elsewhere = Pool(engines=2, prices=Prices(1.0, 1.0, 1.0, 1.0), busy=0.4)

    for second in range(600):
        expected.serve([FINAL], None, float(second))

    assert expected.busy(600.0, elsewhere) == 0.4
