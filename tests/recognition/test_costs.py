import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wsserver.recognition.costs import Costs
from wsserver.speech import SAMPLE_RATE, Priority, Window


def window(audio_seconds: float = 1.0, *, exact: bool = False) -> Window:
    audio = np.zeros(int(audio_seconds * SAMPLE_RATE), np.float32)
    return Window("s", 0, Priority.PARTIAL, 0, audio, exact=exact)


def test_before_the_first_batch_an_exact_window_looks_slow() -> None:
    costs = Costs()

    assert costs.predict([window(exact=True)]) > 0.5


@pytest.mark.parametrize("exact", [True, False])
def test_one_batch_again_and_again_is_soon_predicted(exact: bool) -> None:
    costs = Costs()

    for _ in range(20):
        costs.observe([window(exact=exact)] * 4, 0.12)

    assert costs.predict([window(exact=exact)] * 4) == pytest.approx(0.12, rel=0.05)


@pytest.mark.parametrize("seen", [True, False])
def test_the_first_batch_tells_how_fast_the_machine_is(seen: bool) -> None:
    costs, fresh = Costs(), Costs()
    one, unlike = [window(exact=seen)], [window(exact=not seen)]

    costs.observe(one, fresh.predict(one) / 10)

    assert costs.predict(one) == pytest.approx(fresh.predict(one) / 10)
    assert costs.predict(unlike) == pytest.approx(fresh.predict(unlike) / 10)


@pytest.mark.parametrize(("one", "two"), [(0.3, 0.57), (0.3, 0.31)])
def test_one_and_two_windows_tell_what_further_ones_cost(one: float, two: float) -> None:
    costs = Costs()

    costs.observe([window(exact=True)], one)
    costs.observe([window(exact=True)] * 2, two)

    assert costs.of_exact(1) == pytest.approx(one, rel=0.1)
    assert costs.of_exact(2) == pytest.approx(two, rel=0.1)


def test_learns_what_each_kind_of_window_adds() -> None:
    costs = Costs()

    for count in [1, 4, 2, 8, 3] * 60:
        costs.observe([window(exact=True)] * count, 0.03 + 0.05 * count)
        costs.observe([window(2.0)] * count, 0.01 + 0.02 * count)

    assert costs.of_exact(3) == pytest.approx(0.18, rel=0.05)
    assert costs.of_others(6.0) == pytest.approx(0.07, rel=0.05)


def test_a_machine_that_got_slower_is_noticed() -> None:
    costs = Costs()
    for _ in range(100):
        costs.observe([window(exact=True)], 0.1)

    for _ in range(20):
        costs.observe([window(exact=True)], 0.3)

    assert costs.of_exact(1) == pytest.approx(0.3, rel=0.1)


def test_a_machine_with_bad_moments_costs_what_it_takes_on_average() -> None:
    costs = Costs()
    predictions = []

    for batch in range(3000):
        costs.observe([window(exact=True)], 0.9 if batch % 4 == 0 else 0.3)
        predictions.append(costs.of_exact(1))

    assert np.mean(predictions[100:]) == pytest.approx(0.45, rel=0.05)


def test_a_first_batch_that_was_far_too_slow_is_soon_forgotten() -> None:
    costs = Costs()

    for took_seconds in (3.0, 0.1, 0.1, 0.1, 0.1):
        costs.observe([window(exact=True)], took_seconds)

    assert costs.of_exact(1) < 0.15


def test_a_longer_window_costs_more_unless_it_is_exact() -> None:
    costs = Costs()

    assert costs.predict([window(20.0)]) > costs.predict([window(2.0)])
    assert costs.predict([window(20.0, exact=True)]) == costs.predict([window(2.0, exact=True)])


sizes = st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(any)


kinds = st.tuples(st.booleans(), st.integers(1, 9))


@settings(deadline=None)
@given(st.lists(st.tuples(kinds, st.floats(0, 60)), max_size=30), sizes)
def test_a_larger_batch_is_never_predicted_to_be_cheaper(
    seen: list[tuple[tuple[bool, int], float]], size: tuple[int, int]
) -> None:
    costs = Costs()
    for (exact, count), took_seconds in seen:
        costs.observe([window(exact=exact)] * count, took_seconds)

    batch = [window(exact=True)] * size[0] + [window()] * size[1]

    assert 0 <= costs.predict(batch[:-1]) <= costs.predict(batch)


def test_prices_that_are_told_are_what_others_learned() -> None:
    learned, told = Costs(), Costs()
    for _ in range(5):
        learned.observe([window(exact=True)] * 2, 3.0)

    told.adopt(learned.prices)

    assert told.of_exact(2) == learned.of_exact(2)
    assert told.of_others(7.0) == learned.of_others(7.0)
