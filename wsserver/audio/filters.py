"""Design the low-pass filters that change a sample rate to 16 kHz, one for each rate.

Knows rates and frequencies; knows nothing of streams.

A Kaiser window over a sinc: flat to 7 kHz, 80 dB down from 8 kHz on (at client rates below 16 kHz,
to 7/8 of half that rate and from half that rate on).
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from wsserver.speech import SAMPLE_RATE

STOPBAND_DB = 80
COEFFICIENT_BITS = 24
"""Coefficients are whole multiples of 2**-24, which keeps sums over them exact."""

MOST_PHASES = 640
"""Outputs may fall on this many places between two inputs, as all rates in use need at most
(11,025 Hz the most); for odder rates a coefficient is interpolated between two of them, which is
100 dB from exact."""

_TRANSITION = 1 / 16
"""Width of the slope, in parts of the lower of the two rates."""

_KEPT = 16
"""Filters kept: at most 20 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Filter:
    """The coefficients for one rate."""

    reach: int
    """An output between inputs i and i + 1 needs inputs i - reach + 1 to i + reach."""

    phases: int
    """Places between two inputs that have coefficients of their own."""

    is_exact: bool
    """True if every output falls on one of these places."""

    table: NDArray[np.float64] = field(repr=False)
    """Whole numbers, shape (phases + 1, 2 * reach): those of the last one are of the next input."""


@lru_cache(_KEPT)
def design(sample_rate: int) -> Filter:
    """Give the filter from *sample_rate* to 16 kHz."""
    lower = min(sample_rate, SAMPLE_RATE)
    transition = _TRANSITION * lower / sample_rate
    cutoff = lower / sample_rate / 2 - transition / 2
    # Kaiser's formula for the length; both in cycles an input sample.
    reach = math.ceil((STOPBAND_DB - 7.95) / (2.285 * 2 * math.pi * transition) / 2) + 1
    wanted = SAMPLE_RATE // math.gcd(sample_rate, SAMPLE_RATE)
    phases = min(wanted, MOST_PHASES)
    return Filter(reach, phases, phases == wanted, _table(cutoff, reach, phases))


def _table(cutoff: float, reach: int, phases: int) -> NDArray[np.float64]:
    offsets = np.arange(1 - reach, reach + 1) - np.arange(phases + 1)[:, None] / phases
    beta = 0.1102 * (STOPBAND_DB - 8.7)
    inside = np.sqrt(np.clip(1 - (offsets / reach) ** 2, 0, None))
    coefficients = np.sinc(2 * cutoff * offsets) * np.i0(beta * inside)
    # Each phase passes a constant as it is, else a phase would be heard as a tone.
    coefficients /= coefficients.sum(axis=1, keepdims=True)
    table: NDArray[np.float64] = np.rint(coefficients * 2**COEFFICIENT_BITS)
    table.flags.writeable = False
    return table
