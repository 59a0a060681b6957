"""How late each word came, and which ones never did.

Knows what was said, sent and read, all on one clock; knows nothing of sockets or servers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.peers.speech import Speech
from bench.quality_words import as_beginning, common_places, words_of

FORESIGHT_S = 0.5
"""A word that is shown so long before its end may have been guessed; earlier, it is another one."""


@dataclass(frozen=True, slots=True)
class Read:
    """A message that changed the text, as it then read in all."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Course:
    """What happened in one session."""

    speech: Speech
    began: float
    """When the first sample was spoken."""

    stopped: float
    """When the last one was, and the server was told so."""

    over: float | None
    """When the server said that all is done, or closed; None if it never did."""

    reads: tuple[Read, ...]


@dataclass(frozen=True, slots=True)
class Delays:
    """What the speakers of a run waited for, in seconds, and what they lost."""

    words: tuple[float, ...]
    """From a word's last sample to the first message that holds it; lost words have none."""

    last_words: tuple[float, ...]
    """From the stop to the last word of each session that got it."""

    overs: tuple[float, ...]
    """From the stop until the server said that all is done."""

    said: int
    """Words that were spoken."""

    missing: int
    """Words that are in nothing that came, misheard or lost."""

    cut_off: int
    """Of those, the ones after the last word that came."""


def delays(courses: Iterable[Course]) -> Delays:
    """Add up all sessions of a run."""
    words: list[float] = []
    last_words: list[float] = []
    overs: list[float] = []
    said = missing = cut_off = 0
    for course in courses:
        first = _first_held(course)
        words += [first[place] - _ends(course)[place] for place in first]
        final = _final_places(course)
        said += len(course.speech.words)
        missing += len(course.speech.words) - len(final)
        cut_off += len(course.speech.words) - 1 - max(final, default=-1)
        last = first.get(len(course.speech.words) - 1)
        last_words += [] if last is None else [max(0.0, last - course.stopped)]
        overs += [] if course.over is None else [course.over - course.stopped]
    return Delays(tuple(words), tuple(last_words), tuple(overs), said, missing, cut_off)


def _ends(course: Course) -> Sequence[float]:
    return [course.began + end for end in course.speech.ends]


def _first_held(course: Course) -> dict[int, float]:
    """Give for each spoken word that was ever held when it first was."""
    words, ends = course.speech.words, _ends(course)
    first: dict[int, float] = {}
    for read in course.reads:
        spoken = sum(end <= read.at + FORESIGHT_S for end in ends)
        for place, _ in as_beginning(words[:spoken], words_of(read.text)).places:
            first.setdefault(place, read.at)
    return first


def _final_places(course: Course) -> list[int]:
    """Give the places of the spoken words that the last text holds."""
    text = course.reads[-1].text if course.reads else ""
    return [place for place, _ in common_places(course.speech.words, words_of(text))]
