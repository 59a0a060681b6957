"""The few of Whisper's tokens that a closed vocabulary needs, numbered from 0 without gaps.

Knows the stock tokenizer; knows nothing of audio or models.
"""

import string
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from whisper.tokenizer import get_tokenizer

STOCK_COUNT = 51_864
"""Tokens of the English models."""

SECONDS_PER_TIMESTAMP = 0.02
_LAST_TIMESTAMP = 1500
_STOPS = ("", ".", ",", "?", "!")

Ids = tuple[int, ...]


@lru_cache(maxsize=1)
def _stock() -> Any:
    return get_tokenizer(multilingual=False)


@lru_cache(maxsize=100_000)
def spell(written: str) -> Ids:
    """Give the stock tokens of a word in a text: with the space before it."""
    return tuple(_stock().encode(" " + written))


def plain(written: str) -> str:
    """Give the word in "Hello,": lower case, no punctuation."""
    return written.lower().strip(string.punctuation)


@dataclass(frozen=True)
class Tokens:
    """The tokens in use.  All others together are one class: see `losses.with_unused`."""

    used: Ids
    """Stock ids, ascending; a token's place here is its small id."""

    @classmethod
    def of(cls, words: Iterable[str]) -> "Tokens":
        """Collect what it takes to write *words*, small or capital, before any punctuation."""
        stock = _stock()
        used = {stock.sot, stock.eot, stock.sot_prev, stock.no_speech, stock.no_timestamps}
        used |= {stock.timestamp_begin + step for step in range(_LAST_TIMESTAMP + 1)}
        used |= set(stock.encode("\n"))
        for word in {form for written in words for form in _forms(written)}:
            used |= {token for stop in _STOPS for token in spell(word + stop)}
        return cls(tuple(sorted(used)))

    @cached_property
    def small(self) -> dict[int, int]:
        """Map stock ids to small ones."""
        return {token: place for place, token in enumerate(self.used)}

    @property
    def unused_count(self) -> int:
        """How many tokens nobody ever says."""
        return STOCK_COUNT - len(self.used)

    def write(self, word: str) -> Ids:
        """Give a word's small ids; raises `KeyError` if it takes tokens that are not in use."""
        return tuple(self.small[token] for token in spell(word))

    def timestamp(self, seconds: float) -> int:
        """Give the small id of the timestamp nearest to *seconds*, 0 to 30."""
        step = min(_LAST_TIMESTAMP, max(0, round(seconds / SECONDS_PER_TIMESTAMP)))
        return self.small[_stock().timestamp_begin + step]

    @cached_property
    def start(self) -> int:
        """The start of the transcript."""
        return self.small[_stock().sot]

    @cached_property
    def end(self) -> int:
        """The end of the text."""
        return self.small[_stock().eot]

    @cached_property
    def previous(self) -> int:
        """What a prompt begins with."""
        return self.small[_stock().sot_prev]

    @cached_property
    def no_speech(self) -> int:
        """What is predicted at the start if there is nothing to transcribe."""
        return self.small[_stock().no_speech]

    @cached_property
    def no_timestamps(self) -> int:
        """What announces a text without timestamps."""
        return self.small[_stock().no_timestamps]

    @cached_property
    def blank(self) -> int:
        """A line break: a text that says nothing, where decoding forbids to end at once."""
        return self.small[_stock().encode("\n")[0]]

    @cached_property
    def stops(self) -> frozenset[int]:
        """The punctuation, which has no sound of its own."""
        stops = {token for stop in _STOPS if stop for token in _stock().encode(stop)}
        return frozenset(self.small[token] for token in stops if token in self.small)


def _forms(written: str) -> set[str]:
    word = written.strip(string.punctuation)
    return {written, word, word.lower(), word[:1].upper() + word[1:]} - {""}
