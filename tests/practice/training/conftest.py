"""A corpus made by hand, so that training can be tried without voices."""

from pathlib import Path

import numpy as np
import pytest

from tools.practice.corpus import store
from tools.practice.speech import Mel, Phone, Word
from tools.practice.training import shelves
from tools.practice.training.shelves import Library

SPOKEN = ("Open the window.", "Close the door, please.", "The door is open.", "Where is it?")
WORD_S = 0.3


def _sound(text: str) -> Mel:
    """Give every word a spectrum of its own, 0.3 s long, after 50 ms of silence."""
    mel = np.full((5 + 30 * len(text.split()) + 5, 80), -10, np.float16)
    for place, word in enumerate(text.split()):
        pitch = sum(map(ord, word.lower().strip(".,?"))) % 70
        mel[5 + 30 * place : 33 + 30 * place, pitch : pitch + 10] = 0.5
    return mel


def _words(text: str) -> tuple[Word, ...]:
    starts = [0.05 + WORD_S * place for place in range(len(text.split()))]
    return tuple(
        Word(
            word,
            start,
            start + 0.28,
            (Phone("AA", start, start + 0.14), Phone("B", start + 0.14, start + 0.28)),
        )
        for word, start in zip(text.split(), starts, strict=True)
    )


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two corpora of two voices each, and one of noise."""
    folder = tmp_path_factory.mktemp("corpora")
    for name in ("first", "second"):
        spoken = [(_sound(text), f"voice-{n % 2}", _words(text)) for n, text in enumerate(SPOKEN)]
        store.write(folder / name, spoken)
    noise: Mel = np.full((40, 80), -3, np.float16)
    store.write(folder / "noise", [(noise, "noise", ())])
    return folder


@pytest.fixture(scope="session")
def books(corpora: Path) -> Library:
    return shelves.load(corpora)
