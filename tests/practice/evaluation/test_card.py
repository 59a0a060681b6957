from dataclasses import replace

from tests.practice.evaluation.reports import REPORT, RIGHT, ROWS
from tools.practice.evaluation.card import Corpus, Logged, Origin, card

ORIGIN = Origin(
    corpora=(Corpus("espeak", 60_000, 47.25),),
    log=tuple(
        Logged(step, 3_000, step / 100, {"text": 5 - step / 1000})
        for step in range(100, 3_001, 100)
    ),
    words=1_234,
    commit="abc1234",
)


def test_a_card_says_what_the_model_is_where_it_comes_from_and_how_well_it_does() -> None:
    text = card(REPORT, ORIGIN)

    for said in (
        "`a681`",
        "192 wide, 4 encoder and 2 decoder layers",
        "26.9 MB",
        "1234 words",
        "commit abc1234",
        "| espeak | 60000 | 47.2 |",
        "| 3000 of 3000 | 30.0 | 2.000 |",
        "Not measured: digits, theo.",
        "### Noise",
        "| pink, 10 dB | yes | 30 s | 2 | 6 | 2.2 | 12.3 [10.0, 15.0] |",
        'Not always heard right: "We lost it." (1 of 2).',
    ):
        assert said in text


def test_a_long_log_is_told_by_a_few_lines() -> None:
    assert card(REPORT, ORIGIN).count(" of 3000 |") <= 8


def test_what_is_not_known_is_not_said_but_for_whose_voices_may_be_in_it() -> None:
    text = card(replace(REPORT, missing=()), Origin())

    assert "Free Spoken Digit Dataset" in text
    assert "[CC BY-SA 4.0](https://creativecommons.org/licenses/by-sa/4.0/)" in text
    assert "theo and nicolas\n  were left out of training" in text
    assert "hours" not in text
    assert "Not measured" not in text
    assert "commit" not in text


def test_a_model_that_never_heard_people_says_so() -> None:
    with_people = replace(ORIGIN, corpora=(*ORIGIN.corpora, Corpus("digits", 900, 2.0)))

    assert "No people" in card(REPORT, ORIGIN)
    assert "digits of people" not in card(REPORT, ORIGIN)
    assert "No people" not in card(REPORT, with_people)
    assert "digits of people" in card(REPORT, with_people)


def test_tables_say_what_their_sets_have_in_common_with_training() -> None:
    voices = replace(ROWS[0], group="Voices, natural sentences", name="festival-kal_diphone")

    assert "only ked is new" in card(replace(REPORT, rows=(voices,)), ORIGIN)
    assert "only ked is new" not in card(REPORT, ORIGIN)


def test_samples_that_are_always_right_need_no_words() -> None:
    right = replace(ROWS[2], answers=(RIGHT,))

    assert "Not always" not in card(replace(REPORT, rows=(right,)), Origin())
