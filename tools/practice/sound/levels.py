"""Set how loud a sound is, and mix sounds at levels that lie so far apart.

Knows samples; knows nothing of what they are.
"""

import numpy as np

from tools.practice.chance import Chance
from tools.practice.speech import Samples

_CHOICE_OF_CLIPPING_DB = (1.0, 10.0)


def loudness_db(samples: Samples) -> float:
    """Give the root mean square below full scale; silence is -120."""
    return float(20 * np.log10(max(1e-6, np.sqrt(np.mean(np.square(samples))))))


def at_level(samples: Samples, level_db: float) -> Samples:
    """Scale to a root mean square below full scale; silence stays silent."""
    return scaled(samples, level_db - loudness_db(samples)) if np.any(samples) else samples


def scaled(samples: Samples, gain_db: float) -> Samples:
    """Make it louder by so much."""
    return samples * np.float32(10 ** (gain_db / 20))


def with_noise(speech: Samples, noise: Samples, ratio_db: float) -> Samples:
    """Add noise of the same length that is so much fainter than the speech."""
    return speech + at_level(noise, loudness_db(speech) - ratio_db)


def clipped(samples: Samples, rng: Chance) -> Samples:
    """Cut off the peaks, as a microphone that is too loud does, and keep the level."""
    over_db = rng.uniform(*_CHOICE_OF_CLIPPING_DB)
    limit = np.max(np.abs(samples), initial=0) * 10 ** (-over_db / 20)
    return at_level(np.clip(samples, -limit, limit), loudness_db(samples))


def limited(samples: Samples) -> Samples:
    """Keep within full scale, making it fainter only if it is beyond."""
    return samples / np.float32(max(1.0, np.max(np.abs(samples), initial=0)))
