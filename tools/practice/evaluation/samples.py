"""The samples that are shipped, moved about: every start, end and way of recording that counts.

Knows the samples; knows nothing of models.  They have to be heard right to the letter, because the
tests of the product and its first run stand on them.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import soxr

from bench.quality_corpus import own_recordings, read
from tools.practice.evaluation import spoil
from tools.practice.evaluation.trials import Item
from tools.practice.speech import RATE, Samples

OFFSETS_MS = range(0, 501, 37)
TAILS_MS = (0, 400)
_LONGEST_S = 5.0
"""A longer sample holds several sentences."""

_CHANCE = np.random.default_rng(0)


def sentences() -> list[Item]:
    """Give the samples of one sentence."""
    return [item for item in _samples() if item.seconds < _LONGEST_S]


def passages() -> list[Item]:
    """Give the samples of several sentences."""
    return [item for item in _samples() if item.seconds >= _LONGEST_S]


def moved(items: list[Item]) -> list[Item]:
    """Put silence before and behind each sample."""
    return [
        replace(
            item,
            name=f"{item.name}-after-{offset}-before-{tail}",
            samples=np.concatenate([_silence(offset), item.samples, _silence(tail)]),
        )
        for item, offset, tail in product(items, OFFSETS_MS, TAILS_MS)
    ]


def recorded_otherwise(items: list[Item]) -> list[Item]:
    """Give each sample as other equipment would have recorded it."""
    return [
        replace(item, name=f"{item.name}-{name}", samples=samples)
        for item in items
        for name, samples in _variants(item.samples)
    ]


def _variants(samples: Samples) -> Iterator[tuple[str, Samples]]:
    for rate in (8_000, 44_100, 48_000):
        there_and_back = soxr.resample(soxr.resample(samples, RATE, rate), rate, RATE)
        yield f"at-{rate}-Hz", there_and_back[: len(samples)]
    for gain_db in (-20, -10, 6):
        yield f"{gain_db:+}-dB", np.clip(samples * 10 ** (gain_db / 20), -1, 1).astype(np.float32)
    yield "telephone", spoil.telephone(samples, _CHANCE)
    yield "in-eight-bits", (np.round(samples * 127) / 127).astype(np.float32)


def _samples() -> list[Item]:
    return [
        Item(each.path.stem, read(each.path).samples, each.said, each.said)
        for each in own_recordings()
        if each.said
    ]


def _silence(ms: int) -> Samples:
    return np.zeros(ms * RATE // 1000, np.float32)
