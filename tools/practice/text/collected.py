"""Hold the sentences that were written by hand: many for training, some for evaluation alone.

Knows two files; knows nothing of how they are used.
"""

from functools import cache
from pathlib import Path

from tools.practice.text.vocabulary import plain


@cache
def training() -> tuple[str, ...]:
    """Give the sentences that may be trained on; neighbors often belong together."""
    return _lines("sentences.txt")


@cache
def held_out() -> tuple[str, ...]:
    """Give the sentences that are never trained on, those of the product's samples among them."""
    return _lines("held_out.txt")


def is_held_out(sentence: str) -> bool:
    """Tell whether a sentence has the words of one that is held out."""
    return _bare(sentence) in _bare_held_out()


@cache
def _bare_held_out() -> frozenset[tuple[str, ...]]:
    return frozenset(map(_bare, held_out()))


def _bare(sentence: str) -> tuple[str, ...]:
    return tuple(map(plain, sentence.split()))


def _lines(name: str) -> tuple[str, ...]:
    return tuple(Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines())
