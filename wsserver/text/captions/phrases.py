"""Say how well a line could end between two words, without a parser.

Knows the small words of some languages and the punctuation of all; knows nothing of lines.

What is asked for is the same everywhere: Netflix, "Line Treatment" (after punctuation, before
conjunctions and prepositions; not between article, adjective and noun, first and last name,
subject pronoun, auxiliary or negation and verb) and BBC 3.4, "Break at natural points".
"""

import re
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cache

from wsserver.text.captions.small_words import SMALL_WORDS
from wsserver.text.captions.tokens import Token, is_letter_a_word


class Joint(StrEnum):
    """What is between two tokens; the better a line ends there, the earlier it stands."""

    SENTENCE = auto()
    CLAUSE = auto()
    CONJUNCTION = auto()
    PREPOSITION = auto()
    PLAIN = auto()
    CHARACTER = auto()
    """Two characters of a script without spaces: maybe in the midst of a word."""

    PRONOUN = auto()
    NAME = auto()
    """Two words with capitals, or a number and what is counted."""

    BOUND = auto()
    """A word that leads to the next one, as an article does."""

    WORD = auto()
    """In the midst of a word that is longer than a line."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """Small words of a language, in lower case."""

    conjunctions: frozenset[str] = frozenset()
    prepositions: frozenset[str] = frozenset()
    modifiers: frozenset[str] = frozenset()
    """Articles, possessives, common adjectives, auxiliaries and negations: what follows belongs to
    them."""

    pronouns: frozenset[str] = frozenset()
    """Subjects; but some are objects as well, behind which a phrase may begin."""


_SENTENCE_END = re.compile(
    "[.!?\u2026\u3002\uff01\uff1f\uff61\u061f\u06d4\u0964\u0965\u1362\u104b][\\W_]*$"
)
_CLAUSE_END = re.compile(
    "[,;:\u2013\u2014)\\]}\uff0c\u3001\uff1b\uff1a\u060c\u061b\u1363\u104a\uff09\u300d\u300f\u3011]"
    "[\\W_]*$"
)
_CLAUSE_START = re.compile("[(\\[{\u2013\u2014\uff08\u300c\u300e\u3010]")
_INITIALS = re.compile(r"(\w\.)+$")
_TITLES = frozenset({"dhr", "dr", "m", "mevr", "mme", "mr", "mrs", "ms", "prof", "sr", "sra", "st"})
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_KANA = re.compile("[\u3041-\u309f]")


@cache
def phrases(language: str | None) -> Phrases:
    """Give the small words of *language*, an ISO 639-1 code; none for one that is not known."""
    columns = SMALL_WORDS.get(language or "", ("",) * 4)
    return Phrases(*(frozenset(column.split()) for column in columns))


def joint(left: Token, right: Token, known: Phrases) -> Joint:
    """Tell what is between two neighbors."""
    before, after = left.text.strip(), right.text.strip()
    word, following = _bare(before), _bare(after)
    if _SENTENCE_END.search(before) and not _is_abbreviation(before, word, after, known):
        return Joint.SENTENCE
    if _CLAUSE_END.search(before) or _CLAUSE_START.match(after):
        return Joint.CLAUSE
    if not right.is_spaced:
        return _unspaced(before[-1], after[0])
    return _spaced(word, following, known) or _capitals(before, after)


def _spaced(word: str, following: str, known: Phrases) -> Joint | None:
    if word in known.conjunctions or word in known.prepositions or word in known.modifiers:
        return Joint.BOUND
    if following in known.conjunctions:
        return Joint.CONJUNCTION
    if following in known.prepositions:
        return Joint.PREPOSITION
    return Joint.PRONOUN if word in known.pronouns else None


def _capitals(before: str, after: str) -> Joint:
    is_name = before[:1].isupper() and after[:1].isupper()
    is_count = before[-1:].isdigit()
    return Joint.NAME if is_name or is_count else Joint.PLAIN


def _unspaced(before: str, after: str) -> Joint:
    """In Japanese a word often ends with kana, and hardly ever before them."""
    if not (is_letter_a_word(before) or is_letter_a_word(after)):
        return Joint.WORD
    return Joint.PLAIN if _KANA.match(before) and not _KANA.match(after) else Joint.CHARACTER


def _is_abbreviation(before: str, word: str, after: str, known: Phrases) -> bool:
    """Tell "J. S. Bach" and "Dr. Smith" from the end of a sentence."""
    if not before.endswith("."):
        return False
    is_short = bool(_INITIALS.fullmatch(before)) and word not in known.pronouns
    return is_short or word in _TITLES or after[:1].islower()


def _bare(text: str) -> str:
    return _EDGES.sub("", text).lower().replace("\u2019", "'")
