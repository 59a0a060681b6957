"""Draw from lists with a numpy generator, which gives the same on every machine.

Knows nothing of what is drawn.
"""

from collections.abc import Sequence
from typing import TypeAlias, TypeVar

import numpy as np

Chance: TypeAlias = np.random.Generator
Item = TypeVar("Item")


def pick(items: Sequence[Item], rng: Chance) -> Item:
    """Give one of *items*, each as likely as the others."""
    return items[int(rng.integers(len(items)))]


def happens(likelihood: float, rng: Chance) -> bool:
    """Tell whether something as likely as this happens now."""
    return bool(rng.random() < likelihood)
