"""Say what a model should make of a window: tokens, and where in the sound each belongs.

Knows words and tokens; knows nothing of sound or tensors.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tools.practice.speech import Word
from tools.practice.training.shelves import Library, Rng
from tools.practice.training.tokens import Tokens
from tools.practice.training.windows import Scene

IGNORED = -100
"""The label of what is not learned, as in torch."""

POSITIONS_PER_SECOND = 50

_NOWHERE = (math.nan, math.nan)
_TIMESTAMPS_SHARE = 0.25
_PROMPT_SHARE = 0.1
_REAL_PROMPT_SHARE = 0.5
_BLANK_SHARE = 0.25
_TOLERANCE_S = 0.06
_PAUSE_S = 0.4
_LONG_S = 20.0
"""From here on a sentence cut off gets its first timestamp alone, as in Whisper's training: who
transcribes a long recording goes on from there."""


@dataclass(slots=True)
class Line:
    """What the decoder reads and should say next at each place."""

    inputs: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)
    """Where it should look for that, in seconds; NaN where it may look anywhere."""

    def say(
        self, token: int, span: tuple[float, float] = _NOWHERE, label: int | None = None
    ) -> None:
        """Add a token, to be predicted (or *label*, if given) while looking at *span*."""
        if self.inputs:
            self.labels.append(token if label is None else label)
            self.spans.append(span)
        self.inputs.append(token)

    def close(self, end: int, span: tuple[float, float]) -> "Line":
        """End the text: the last token is predicted and read by nobody."""
        self.labels.append(end)
        self.spans.append(span)
        return self


def line(scene: Scene, library: Library, rng: Rng) -> Line:
    """Write down what is said in a window, with or without prompt and timestamps."""
    tokens = library.tokens
    text = Line()
    for place, token in enumerate(_prompt(scene, library, rng)):
        text.say(token, label=IGNORED if place else None)
    text.say(tokens.start, label=IGNORED)
    silent = not scene.words and not scene.broken
    timed = rng.random() < _TIMESTAMPS_SHARE
    first = tokens.timestamp(0) if timed else tokens.no_timestamps
    if not scene.words:
        text.say(first, label=tokens.no_speech if silent else first)
        # Decoding forbids to end at once without timestamps; then this is the next best.
        if not timed and rng.random() < _BLANK_SHARE:
            text.say(tokens.blank)
    elif timed:
        _segments(text, scene, tokens)
    else:
        text.say(first)
        for word in scene.words:
            _word(text, word, tokens)
    return text.close(tokens.end, _end_span(scene))


def _prompt(scene: Scene, library: Library, rng: Rng) -> list[int]:
    """Give the text before: what was really said, or anything; mostly nothing."""
    tokens = library.tokens
    if scene.before and rng.random() < _REAL_PROMPT_SHARE:
        words = scene.before.split()
    elif rng.random() < _PROMPT_SHARE:
        shelf = library.draw(rng)
        words = [word.text for word in shelf.corpus.entries[shelf.draw(rng)].words]
    else:
        return []
    return [tokens.previous, *(token for word in words for token in tokens.write(word))]


def _segments(text: Line, scene: Scene, tokens: Tokens) -> None:
    first = 0
    for place, count in enumerate(scene.sentences):
        words = scene.words[first : first + count]
        first += count
        start = 0.0 if place == 0 else words[0].start
        text.say(tokens.timestamp(start), _around(words[0].start))
        last = place == len(scene.sentences) - 1
        if place and last and scene.cut and len(scene.power) > _LONG_S * 100:
            return
        for word in words:
            _word(text, word, tokens)
        text.say(tokens.timestamp(words[-1].end), _around(words[-1].end))


def _word(text: Line, word: Word, tokens: Tokens) -> None:
    sounding = (word.start - _TOLERANCE_S, word.end + _TOLERANCE_S)
    after = (word.end - _TOLERANCE_S, word.end + _PAUSE_S)
    for token in tokens.write(word.text):
        text.say(token, after if token in tokens.stops else sounding)


def _around(at: float) -> tuple[float, float]:
    return (at - 0.2, at + 0.2)


def _end_span(scene: Scene) -> tuple[float, float]:
    """Look behind the last word; at what is left of the one cut off, if there is one."""
    if not scene.words:
        return _NOWHERE
    last = scene.words[-1].end
    until = scene.end / 100 if scene.cut else last
    return (last - _TOLERANCE_S, until + _PAUSE_S)


@dataclass(frozen=True, slots=True)
class Sounds:
    """What the encoder should hear at each position, 0 where it is nothing."""

    phones: NDArray[np.int64]
    words: NDArray[np.int64]
    """The word that sounds; none where it is not heard in full."""

    sequence: tuple[int, ...]
    """The phones heard, in order."""


def sounds(scene: Scene, library: Library) -> Sounds:
    """Label the positions of a window."""
    positions = len(scene.power) // 2
    limit = scene.end / 100
    phones, words = np.zeros((2, positions), np.int64)
    sequence = []
    for word in sorted((*scene.words, *scene.broken), key=lambda word: word.start):
        for phone in word.phones:
            if 0 <= (phone.start + phone.end) / 2 < limit:
                number = library.phones[phone.symbol]
                sequence.append(number)
                phones[_positions(phone.start, min(limit, phone.end))] = number
    for word in scene.words:
        words[_positions(word.start, word.end)] = library.word(word.text)
    return Sounds(phones, words, tuple(sequence))


def _positions(start: float, end: float) -> slice:
    first, last = max(0.0, start), max(0.0, end)
    return slice(round(first * POSITIONS_PER_SECOND), round(last * POSITIONS_PER_SECOND))
