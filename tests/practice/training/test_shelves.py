from pathlib import Path

import numpy as np
import pytest

from tools.practice.training import shelves
from tools.practice.training.shelves import Library, NoCorpus


def test_all_corpora_of_a_folder_are_drawn_from_alike_if_they_are_as_long(books: Library) -> None:
    assert books.shares == (0.5, 0.5)
    assert len(books.noises) == 1
    assert set(books.words) == {
        *("close", "door", "is", "it", "open", "please", "the", "where", "window"),
    }
    assert books.phones == {"AA": 1, "B": 2}


def test_an_utterance_of_the_same_voice_is_drawn(books: Library) -> None:
    rng = np.random.default_rng(1)
    shelf = books.draw(rng)
    entries = shelf.corpus.entries

    voices = {entries[shelf.draw_like(rng, 1)].voice for _ in range(20)}

    assert voices == {entries[1].voice}


def test_noise_alone_is_an_error(books: Library) -> None:
    with pytest.raises(NoCorpus, match="no word in 1"):
        Library.of([shelf.corpus for shelf in books.noises])


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NoCorpus, match="found no corpus"):
        shelves.load(tmp_path)
