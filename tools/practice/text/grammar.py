"""Write sentences from a small grammar that knows no sense, so that every word is heard somewhere.

Knows parts of speech; knows nothing of natural speech.
"""

from tools.practice.chance import Chance, happens, pick
from tools.practice.text.natural import fill
from tools.practice.text.vocabulary import KINDS, WORDS, capitalized

_CAPITAL = {word.lower(): word for words in KINDS.values() for word in words if word[0].isupper()}
_DIGITS = KINDS["digit"]
_LOWER = frozenset(word for words in KINDS.values() for word in words if word.islower())


def words(rng: Chance) -> str:
    """Write a list of words that have nothing to do with each other."""
    drawn = [pick(WORDS, rng) for _ in range(int(rng.integers(1, 9)))]
    return _sentence([word if word in _LOWER else _CAPITAL[word] for word in drawn])


def digits(rng: Chance) -> str:
    """Write digits one by one, as of a telephone number."""
    return _sentence([pick(_DIGITS, rng) for _ in range(int(rng.integers(1, 9)))])


def numbers(rng: Chance) -> str:
    """Write a few larger numbers, alone or of things."""
    things = happens(0.6, rng)
    drawn = [fill("{big} {many}" if things else "{big}", rng) for _ in range(rng.integers(1, 4))]
    return capitalized(", ".join(drawn[:-1]) + " and " * (len(drawn) > 1) + drawn[-1] + ".")


def clause(rng: Chance) -> str:
    """Write a sentence that is grammatical and means nothing."""
    subject, verb = _subject(rng), _verb(rng)
    parts = [subject, verb, _thing(rng)]
    if happens(0.4, rng):
        parts += [pick(KINDS["preposition"], rng), _thing(rng)]
    if happens(0.2, rng):
        parts.append(pick(KINDS["adverb"], rng))
    if happens(0.25, rng):
        parts += [pick(KINDS["conjunction"], rng), _subject(rng), _verb(rng), _thing(rng)]
    return _sentence(parts)


def _subject(rng: Chance) -> str:
    return pick(KINDS["pronoun"], rng) if happens(0.4, rng) else _thing(rng)


def _verb(rng: Chance) -> str:
    if happens(0.5, rng):
        return pick(KINDS["past"], rng)
    return f"{pick(KINDS['modal'], rng)} {pick(KINDS['verb'], rng)}"


def _thing(rng: Chance) -> str:
    if happens(0.1, rng):
        return pick(KINDS["name"] + KINDS["place"], rng)
    if happens(0.3, rng):
        return f"{pick(('the', 'these', 'some', 'all', 'many'), rng)} {pick(KINDS['plural'], rng)}"
    owner = pick((*KINDS["possessive"], "the", "the", "this", "that"), rng)
    quality = f" {pick(KINDS['adjective'], rng)}" if happens(0.4, rng) else ""
    return f"{owner}{quality} {pick(KINDS['noun'], rng)}"


def _sentence(parts: list[str]) -> str:
    return capitalized(" ".join(parts) + ".")
