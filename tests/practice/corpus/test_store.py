from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tools.practice.corpus.store import Size, found, read, size, write
from tools.practice.speech import Mel, Phone, Word

HELLO = (Word("Hello.", 0.1, 0.52, (Phone("HH", 0.1, 0.2), Phone("AH", 0.2, 0.52))),)


def _mel(frames: int, value: float) -> Mel:
    return np.full((frames, 80), value, np.float16)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    spoken = [(_mel(60, -1.5), "en-us", HELLO), (_mel(3, -10), "slt", ())]

    count = write(tmp_path / "some", spoken)
    corpus = read(tmp_path / "some")

    assert count == 2
    assert [entry.voice for entry in corpus.entries] == ["en-us", "slt"]
    assert corpus.entries[0].words == HELLO
    assert [corpus.frames(entry).tolist() for entry in corpus.entries] == [
        mel.tolist() for mel, _, _ in spoken
    ]
    assert corpus.hours == pytest.approx(63 / 360_000)
    assert size(tmp_path / "some") == Size(2, corpus.hours)


def test_the_corpora_of_a_folder_are_found_by_name(tmp_path: Path) -> None:
    for name in ("slt", "awb"):
        write(tmp_path / name, [(_mel(2, -1), name, HELLO)])
    (tmp_path / "half.words.jsonl").touch()

    assert found(tmp_path) == [tmp_path / "awb", tmp_path / "slt"]


def test_a_corpus_that_breaks_off_is_not_there(tmp_path: Path) -> None:
    def broken() -> Iterator[tuple[Mel, str, tuple[Word, ...]]]:
        yield _mel(1, 0), "en-us", ()
        raise RuntimeError("the voice broke")

    with pytest.raises(RuntimeError, match="the voice broke"):
        write(tmp_path / "some", broken())

    with pytest.raises(FileNotFoundError):
        read(tmp_path / "some")
