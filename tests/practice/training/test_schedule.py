import numpy as np
import pytest

from tools.practice.training import schedule
from tools.practice.training.schedule import POSITIONS, SAMPLED


@pytest.mark.parametrize(
    ("progress", "rate"), [(0.0, 0.01), (0.005, 0.51), (0.2, 1.0), (0.675, 0.5), (1.0, 0.01)]
)
def test_the_rate_goes_up_stays_and_goes_down(progress: float, rate: float) -> None:
    assert schedule.rate(progress) == pytest.approx(rate)


@pytest.mark.parametrize(("progress", "weight"), [(0.0, 0.3), (0.25, 0.15), (0.6, 0.0)])
def test_the_order_of_phones_matters_less_and_less(progress: float, weight: float) -> None:
    assert schedule.sequence_weight(progress) == pytest.approx(weight)


@pytest.mark.parametrize(
    ("progress", "shortest_s", "longest_s"), [(0.0, 1.5, 4), (0.05, 1.5, 7.5), (0.5, 1, 30)]
)
def test_windows_grow(progress: float, shortest_s: float, longest_s: float) -> None:
    rng = np.random.default_rng(0)

    shapes = [schedule.shape(progress, 64, rng) for _ in range(300)]

    seconds = [shape.frames / 100 for shape in shapes]
    assert min(seconds) >= shortest_s - 0.02
    assert 0.9 * longest_s < max(seconds) <= longest_s
    assert all(shape.frames % 2 == 0 for shape in shapes)


def test_a_batch_takes_the_audio_asked_for() -> None:
    rng = np.random.default_rng(0)

    shapes = [schedule.shape(0.5, 64, rng) for _ in range(300)]

    padded = [shape for shape in shapes if shape.padded]
    assert 50 < len(padded) < 150
    assert all(
        32 < shape.rows * shape.frames / 100 <= 64 for shape in shapes if shape not in padded
    )
    assert all(shape.frames // 2 + 2 * SAMPLED < POSITIONS for shape in padded)
