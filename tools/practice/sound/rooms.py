"""Let speech sound in a room, and through a microphone of one's own color.

Knows how sound dies away; knows no measured rooms.
"""

import numpy as np

from tools.practice.chance import Chance
from tools.practice.sound import filters
from tools.practice.speech import RATE, Samples

_REVERBERATION_S = (0.1, 0.7)
"""Time in which a room's sound falls by 60 dB (RT60): from a car to a large hall."""

_FIRST_REFLECTION_S = (0.002, 0.03)
_TILT_DB = 6.0


def reverberated(samples: Samples, rng: Chance) -> Samples:
    """Put the speaker into a room; the direct sound keeps its time."""
    response = room(rng.uniform(*_REVERBERATION_S), rng)
    return filters.convolved(samples, response)


def room(rt60_s: float, rng: Chance) -> Samples:
    """Make a room's response: direct sound, a few reflections, and noise that dies away."""
    count = round(rt60_s * RATE)
    response = rng.standard_normal(count).astype(np.float32)
    response *= 10 ** (-3 * np.linspace(0, 1, count, dtype=np.float32))
    # High tones die sooner in air and curtains.
    tail = filters.sloped(response, rng.uniform(-4, -1))
    tail[: round(_FIRST_REFLECTION_S[0] * RATE)] = 0
    direct_to_rest = 10 ** (rng.uniform(-3, 12) / 20)
    tail /= direct_to_rest * max(1e-9, float(np.linalg.norm(tail)))
    for at in rng.uniform(*_FIRST_REFLECTION_S, size=int(rng.integers(1, 7))):
        tail[round(at * RATE)] += rng.uniform(-0.5, 0.5)
    tail[0] = 1
    return tail


def through_microphone(samples: Samples, rng: Chance) -> Samples:
    """Color the sound as a microphone does: a slope, bumps and dips, less bass."""
    hertz = np.linspace(0, RATE / 2, 257)
    bends = rng.normal(0, 3, size=8)
    curve_db = np.interp(hertz, np.geomspace(80, RATE / 2, 8), bends)
    curve_db += rng.uniform(-_TILT_DB, _TILT_DB) * hertz / (RATE / 2)
    curve_db -= 12 * np.maximum(0, 1 - hertz / rng.uniform(30, 300))
    return filters.weighted(samples, (10 ** (curve_db / 20)).astype(np.float32))
