"""What is asked of a model and what it answered: items, ways of hearing, and trials.

Knows no voices, files or models.
"""

from dataclasses import dataclass
from enum import StrEnum

from tools.practice.speech import RATE, Samples, Word


class Kind(StrEnum):
    """What a set measures."""

    SPOKEN = "spoken"
    """Something is said, and all of it is to be written."""

    CUT = "cut"
    """The sound breaks off at any place: only what was said wholly is to be written."""

    SILENT = "silent"
    """Nobody speaks: nothing is to be written."""

    TIMED = "timed"
    """It is known when each word is said."""


class Way(StrEnum):
    """How a model hears a window."""

    FULL = "30 s"
    """The full context of 30 s, as finals are decoded."""

    SHORT = "short"
    """A context as long as the window and a little silence, as partials are decoded."""

    TIMESTAMPS = "30 s, timestamps"
    """The full context, with Whisper's own times in the text."""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One window and what is to be written."""

    name: str
    """Unlike that of every other item of its set; fit for a file."""

    samples: Samples
    said: str
    """What is to be written; empty where nobody speaks."""

    sentence: str
    """Items with the same one stand and fall together in statistics: the same text was said."""

    voice: str = ""
    words: tuple[Word, ...] = ()
    """What is said and when, of timed items."""

    unfinished: str = ""
    """The word in whose midst the sound breaks off, if it does in one."""

    prompt: str = ""
    """What was said before, given to the decoder as text."""

    @property
    def seconds(self) -> float:
        """How long the window is."""
        return len(self.samples) / RATE


@dataclass(frozen=True, slots=True)
class Heard:
    """What stock Whisper made of an item."""

    text: str
    no_speech: float
    """Probability that nobody speaks."""

    mean_log_probability: float
    words: tuple[Word, ...] = ()
    """With times; only if they were asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """An item and what was heard in it."""

    item: Item
    heard: Heard
