from itertools import pairwise

import pytest

from tests.text.captions.spoken import final
from wsserver.text.captions.phrases import Joint, joint, phrases
from wsserver.text.captions.small_words import SMALL_WORDS
from wsserver.text.captions.tokens import tokens


def joints(text: str, language: str | None) -> list[Joint]:
    made = tokens(final(text), 42)
    return [joint(left, right, phrases(language)) for left, right in pairwise(made)]


@pytest.mark.parametrize(
    ("pair", "language", "expected"),
    [
        ("home. We", "en", Joint.SENTENCE),
        ("home.” We", "en", Joint.SENTENCE),
        ("home! we", "en", Joint.SENTENCE),
        ("Dr. Smith", "en", Joint.BOUND),
        ("J.S. Bach", "en", Joint.NAME),
        ("too did I. He", "en", Joint.SENTENCE),
        ("e.g. this", "en", Joint.PLAIN),
        ("home, we", "en", Joint.CLAUSE),
        ("home (we", "en", Joint.CLAUSE),
        ("home \u2013 we", "en", Joint.CLAUSE),
        ("home because", "en", Joint.CONJUNCTION),
        ("home Because", "en", Joint.CONJUNCTION),
        ("home before", "en", Joint.PREPOSITION),
        ("of home", "en", Joint.BOUND),
        ("the home", "en", Joint.BOUND),
        ("and of", "en", Joint.BOUND),
        ("don\u2019t go", "en", Joint.BOUND),
        ("we went", "en", Joint.PRONOUN),
        ("saw it because", "en", Joint.CONJUNCTION),
        ("Ada Lovelace", "en", Joint.NAME),
        ("12 miles", "en", Joint.NAME),
        ("old house", "en", Joint.BOUND),
        ("house stood", "en", Joint.PLAIN),
        ("Haus weil", "de", Joint.CONJUNCTION),
        ("große Haus", "de", Joint.BOUND),
        ("maison et", "fr", Joint.CONJUNCTION),
        ("ne sait", "fr", Joint.BOUND),
        ("casa para", "es", Joint.PREPOSITION),
        ("casa che", "it", Joint.CONJUNCTION),
        ("casa pela", "pt", Joint.PREPOSITION),
        ("huis omdat", "nl", Joint.CONJUNCTION),
        ("house because", "xx", Joint.PLAIN),
        ("house because", None, Joint.PLAIN),
        ("語学", "zh", Joint.CHARACTER),
        ("語\uff0c学", "zh", Joint.CLAUSE),
        ("語。学", "zh", Joint.SENTENCE),
        ("が学", "ja", Joint.PLAIN),
        ("هذا، ثم", "ar", Joint.CLAUSE),
        ("هذا؟ ثم", "ar", Joint.SENTENCE),
        ("है। और", "hi", Joint.SENTENCE),
    ],
)
def test_a_joint_is_known_by_the_words_and_marks_around_it(
    pair: str, language: str | None, expected: Joint
) -> None:
    assert joints(pair, language)[-1] is expected


def test_a_word_that_was_cut_ends_a_line_as_badly_as_can_be() -> None:
    assert joints("a" * 43, "en") == [Joint.WORD]


@pytest.mark.parametrize("language", SMALL_WORDS)
def test_small_words_are_in_lower_case_and_each_in_one_column(language: str) -> None:
    listed = [word for column in SMALL_WORDS[language] for word in column.split()]

    assert listed == [word.lower() for word in listed]
    assert len(set(listed)) == len(listed)
