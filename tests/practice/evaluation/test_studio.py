from dataclasses import replace

import numpy as np
import pytest

from tools.practice.evaluation import studio
from tools.practice.evaluation.trials import Item
from tools.practice.speech import RATE, Word
from tools.practice.voices import roster
from tools.practice.voices.voice import NoVoice

WORDS = (Word("We", 0.2, 0.4), Word("lost", 0.4, 0.9), Word("it.", 0.9, 1.2))
ITEM = Item("000", np.ones(2 * RATE, np.float32), "We lost it.", "We lost it.", words=WORDS)
TEXTS = ("We lost it.", "The sun is hot.", "Where is the key?", "Yes.", "Open the door, please.")


def _chance() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.fixture
def cast() -> studio.Cast:
    try:
        roster.voice("en-us").say("Yes.")
    except NoVoice as error:
        pytest.skip(str(error))
    return studio.anyone_of("en-us")


def test_a_cut_keeps_the_words_that_were_wholly_said() -> None:
    for item in studio.cuts([ITEM] * 50, _chance()):
        end = item.seconds
        assert item.said.split() == [word.text for word in WORDS if word.end <= end]
        begun = [word.text for word in WORDS if word.start + 0.02 < end < word.end]
        assert item.unfinished == "".join(begun)
        assert item.sentence == ITEM.sentence


def test_a_prompt_is_what_was_said_in_the_window_before() -> None:
    others = [replace(ITEM, said=said) for said in ("One.", "Two.", "Three.")]

    assert [item.prompt for item in studio.prompted(others)] == ["Three.", "One.", "Two."]


def test_a_window_has_silence_around_its_words(cast: studio.Cast) -> None:
    windows = studio.windows(TEXTS, cast, _chance())

    assert [item.said for item in windows] == list(TEXTS)
    assert [item.name for item in windows] == ["000", "001", "002", "003", "004"]
    for item in windows:
        first, last = item.words[0], item.words[-1]
        assert 0.1 <= first.start < last.end <= item.seconds - 0.1
        assert not item.samples[: RATE // 10].any()
        assert np.abs(item.samples).max() > 0.05


def test_a_passage_is_as_long_as_it_may_be(cast: studio.Cast) -> None:
    passages = studio.passages(iter(TEXTS * 20), cast, 3, 10.0, _chance())

    for item in passages:
        assert 5 < item.seconds < 10
        assert item.said == " ".join(word.text for word in item.words)
        starts = [word.start for word in item.words]
        assert starts == sorted(starts)
