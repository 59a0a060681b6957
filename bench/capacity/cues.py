"""What a session hears of somebody's talk, and when: utterances that begin, grow, pause and end.

Knows the product's endpointer and talk as stretches of voice; knows no audio, engine or server.
Positions are samples at 16 kHz since the session began, as everywhere in the pure rooms.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import chain

import numpy as np

from wsserver.audio.endpointer import Endpointer, Endpointing, Verdict
from wsserver.audio.valley import SMOOTHED_FRAMES, deepest
from wsserver.speech import SAMPLE_RATE

FRAME = 512
"""Samples that the voice model judges at a time."""

CHUNK = SAMPLE_RATE // 10
"""Samples that a client sends at a time."""

Spurts = Sequence[tuple[int, int]]
"""Where voice begins and ends, in order."""


class Kind(Enum):
    """What becomes of an utterance."""

    BEGAN = auto()
    GREW = auto()
    """By a hop: a partial is due."""

    PAUSED = auto()
    """Unless voice comes back, it ends exactly there."""

    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Cue:
    """Something to be heard, once the audio has come to a position."""

    at: int
    kind: Kind
    start: int
    """Where the utterance starts, its padding included."""

    end: int


def cues(spurts: Spurts, knobs: Endpointing, hop: int, samples: int) -> Iterator[Cue]:
    """Give what so many *samples* of talk lead to, with a partial every *hop*."""
    ear = _Ear(spurts, knobs)
    asked, paused_at = 0, -1
    for now in range(CHUNK, samples + 1, CHUNK):
        for kind, start, end in ear.hear(now):
            yield Cue(now, kind, start, end)
            asked, paused_at = 0, -1
        if not ear.endpointer.is_confirmed:
            continue
        start, end = ear.endpointer.start, min(ear.endpointer.end, now)
        if ear.endpointer.is_trailing and ear.endpointer.end <= now:
            if end != paused_at:
                paused_at = end
                yield Cue(now, Kind.PAUSED, start, end)
        elif end - max(asked, start) >= hop:
            asked = end
            yield Cue(now, Kind.GREW, start, end)


class _Ear:
    """A segmenter whose voice model is never in doubt."""

    def __init__(self, spurts: Spurts, knobs: Endpointing) -> None:
        self._edges = list(chain.from_iterable(spurts))
        self._knobs = knobs
        self._voices: list[float] = []
        self.endpointer = Endpointer(knobs, 0)

    def hear(self, until: int) -> Iterator[tuple[Kind, int, int]]:
        """Listen up to a position; give the utterances that began and ended, as start and end."""
        while (at := self.endpointer.position) + FRAME <= until:
            voice = float(bisect_right(self._edges, at + FRAME // 2) % 2)
            endpointer, was_confirmed = self.endpointer, self.endpointer.is_confirmed
            verdict = endpointer.hear(voice, FRAME)
            self._voices.append(voice)
            if endpointer.is_confirmed and not was_confirmed:
                yield Kind.BEGAN, endpointer.start, endpointer.start
            if verdict is not Verdict.GO_ON:
                yield from self._cut(verdict)

    def _cut(self, verdict: Verdict) -> Iterator[tuple[Kind, int, int]]:
        endpointer, is_forced = self.endpointer, verdict is Verdict.OVERLONG
        if verdict is Verdict.QUIET:
            cut = endpointer.past
        else:
            cut = self._valley() if is_forced else endpointer.end
            yield Kind.ENDED, endpointer.start, cut
        self.endpointer = Endpointer(self._knobs, cut, in_speech=is_forced)
        self._voices.clear()

    def _valley(self) -> int:
        wanted = self._knobs.valley_ms * SAMPLE_RATE // 1_000 // FRAME
        recent = self._voices[-max(wanted, SMOOTHED_FRAMES) :]
        begin = self.endpointer.position - len(recent) * FRAME
        found = deepest(recent, np.zeros((len(recent), 1), np.float32), 0.5)
        return begin + found * FRAME + FRAME // 2
