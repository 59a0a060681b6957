"""Make the items of sets: who says what, and how it is spoiled.

Knows voices and texts; knows nothing of which sets there are.
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import cycle
from zlib import crc32

import numpy as np

from tools.practice.chance import Chance
from tools.practice.evaluation import spoil, studio
from tools.practice.evaluation.studio import Cast
from tools.practice.evaluation.trials import Item
from tools.practice.text import collected, writer
from tools.practice.voices.digits import DIGITS

SEED = 2026
SENTENCES = 100
FEWER = 60
"""Sentences where a set is one of many of its kind."""

FEWEST = 30
"""Sentences where each takes long."""


Make = Callable[[Chance], list[Item]]
"""Draws the items of a set."""


def chance_of(name: str) -> Chance:
    """Give the chance that a set of this name is drawn by."""
    return np.random.default_rng([SEED, crc32(name.encode())])


def _texts(chance: Chance) -> list[str]:
    """Draw sentences that training never has."""
    held_out = collected.held_out()
    return [held_out[place] for place in chance.permutation(len(held_out))]


def natural(cast: Cast, count: int = SENTENCES) -> Make:
    """Have held-out sentences said."""
    return lambda chance: studio.windows(_texts(chance)[:count], cast, chance)


@cache
def base() -> tuple[Item, ...]:
    """Give the windows that are spoiled: trained voices, held-out sentences."""
    return tuple(natural(studio.trained("espeak", "flite"))(chance_of("base")))


def spoiled(how: spoil.Spoil, count: int = FEWER) -> Make:
    """Spoil the first of the base."""
    return lambda chance: studio.spoiled(base()[:count], how, chance)


def in_babble(snr_db: float) -> Make:
    """Have others of the base talk at the same time."""

    def make(chance: Chance) -> list[Item]:
        voices = [item.samples for item in base()]
        return studio.spoiled(base()[:FEWER], spoil.in_babble(voices, snr_db), chance)

    return make


def written(*engines: str) -> Make:
    """Have said what is written for training."""

    def make(chance: Chance) -> list[Item]:
        texts = [writer.sentence(chance) for _ in range(SENTENCES)]
        return studio.windows(texts, studio.trained(*engines), chance)

    return make


def digits(*speakers: str) -> Make:
    """Have people say strings of digits."""
    cast = studio.anyone_of(*(f"digits-{name}" for name in speakers))
    return lambda chance: studio.windows(_digit_strings(chance), cast, chance)


def _digit_strings(chance: Chance) -> Iterator[str]:
    for _ in range(SENTENCES):
        said = " ".join(chance.choice(DIGITS, chance.integers(2, 7)))
        yield f"{said.capitalize()}."


def passages(count: int, longest_s: float) -> Make:
    """Have several held-out sentences said in one window, at most so long."""

    def make(chance: Chance) -> list[Item]:
        texts = cycle(_texts(chance))
        return studio.passages(texts, studio.trained("espeak", "flite"), count, longest_s, chance)

    return make


def cut(make: Make) -> Make:
    """Break off what another makes, at any place."""
    return lambda chance: list(studio.cuts(make(chance), chance))
