"""Know all the words there are, and how they are written.

Knows spelling; knows no grammar.  Numbers are words ("twenty five"): a model as small as this one
hears them better than figures.
"""

from collections.abc import Iterator
from pathlib import Path

PUNCTUATION = ".,?"
"""Stands directly behind a word; there is no other."""


def _read() -> dict[str, tuple[str, ...]]:
    kinds: dict[str, tuple[str, ...]] = {}
    for line in Path(__file__).with_name("words.txt").read_text(encoding="utf-8").splitlines():
        kind, _, words = line.partition(": ")
        kinds[kind] = (*kinds.get(kind, ()), *words.split())
    return kinds


KINDS = _read()
"""Words by their part of speech or form: "noun", "plural", "past"; a word may be in several."""

_ALL = tuple(word for words in KINDS.values() for word in words)

WORDS: tuple[str, ...] = tuple(sorted({word.lower() for word in _ALL}))
"""Every word in lower case, sorted; apostrophes belong to them."""

_LOWER_TOO = frozenset(word for word in _ALL if word.islower())
_CAPITAL = {word.lower(): {word} for word in _ALL if not word.islower()}


def plain(written: str) -> str:
    """Give the bare word in a written one: "hello" in "Hello,"."""
    return written.strip(PUNCTUATION).lower()


def unknown(text: str) -> tuple[str, ...]:
    """Give what a text has beyond the vocabulary: words, marks, or capitals amiss."""
    return tuple(written for written in text.split() if written not in _FORMS)


def capitalized(sentence: str) -> str:
    """Begin a sentence with a capital."""
    return sentence[0].upper() + sentence[1:]


def forms() -> Iterator[str]:
    """Give every word in every way in which it may stand in a text: "hello", "Hello", "hello,"."""
    for word in WORDS:
        bare = {word, capitalized(word)} if word in _LOWER_TOO else set()
        bare |= _CAPITAL.get(word, set())
        for form in sorted(bare):
            yield form
            yield from (form + mark for mark in PUNCTUATION)


_FORMS = frozenset(forms())
