"""Lay utterances out in windows as they come to a recognizer: late, in mid-word, cut off, or none.

Knows frames and words; knows nothing of noise, tokens or models.
"""

from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tools.practice.corpus.store import BANDS, Entry
from tools.practice.speech import FRAMES_PER_SECOND, Mel, Phone, Word
from tools.practice.training.shelves import Library, Rng, Shelf

Power = NDArray[np.float32]
"""Shape (frames, 80): log10 of the mel power, as in `Mel`."""

FLOOR = -10.0
"""Digital silence."""

LEAST_HEARD_S = 0.03
"""A word that lacks no more than this is heard in full."""

_SILENT_SHARE = 0.08
_RECORDED_NOISE_SHARE = 0.5
_SENTENCE_ENDS = (".", "?", "!")
_QUIET_SHARE = 0.02
_LEAD_SHARE = 0.7
_LONGEST_LEAD_S = 1.0
_MIDWAY_SHARE = 0.15
_SAME_VOICE_SHARE = 0.75
_STRETCH_SHARE = 0.3
_TRIES = 12
_SHORTEST_CUT_S = 0.3


class Ending(Enum):
    """How a window ends, and how often."""

    HARD = 0.25
    """In the middle of whatever is said, at the last frame."""

    CUT = 0.4
    """Likewise, but earlier; digital silence fills the rest."""

    WHOLE = 0.35
    """After a whole sentence, in the silence of the room."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be heard in a window; times are seconds from its first frame."""

    power: Power
    words: tuple[Word, ...]
    """Those heard in full."""

    sentences: tuple[int, ...] = ()
    """How many words belong to each sentence."""

    broken: tuple[Word, ...] = ()
    """Words that begin before the window or end after it; their times reach beyond it."""

    before: str = ""
    """What was said of the first sentence before the window begins."""

    end: int = 0
    """The frame that ends the recording; digital silence follows."""

    cut: bool = False
    """Whether the recording ends within a sentence."""


def compose(library: Library, frames: int, rng: Rng) -> Scene:
    """Draw a window of so many frames."""
    if rng.random() < _SILENT_SHARE:
        return Scene(_silence(library, frames, rng), (), end=frames)
    endings = tuple(Ending)
    ending = endings[int(rng.choice(len(endings), p=[ending.value for ending in endings]))]
    end = frames
    if ending is Ending.CUT:
        end = int(rng.uniform(min(_SHORTEST_CUT_S * FRAMES_PER_SECOND, frames), frames))
    canvas = _Canvas(frames, end)
    canvas.fill(library, ending is Ending.WHOLE, rng)
    return canvas.scene()


def _silence(library: Library, frames: int, rng: Rng) -> Power:
    """Give frames in which nobody speaks: nothing, or noise out of a corpus of it."""
    power = np.full((frames, BANDS), FLOOR, np.float32)
    if library.noises and rng.random() < _RECORDED_NOISE_SHARE:
        shelf = library.noises[int(rng.integers(len(library.noises)))]
        _, noise = shelf[shelf.draw(rng)]
        first = int(rng.integers(len(noise)))
        power[:] = np.take(noise, np.arange(first, first + frames), axis=0, mode="wrap")
    return power


class _Canvas:
    """A window that sentences are put into, one after another."""

    def __init__(self, frames: int, end: int) -> None:
        self._power = np.full((frames, BANDS), FLOOR, np.float32)
        self._end = end
        self._at = 0
        self._words: list[Word] = []
        self._sentences: list[int] = []
        self._broken: list[Word] = []
        self._before = ""
        self._cut = False

    def fill(self, library: Library, whole: bool, rng: Rng) -> None:
        """Put sentences in until the window is full, or until it is enough."""
        shelf = library.draw(rng)
        place = self._first(shelf, whole, rng)
        if rng.random() < _LEAD_SHARE:
            lead_s = rng.uniform(0, min(_LONGEST_LEAD_S, self._end / FRAMES_PER_SECOND / 3))
            self._at = int(lead_s * FRAMES_PER_SECOND)
        last_share = min(0.3, 2 * FRAMES_PER_SECOND / self._end)
        while True:
            piece = _stretched(*shelf[place], _tempo(rng))
            if not self._sentences and not self._broken and rng.random() < _MIDWAY_SHARE:
                piece = self._midway(piece, rng)
            fits = self._at + len(piece.power) <= self._end
            if whole and self._sentences and not fits:
                return
            if not self._sentences:
                self._rest(piece, 0, self._at, rng)
            self._put(piece)
            pause = int(_pause_s(rng) * FRAMES_PER_SECOND)
            self._rest(piece, self._at, self._at + pause, rng)
            self._at += pause
            enough = whole and rng.random() < last_share
            if enough or self._at >= self._end:
                return
            same = rng.random() < _SAME_VOICE_SHARE
            place = shelf.draw_like(rng, place) if same else shelf.draw(rng)

    def scene(self) -> Scene:
        """Give what has come together."""
        words, broken = tuple(self._words), tuple(self._broken)
        counts = tuple(self._sentences)
        return Scene(self._power, words, counts, broken, self._before, self._end, self._cut)

    def _first(self, shelf: Shelf, whole: bool, rng: Rng) -> int:
        """Draw the first utterance: one that has room, if it is to be heard *whole*."""
        place = shelf.draw(rng)
        for _ in range(_TRIES):
            if not whole or shelf.corpus.entries[place].frames <= self._end:
                break
            place = shelf.draw(rng)
        return place

    def _midway(self, piece: "_Piece", rng: Rng) -> "_Piece":
        """Begin the window within a sentence, in the pause before a word or in a word."""
        if len(piece.words) < 2:
            return piece
        first = int(rng.integers(1, len(piece.words)))
        start = rng.uniform(piece.words[first - 1].start, piece.words[first].start)
        skipped = [word for word in piece.words if word.start < start - LEAST_HEARD_S]
        self._before = " ".join(word.text for word in skipped)
        return piece.without(int(start * FRAMES_PER_SECOND))

    def _rest(self, piece: "_Piece", first: int, last: int, rng: Rng) -> None:
        """Let the room of *piece* be heard where nothing is said: its quietest frames."""
        last = min(last, self._end)
        if last > first:
            loudness = piece.power.mean(1)
            count = max(2, int(_QUIET_SHARE * len(loudness)))
            quiet = np.argpartition(loudness, min(count, len(loudness) - 1))[:count]
            self._power[first:last] = piece.power[rng.choice(quiet, last - first)]

    def _put(self, piece: "_Piece") -> None:
        last = min(self._end, self._at + len(piece.power))
        self._power[self._at : last] = piece.power[: last - self._at]
        shift, limit = self._at / FRAMES_PER_SECOND, self._end / FRAMES_PER_SECOND
        moved = [_timed(word, 1.0, shift) for word in piece.words]
        count = len(self._words)
        for word in moved:
            early, late = shift - word.start, word.end - limit
            if max(early, late) <= LEAST_HEARD_S:
                self._words.append(word)
            elif word.start < limit:
                self._broken.append(word)
        self._sentences += _sentences(self._words[count:])
        self._cut = bool(moved) and moved[-1].end > limit + LEAST_HEARD_S
        self._at = last


@dataclass(frozen=True, slots=True)
class _Piece:
    power: NDArray[np.floating]
    words: tuple[Word, ...]

    def without(self, frames: int) -> "_Piece":
        """Leave the first *frames* out."""
        shift = -frames / FRAMES_PER_SECOND
        words = tuple(_timed(word, 1.0, shift) for word in self.words)
        return _Piece(self.power[frames:], tuple(w for w in words if w.end > 0))


def _sentences(words: list[Word]) -> list[int]:
    """Count the words of each sentence; what is left of the last one counts as one."""
    ends = [n for n, word in enumerate(words, start=1) if word.text.endswith(_SENTENCE_ENDS)]
    edges = [0, *ends, *([len(words)] if len(words) not in (0, *ends) else [])]
    return [end - start for start, end in pairwise(edges)]


def _stretched(entry: Entry, mel: Mel, tempo: float) -> _Piece:
    """Let an utterance last *tempo* times as long."""
    if tempo == 1.0:
        return _Piece(mel, entry.words)
    places = np.linspace(0, len(mel) - 1, max(2, round(len(mel) * tempo)))
    before = places.astype(int)
    after = np.minimum(before + 1, len(mel) - 1)
    weight = (places - before).astype(np.float32)[:, None]
    power = mel[before] * (1 - weight) + mel[after] * weight
    return _Piece(power, tuple(_timed(word, tempo, 0.0) for word in entry.words))


def _timed(word: Word, factor: float, shift: float) -> Word:
    return replace(
        word,
        start=word.start * factor + shift,
        end=word.end * factor + shift,
        phones=tuple(
            Phone(phone.symbol, phone.start * factor + shift, phone.end * factor + shift)
            for phone in word.phones
        ),
    )


def _tempo(rng: Rng) -> float:
    return float(rng.uniform(0.85, 1.2)) if rng.random() < _STRETCH_SHARE else 1.0


def _pause_s(rng: Rng) -> float:
    """Draw a pause between sentences, 0.1 to 2 s, the short ones more often."""
    return float(0.1 * 20 ** rng.random())
