import math
from dataclasses import replace

import numpy as np
import pytest

from tools.practice.evaluation.measures import figures
from tools.practice.evaluation.trials import Heard, Item, Kind, Trial
from tools.practice.speech import Word

ITEM = Item("a", np.zeros(16_000, np.float32), "We lost the key.", "key")


BREAKS_OFF = replace(ITEM, unfinished="to")
SILENCE = replace(ITEM, said="")


def _trial(text: str, no_speech: float = 0.0, sure: float = -0.1, item: Item = ITEM) -> Trial:
    return Trial(item, Heard(text, no_speech, sure))


def _values(kind: Kind, *trials: Trial) -> dict[str, float]:
    return {figure.name: figure.value for figure in figures(kind, trials)}


def test_what_is_said_counts_wrong_words_and_what_is_right_to_the_letter() -> None:
    values = _values(
        Kind.SPOKEN,
        _trial("We lost the key."),
        _trial("we lost the key"),
        _trial("We lost the door.", no_speech=0.7),
        _trial("We lost the.", no_speech=0.5),
    )

    assert values == {"WER %": 12.5, "exact %": 25.0, "taken for silence %": 25.0}


@pytest.mark.parametrize(
    ("heard", "after", "invented"),
    [
        ("We lost the key.", 0, 0),
        ("We lost the key to", 25, 0),  # "to" was begun
        ("We lost the key to the", 50, 25),
        ("We lost the key and", 25, 25),
        ("We lost a lot the key", 0, 0),
        ("We lost the bee to the", 50, 25),
    ],
)
def test_a_word_beyond_a_cut_is_invented_unless_it_was_begun(
    heard: str, after: float, invented: float
) -> None:
    values = _values(Kind.CUT, _trial(heard, item=BREAKS_OFF))

    assert values["words after the end %"] == after
    assert values["invented after the end %"] == invented


def test_words_too_many_are_not_made_up_for_by_words_too_few() -> None:
    values = _values(Kind.CUT, _trial("We lost the key yes"), _trial("We"))

    assert values["too many words %"] == 12.5


def test_nobody_speaks_and_something_is_written() -> None:
    values = _values(
        Kind.SILENT,
        _trial("", 0.9, item=SILENCE),
        _trial("That", 0.9, -2.0, item=SILENCE),
        _trial("That", 0.9, -0.5, item=SILENCE),
        _trial("That", 0.1, -2.0, item=SILENCE),
    )

    assert values == {"text %": 75, "taken for speech %": 25, "kept by stock's rule %": 50}


def test_times_are_those_of_words_that_were_heard_right() -> None:
    said = (Word("We", 0.1, 0.3), Word("lost", 0.3, 0.6), Word("the", 0.6, 0.7))
    heard = (Word("We", 0.12, 0.3), Word("last", 0.9, 0.9), Word("the", 0.56, 0.9))
    trial = Trial(replace(ITEM, words=said), Heard("", 0, 0, heard))

    values = _values(Kind.TIMED, trial)

    assert values["start, median ms"] == pytest.approx(30)
    assert values["end, 90 % ms"] == pytest.approx(180)
    assert values["words matched %"] == pytest.approx(200 / 3)


def test_nothing_heard_has_no_times() -> None:
    values = _values(Kind.TIMED, _trial(""))

    assert math.isnan(values["start, median ms"])
