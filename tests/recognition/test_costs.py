import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wsserver.recognition.costs import Costs
from wsserver.speech import SAMPLE_RATE, Priority, Window


def window(audio_seconds: float = 1.0, *, exact: bool = False) -> Window:
    audio = np.zeros(int(audio_seconds * SAMPLE_RATE), np.float32)
    return Window("s", 0, Priority.PARTIAL, 0, audio, exact=exact)


def test_before_the_first_batch_two_exact_windows_look_slow() -> None:
    costs = Costs()

    assert costs.predict([window(exact=True)] * 2) > 1.0


@pytest.mark.parametrize("exact", [True, False])
def test_one_batch_again_and_again_is_soon_predicted(exact: bool) -> None:
    costs = Costs()

    for _ in range(20):
        costs.observe([window(exact=exact)] * 4, 0.12)

    assert costs.predict([window(exact=exact)] * 4) == pytest.approx(0.12, rel=0.05)


def test_learns_what_each_kind_of_window_adds() -> None:
    costs = Costs()
    mixes = [(1, 0), (0, 1), (4, 0), (0, 8), (2, 5), (1, 3)]

    for exact, other in mixes * 300:
        batch = [window(exact=True)] * exact + [window(2.0)] * other
        costs.observe(batch, 0.03 + 0.05 * exact + 0.02 * other)

    assert costs.predict([window(exact=True)] * 3) == pytest.approx(0.18, rel=0.1)
    assert costs.predict([window(2.0)] * 3) == pytest.approx(0.09, rel=0.1)


def test_a_longer_window_costs_more_unless_it_is_exact() -> None:
    costs = Costs()

    assert costs.predict([window(20.0)]) > costs.predict([window(2.0)])
    assert costs.predict([window(20.0, exact=True)]) == costs.predict([window(2.0, exact=True)])


sizes = st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(any)


@settings(deadline=None)
@given(st.lists(st.tuples(sizes, st.floats(0, 60)), max_size=30), sizes)
def test_a_larger_batch_is_never_predicted_to_be_cheaper(
    seen: list[tuple[tuple[int, int], float]], size: tuple[int, int]
) -> None:
    costs = Costs()
    for (exact, other), took_seconds in seen:
        costs.observe([window(exact=True)] * exact + [window()] * other, took_seconds)

    batch = [window(exact=True)] * size[0] + [window()] * size[1]

    assert 0 <= costs.predict(batch[:-1]) <= costs.predict(batch)
