"""What one person says in a run, and what a session is going to hear of it.

Knows talk, cues and when words are over; knows nothing of engines or servers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from bench.capacity.cues import Cue, Kind, Spurts, cues
from bench.capacity.talk import TALKS
from wsserver.audio.endpointer import DICTATION
from wsserver.speech import SAMPLE_RATE

WORD_SECONDS = 0.4
"""Of voice, to a word: 150 a minute, as people dictate."""

HOP_SECONDS = 0.5
"""The default of `sessions.hop_ms`."""

POOL = 48
"""Scripts that are made; more streams share them, begun at other times."""


@dataclass(frozen=True, slots=True)
class Script:
    """A person's part."""

    cues: Sequence[Cue]
    words: Sequence[float]
    """When each word is over, in seconds; only such as an utterance holds."""


@cache
def script(talk: str, number: int, seconds: float, hop_seconds: float = HOP_SECONDS) -> Script:
    """Give the part of the *number*-th person; the same every time."""
    spurts = TALKS[talk](Random(f"{talk} {number}"), seconds)  # noqa: S311 - no secret
    hop, samples = round(hop_seconds * SAMPLE_RATE), round(seconds * SAMPLE_RATE)
    heard = tuple(cues(spurts, DICTATION, hop, samples))
    return Script(heard, tuple(_within(_words(spurts), heard)))


def _words(spurts: Spurts) -> Iterator[float]:
    spoken, said = 0.0, 0
    for begin, end in spurts:
        length = (end - begin) / SAMPLE_RATE
        while (said + 1) * WORD_SECONDS <= spoken + length:
            said += 1
            yield begin / SAMPLE_RATE + said * WORD_SECONDS - spoken
        spoken += length


def _within(words: Iterator[float], heard: Sequence[Cue]) -> Iterator[float]:
    """Leave out words whose utterance is too short to be one, or is not over in the end."""
    ended = [cue for cue in heard if cue.kind is Kind.ENDED]
    ranges = iter([(cue.start / SAMPLE_RATE, cue.end / SAMPLE_RATE) for cue in ended])
    start, end = next(ranges, (0.0, 0.0))
    for word in words:
        while word > end and (following := next(ranges, None)):
            start, end = following
        if start <= word <= end:
            yield word
