import numpy as np
import pytest

from tools.practice.chance import happens, pick


def test_everything_is_picked_about_as_often() -> None:
    rng = np.random.default_rng(1)

    picked = [pick("abc", rng) for _ in range(3_000)]

    assert all(900 < picked.count(letter) < 1_100 for letter in "abc")


@pytest.mark.parametrize("likelihood", [0.0, 0.3, 1.0])
def test_it_happens_as_often_as_it_is_likely(likelihood: float) -> None:
    rng = np.random.default_rng(1)

    happened = sum(happens(likelihood, rng) for _ in range(3_000))

    assert happened / 3_000 == pytest.approx(likelihood, abs=0.03)
