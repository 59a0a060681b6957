from pathlib import Path

import numpy as np
import pytest

from tools.practice.evaluation import folder
from tools.practice.evaluation.folder import EvaluationSet, Head
from tools.practice.evaluation.trials import Item, Kind, Way
from tools.practice.speech import Word

HEAD = Head("espeak, 10 dB", "Noise", Kind.CUT, (Way.FULL, Way.SHORT), seen=True)
SAMPLES = np.linspace(-0.5, 0.5, 1_600, dtype=np.float32)
ITEM = Item(
    "000", SAMPLES, "We lost", "We lost it.", "en-us", (Word("We", 0.1, 0.25),), "it.", "No."
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    folder.write(tmp_path, EvaluationSet(HEAD, (ITEM,)))

    read = folder.read(tmp_path, HEAD.name)

    assert read.head == HEAD
    (item,) = read.items
    assert item.samples == pytest.approx(SAMPLES, abs=1 / 32_768)
    for field in ("name", "said", "sentence", "voice", "words", "unfinished", "prompt"):
        assert getattr(item, field) == getattr(ITEM, field)


def test_a_set_is_there_once_it_is_whole(tmp_path: Path) -> None:
    broken = EvaluationSet(HEAD, (ITEM, Item("no/such/folder", SAMPLES, "", "")))

    with pytest.raises(RuntimeError):
        folder.write(tmp_path, broken)

    assert not folder.is_there(tmp_path, HEAD.name)
    folder.write(tmp_path, EvaluationSet(HEAD, (ITEM,)))
    assert folder.is_there(tmp_path, HEAD.name)
