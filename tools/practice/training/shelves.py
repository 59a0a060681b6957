"""All corpora of a training: who said what, and one to draw from them.

Knows corpora and their words; knows nothing of windows or models.
"""

import gc
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tools.practice.corpus import store
from tools.practice.corpus.store import Corpus, Entry
from tools.practice.speech import Mel
from tools.practice.training.tokens import Tokens, plain
from wsserver.errors import OperatorError

Rng = np.random.Generator


class NoCorpus(OperatorError):
    """There is nothing to train on."""

    code = "no_corpus"


@dataclass(frozen=True)
class Shelf:
    """One corpus, its utterances by voice."""

    corpus: Corpus
    voices: tuple[tuple[int, ...], ...]
    """Of each voice, which entries are its own; a voice is somebody in one recording."""

    voice_of: tuple[int, ...]

    @classmethod
    def of(cls, corpus: Corpus) -> "Shelf":
        """Sort a corpus by voice."""
        by_voice: dict[str, list[int]] = defaultdict(list)
        for place, entry in enumerate(corpus.entries):
            by_voice[entry.voice].append(place)
        numbers = {voice: number for number, voice in enumerate(by_voice)}
        return cls(
            corpus,
            tuple(map(tuple, by_voice.values())),
            tuple(numbers[entry.voice] for entry in corpus.entries),
        )

    def draw(self, rng: Rng) -> int:
        """Draw any utterance."""
        return int(rng.integers(len(self.corpus.entries)))

    def draw_like(self, rng: Rng, place: int) -> int:
        """Draw an utterance of the voice that said the one at *place*."""
        own = self.voices[self.voice_of[place]]
        return own[int(rng.integers(len(own)))]

    def __getitem__(self, place: int) -> tuple[Entry, Mel]:
        """Give an utterance and its frames."""
        entry = self.corpus.entries[place]
        return entry, self.corpus.frames(entry)


@dataclass(frozen=True)
class Library:
    """Shelves of speech, and how often each is drawn from; and shelves of noise."""

    shelves: tuple[Shelf, ...]
    shares: tuple[float, ...]
    noises: tuple[Shelf, ...]
    """Corpora in which nobody says anything."""

    tokens: Tokens
    words: dict[str, int] = field(repr=False)
    """Numbers of the plain words, from 1; 0 is no word."""

    phones: dict[str, int] = field(repr=False)
    """Numbers of the phones, from 1; 0 is no phone."""

    @classmethod
    def of(cls, corpora: Sequence[Corpus]) -> "Library":
        """Take corpora in, each drawn from by the root of its hours.

        So a corpus ten times as long is heard three times as often: the short ones hold what is
        dear to make, which is what makes them short.  Raises `NoCorpus` if nobody speaks.
        """
        spoken = [c for c in corpora if any(entry.words for entry in c.entries)]
        if not spoken:
            raise NoCorpus(f"found no word in {len(corpora)} corpora, expected speech")
        written = sorted({w.text for c in spoken for entry in c.entries for w in entry.words})
        words = sorted({plain(text) for text in written})
        said = (word for c in spoken for entry in c.entries for word in entry.words)
        phones = sorted({phone.symbol for word in said for phone in word.phones})
        shares = np.sqrt([corpus.hours for corpus in spoken])
        return cls(
            tuple(map(Shelf.of, spoken)),
            tuple((shares / shares.sum()).tolist()),
            tuple(Shelf.of(c) for c in corpora if not any(entry.words for entry in c.entries)),
            Tokens.of(written),
            {word: number for number, word in enumerate(words, start=1)},
            {symbol: number for number, symbol in enumerate(phones, start=1)},
        )

    @property
    def lengths(self) -> tuple[int, ...]:
        """Give the frames of every corpus, which hardly any others have."""
        return tuple(len(shelf.corpus.mel) for shelf in (*self.shelves, *self.noises))

    def word(self, written: str) -> int:
        """Give the number of the word in "Hello,"."""
        return self.words[plain(written)]

    def draw(self, rng: Rng) -> Shelf:
        """Draw a shelf of speech."""
        return self.shelves[int(rng.choice(len(self.shelves), p=self.shares))]


def load(folder: Path) -> Library:
    """Read every corpus in *folder*, by name; raises `NoCorpus` if there is none."""
    found = store.found(folder)
    if not found:
        raise NoCorpus(f"found no corpus in {folder}; synthesize first")
    with _left_alone():
        return Library.of([store.read(path) for path in found])


@contextmanager
def _left_alone() -> Iterator[None]:
    """Keep the garbage collector from millions of words: it would find nothing, for seconds."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
