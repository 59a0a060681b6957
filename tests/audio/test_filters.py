import numpy as np
import pytest
from numpy.typing import NDArray

from wsserver.audio.filters import COEFFICIENT_BITS, Filter, design
from wsserver.audio.resampler import SAMPLE_BITS

RATES = [8_000, 11_025, 12_345, 22_050, 24_000, 32_000, 44_100, 47_999, 48_000]
PASSBAND = 7 / 8


def gains(sample_rate: int, hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure the filter as a whole, at a rate of *phases* times the client's."""
    taps = design(sample_rate)
    offsets = np.arange(1 - taps.reach, taps.reach + 1)
    places = np.arange(taps.phases)[:, None] / taps.phases
    seconds = (offsets - places) / sample_rate
    weights = taps.table[:-1] / 2**COEFFICIENT_BITS / taps.phases
    return np.array([abs((weights * np.exp(2j * np.pi * f * seconds)).sum()) for f in hertz])


@pytest.mark.parametrize("sample_rate", RATES)
def test_what_is_passed_is_passed_evenly(sample_rate: int) -> None:
    nyquist = min(sample_rate, 16_000) / 2

    passed = gains(sample_rate, np.linspace(0, PASSBAND * nyquist, 50))

    assert np.abs(20 * np.log10(passed)).max() < 0.01


@pytest.mark.parametrize("sample_rate", RATES)
def test_what_would_be_heard_as_another_tone_is_held_back(sample_rate: int) -> None:
    nyquist = min(sample_rate, 16_000) / 2
    highest = sample_rate * design(sample_rate).phases / 2

    held_back = gains(sample_rate, np.linspace(nyquist, min(highest, 8 * sample_rate), 400))

    assert 20 * np.log10(held_back.max() + 1e-12) < -79


@pytest.mark.parametrize("sample_rate", RATES)
def test_no_sum_is_ever_rounded(sample_rate: int) -> None:
    table = design(sample_rate).table

    assert (table == np.rint(table)).all()
    assert np.abs(table).sum(axis=1).max() * 2**SAMPLE_BITS < 2**53


@pytest.mark.parametrize("sample_rate", RATES)
def test_a_constant_stays_as_it_is(sample_rate: int) -> None:
    sums = design(sample_rate).table.sum(axis=1) / 2**COEFFICIENT_BITS

    assert np.abs(sums - 1).max() < 1e-5


@pytest.mark.parametrize("sample_rate", RATES)
def test_the_last_place_is_the_first_of_the_next_input(sample_rate: int) -> None:
    table = design(sample_rate).table

    assert np.abs(table[-1][1:] - table[0][:-1]).max() <= 2**10
    assert table[-1][0] <= 2**10


def test_no_rate_takes_much_memory() -> None:
    sizes = [design(sample_rate).table.nbytes for sample_rate in (8_001, 44_099, 47_999)]

    assert max(sizes) < 1_300_000


def test_a_filter_is_kept() -> None:
    first: Filter = design(44_100)

    assert design(44_100) is first
