"""Turn what an engine gave into an utterance: words with their phones, at 16 kHz, trimmed.

Knows sounds and times; knows no engine.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import soxr

from tools.practice.speech import RATE, Phone, Samples, Utterance, Word
from tools.practice.voices.voice import NothingSaid

_LEAD_S = 0.03
_TAIL_S = 0.05
_FADE_S = 0.005
_FAINT = 1e-3
"""Peaks below are no speech of any engine."""


@dataclass(frozen=True, slots=True)
class Take:
    """An engine's sound at its own rate, and the words in it."""

    samples: Samples
    rate: int
    words: tuple[Word, ...]

    def utterance(self, voice: str, size: float = 1.0) -> Utterance:
        """Trim, resample and shape the edges; a *size* above 1 stretches all by it.

        Raises `NothingSaid` if there is nothing to hear.
        """
        if not self.words or np.max(np.abs(self.samples), initial=0) < _FAINT:
            raise NothingSaid(f"{voice} gave no sound")
        start = max(0.0, self.words[0].start - _LEAD_S)
        end = min(len(self.samples) / self.rate, self.words[-1].end + _TAIL_S)
        cut = self.samples[round(start * self.rate) : round(end * self.rate)]
        sound = soxr.resample(cut, self.rate / size, RATE, quality="HQ")
        words = tuple(_moved(word, start, size) for word in self.words)
        return Utterance(_faded(sound), words, voice)


def align(
    texts: Sequence[str], starts: Sequence[float | None], phones: Sequence[Phone]
) -> tuple[Word, ...]:
    """Deal *phones* out to words by where these start.

    An engine may run words together ("of the"): the starts of the later ones are None, and they
    share the phones by their numbers of letters.  Raises `NothingSaid` if a word gets no phone.
    """
    heads = [place for place, start in enumerate(starts) if start is not None or place == 0]
    times = [-math.inf, *(start for start in starts[1:] if start is not None), math.inf]
    groups: list[list[Phone]] = []
    for (first, last), (begin, end) in zip(
        pairwise([*heads, len(texts)]), pairwise(times), strict=True
    ):
        mine = [phone for phone in phones if begin <= phone.start < end]
        groups += _dealt(mine, texts[first:last])
    return tuple(_word(text, group) for text, group in zip(texts, groups, strict=True))


def _dealt(phones: list[Phone], texts: Sequence[str]) -> list[list[Phone]]:
    ends = np.cumsum([len(text) for text in texts])
    edges = [0, *np.round(ends / ends[-1] * len(phones)).astype(int)]
    return [phones[begin:end] for begin, end in pairwise(edges)]


def _word(text: str, phones: list[Phone]) -> Word:
    if not phones:
        raise NothingSaid(f"no sound belongs to {text!r}")
    return Word(text, phones[0].start, phones[-1].end, tuple(phones))


def _moved(word: Word, start: float, size: float) -> Word:
    phones = tuple(
        replace(phone, start=(phone.start - start) * size, end=(phone.end - start) * size)
        for phone in word.phones
    )
    return Word(word.text, (word.start - start) * size, (word.end - start) * size, phones)


def _faded(sound: Samples) -> Samples:
    length = min(round(_FADE_S * RATE), len(sound) // 2)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    sound = np.array(sound, np.float32)
    sound[:length] *= ramp
    sound[len(sound) - length :] *= ramp[::-1]
    return sound
