"""Write what voices say in training: natural sentences mostly, passages, numbers, mere words.

Knows all ways to write; knows nothing of voices.
"""

from collections.abc import Callable, Sequence

import numpy as np

from tools.practice.chance import Chance, happens, pick
from tools.practice.text import collected, grammar, natural
from tools.practice.text.vocabulary import KINDS, PUNCTUATION

_EXCHANGED = ("noun", "adjective", "name", "place", "day", "month", "digit", "plural", "color")
"""Kinds of words of which one may stand for the other, as far as grammar goes."""

_VOWELS = "aeiou"
_MUTE_H = ("hour", "hours")


def _exchanges() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for kind in _EXCHANGED:
        for word in KINDS.get(kind, ()):
            found[word] = KINDS[kind]
    # Words such as "first", "left" or "may" are of several kinds, and stay.
    often = [word for words in KINDS.values() for word in words]
    return {word: others for word, others in found.items() if often.count(word) == 1}


_OTHERS = _exchanges()


def sentence(rng: Chance) -> str:
    """Write one sentence; never one that is held out."""
    while True:
        written = _WAYS[int(np.searchsorted(_BOUNDS, rng.random(), side="right"))](rng)
        if not collected.is_held_out(written):
            return written


def passage(rng: Chance, sentences: int) -> str:
    """Write so many sentences, one after the other."""
    if happens(0.5, rng):
        return _excerpt(rng, sentences)
    return " ".join(sentence(rng) for _ in range(sentences))


def varied(written: str, rng: Chance, changes: int = 1) -> str:
    """Exchange so many words for others of their kind, if there are any that can be."""
    words = written.split()
    places = [place for place, word in enumerate(words) if word.strip(PUNCTUATION) in _OTHERS]
    for place in rng.permutation(places)[:changes].tolist():
        words[place] = _exchanged(words[place], rng)
    return " ".join(words)


def _exchanged(word: str, rng: Chance) -> str:
    bare = word.strip(PUNCTUATION)
    others = [other for other in _OTHERS[bare] if _starts_alike(other, bare)]
    return word.replace(bare, pick(others, rng))


def _starts_alike(one: str, other: str) -> bool:
    """Tell whether "a" or "an" stays right before the one if it was before the other."""
    return _takes_an(one) == _takes_an(other)


def _takes_an(word: str) -> bool:
    return word[0] in _VOWELS or word in _MUTE_H


def _collected(rng: Chance) -> str:
    written = pick(collected.training(), rng)
    return varied(written, rng, int(rng.integers(1, 3))) if happens(0.6, rng) else written


def _excerpt(rng: Chance, sentences: int) -> str:
    lines = collected.training()
    first = int(rng.integers(len(lines) - sentences))
    return " ".join(
        line for line in lines[first : first + sentences] if not collected.is_held_out(line)
    )


Way = Callable[[Chance], str]

MIXTURE: Sequence[tuple[float, Way]] = (
    (0.50, natural.sentence),
    (0.27, _collected),
    (0.08, grammar.clause),
    (0.07, grammar.words),
    (0.04, grammar.numbers),
    (0.04, grammar.digits),
)
"""How often each way is taken."""

_BOUNDS = np.cumsum([share for share, _ in MIXTURE])[:-1]
_WAYS = [way for _, way in MIXTURE]
