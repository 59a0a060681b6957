"""Count what streaming does to a text: wrong words, words taken back, seconds until a word stands.

Knows words and readings as values; knows nothing of audio, engines or files.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import jiwer

from wsserver.text.stabilizer import normalize

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Errors:
    """Wrong words, out of how many that were to be said; counts of several texts add up."""

    edits: int = 0
    words: int = 0

    @property
    def rate(self) -> float:
        """The word error rate; not a number where nothing was to be said."""
        return self.edits / self.words if self.words else float("nan")

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(self.edits + other.edits, self.words + other.words)


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as it stood before the reader's eyes."""

    at: float
    """Seconds of audio that had come by then."""

    words: Words
    committed: int
    """Words from the start that were shown as standing."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance, from its first reading to its final."""

    start: float
    readings: tuple[Shown, ...]
    final: Shown
    ends: tuple[float, ...]
    """Where each word of the final ends, in seconds of audio."""


@dataclass(frozen=True, slots=True)
class Steadiness:
    """How the readings of one or several utterances behaved."""

    words: int
    """Words of the finals."""

    readings: int
    taken_back: int
    """Words that the next reading did not have in their place."""

    taken_back_committed: int
    committed: int
    """Words that stood as committed when the final came."""

    revised: int
    """Of those, the ones that the final does not have."""

    tentative: int
    """Uncommitted words, summed over all readings."""

    partial: Errors
    """How far the readings are from being a beginning of their final."""

    first_word_s: tuple[float, ...]
    """Audio from the start of an utterance to its first shown word."""

    shown_s: tuple[float, ...]
    """Audio from the end of each word until it was first shown."""

    committed_s: tuple[float, ...]
    """The same until it was committed or final."""


def words_of(text: str) -> Words:
    """Part *text* into the words that are compared."""
    return tuple(word for word in map(normalize, text.split()) if word)


def word_errors(said: Words, heard: Words) -> Errors:
    """Count the least edits that make *heard* of *said*."""
    found = jiwer.process_words(" ".join(said), " ".join(heard))
    return Errors(found.substitutions + found.deletions + found.insertions, len(said))


@dataclass(frozen=True, slots=True)
class Beginning:
    """How *heard* reads as the beginning of what is said in all."""

    errors: Errors
    places: tuple[tuple[int, int], ...]
    """Pairs of places, in what is said and in what is heard, that hold the same word."""


def as_beginning(said: Sequence[str], heard: Sequence[str]) -> Beginning:
    """Fit *heard* to the beginning of *said* that takes the fewest edits.

    Of several such beginnings the shortest is taken, so that no word counts as heard too early.
    """
    costs = _costs(said, heard)
    length = min(range(len(said) + 1), key=lambda place: costs[-1][place])
    return Beginning(Errors(costs[-1][length], length), _matches(costs, said[:length], heard))


def common_places(said: Sequence[str], heard: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Pair the places that hold the same word when *heard* is made of all of *said*."""
    return _matches(_costs(said, heard), said, heard)


def _costs(said: Sequence[str], heard: Sequence[str]) -> list[list[int]]:
    """Give the edit distances of all beginnings: row by words heard, column by words said."""
    costs = [list(range(len(said) + 1))]
    for word in heard:
        above = costs[-1]
        row = [above[0] + 1]
        for place, expected in enumerate(said):
            same = above[place] + (word != expected)
            row.append(min(same, above[place + 1] + 1, row[place] + 1))
        costs.append(row)
    return costs


def _matches(
    costs: list[list[int]], said: Sequence[str], heard: Sequence[str]
) -> tuple[tuple[int, int], ...]:
    places, s, h = [], len(said), len(heard)
    while s and h:
        equal = said[s - 1] == heard[h - 1]
        if costs[h][s] == costs[h - 1][s - 1] + (not equal):
            s, h = s - 1, h - 1
            places += [(s, h)] if equal else []
        elif costs[h][s] == costs[h - 1][s] + 1:
            h -= 1
        else:
            s -= 1
    return tuple(reversed(places))


def steadiness(utterances: Iterable[Spoken]) -> Steadiness:
    """Add up the readings of all *utterances*."""
    all_of_them = list(utterances)
    backs = [_taken_back(one.readings) for one in all_of_them]
    standing = [_standing(one) for one in all_of_them]
    waits = [_waits(one) for one in all_of_them]
    readings = [reading for one in all_of_them for reading in one.readings]
    partials = (
        as_beginning(one.final.words, reading.words).errors
        for one in all_of_them
        for reading in one.readings
    )
    return Steadiness(
        words=sum(len(one.final.words) for one in all_of_them),
        readings=len(readings),
        taken_back=sum(back for back, _ in backs),
        taken_back_committed=sum(back for _, back in backs),
        committed=sum(committed for committed, _ in standing),
        revised=sum(revised for _, revised in standing),
        tentative=sum(len(reading.words) - reading.committed for reading in readings),
        partial=sum(partials, Errors()),
        first_word_s=tuple(wait for one in all_of_them for wait in _first_word(one)),
        shown_s=tuple(shown for wait in waits for shown, _ in wait),
        committed_s=tuple(committed for wait in waits for _, committed in wait),
    )


def _taken_back(readings: Sequence[Shown]) -> tuple[int, int]:
    """Count the words, and the committed ones, that were gone from their place in the next."""
    gone = [
        place < before.committed
        for before, after in pairwise(readings)
        for place, word in enumerate(before.words)
        if after.words[place : place + 1] != (word,)
    ]
    return len(gone), sum(gone)


def _standing(one: Spoken) -> tuple[int, int]:
    """Count the words committed in the last reading, and those that the final revised."""
    if not one.readings:
        return 0, 0
    last = one.readings[-1]
    final = one.final.words
    kept = [heard for _, heard in common_places(final, last.words)]
    return last.committed, last.committed - sum(place < last.committed for place in kept)


def _first_word(one: Spoken) -> list[float]:
    seen = [shown.at for shown in (*one.readings, one.final) if shown.words]
    return [seen[0] - one.start] if seen else []


def _waits(one: Spoken) -> list[tuple[float, float]]:
    """Give for each word of the final how long it took to be shown, and to be committed."""
    shown: dict[int, float] = {}
    committed: dict[int, float] = {}
    for reading in (*one.readings, one.final):
        for said, heard in as_beginning(one.final.words, reading.words).places:
            shown.setdefault(said, reading.at)
            if heard < reading.committed:
                committed.setdefault(said, reading.at)
    return [(shown[place] - end, committed[place] - end) for place, end in enumerate(one.ends)]
