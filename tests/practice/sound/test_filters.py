import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.practice.sound import filters
from tools.practice.speech import RATE, Samples


def _tone(hertz: float) -> Samples:
    return np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE).astype(np.float32)


@pytest.mark.parametrize(
    ("hertz", "kept"), [(50, 0.0), (300, 1.0), (1_000, 1.0), (3_400, 1.0), (6_000, 0.0)]
)
def test_a_band_keeps_what_lies_in_it(hertz: float, kept: float) -> None:
    tone = _tone(hertz)

    heard = filters.band(tone, 300, 3_400)

    assert np.std(heard) / np.std(tone) == pytest.approx(kept, abs=0.1)


def test_a_slope_is_so_steep_per_octave() -> None:
    gains = [np.std(filters.sloped(_tone(hertz), -6)) for hertz in (1_000, 2_000)]

    assert 20 * np.log10(gains[1] / gains[0]) == pytest.approx(-6, abs=0.3)


def test_convolution_delays_by_the_place_of_a_single_pulse() -> None:
    samples = np.arange(100, dtype=np.float32)
    pulse = np.zeros(30, np.float32)
    pulse[7] = 2

    heard = filters.convolved(samples, pulse)

    np.testing.assert_allclose(heard[7:], 2 * samples[:-7], atol=1e-3)
    assert len(heard) == len(samples)


@given(st.integers(1, 10_000_000))
def test_a_fast_length_holds_all_and_wastes_little(count: int) -> None:
    assert count <= filters.length_for(count) <= max(64, 1.7 * count)
