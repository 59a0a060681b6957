import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.text.captions.spoken import final, finals, word
from wsserver.messages import Final
from wsserver.text.captions.tokens import printable, tokens, width


def cut(text: str, most_columns: int = 42) -> list[str]:
    return [token.text for token in tokens(final(text), most_columns)]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("abc", 3),
        ("äöü", 3),
        ("a\u0308", 1),
        ("語学", 4),
        ("ｶﾅ", 2),
        ("가나", 4),
        ("🎉", 2),
        ("ก็", 1),
        ("\u200f!", 1),
    ],
)
def test_wide_characters_take_two_columns_and_marks_none(text: str, columns: int) -> None:
    assert width(text) == columns


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("so it goes", ["so", " it", " goes"]),
        (" so  it ", [" so", " it"]),
        ("well-known, e.g.", ["well-known,", " e.g."]),
        ("語学だ", ["語", "学", "だ"]),
        ("「語」。学", ["「語」。", "学"]),
        ("ちょっと、コーヒー", ["ちょっ", "と、", "コー", "ヒー"]),
        ("我用Python写", ["我", "用", "Python", "写"]),
        ("한국어 문장", ["한국어", " 문장"]),
        ("เก้าน้ำ", ["เก้า", "น้ำ"]),
        ("👩‍👩‍👧👍🏽", ["👩‍👩‍👧", "👍🏽"]),
        ("مرحبا بكم", ["مرحبا", " بكم"]),
    ],
)
def test_a_line_may_end_between_these_and_nowhere_else(text: str, pieces: list[str]) -> None:
    assert cut(text) == pieces


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("abcdef", ["abcd", "ef"]),
        ("x abcdef", ["x", " abcd", "ef"]),
        ("e\u0301" * 5, ["e\u0301" * 4, "e\u0301"]),
        ("「「「語", ["「「", "「語"]),
    ],
)
def test_what_is_longer_than_a_line_is_cut_to_lines(text: str, pieces: list[str]) -> None:
    assert cut(text, most_columns=4) == pieces


def test_times_are_those_of_the_words_also_of_what_two_words_make_together() -> None:
    timed = [word("A", 1.0, 2.0), word(" 10", 2.0, 3.0), word(",000", 3.5, 4.0)]

    made = tokens(final("A 10,000", words=timed), 42)

    assert [(each.text, each.start, each.end) for each in made] == [
        ("A", 1.0, 2.0),
        (" 10,000", 2.0, 4.0),
    ]


def test_a_final_without_words_spreads_its_text_over_its_time() -> None:
    made = tokens(final("ab cd", 10.0, 15.0), 42)

    assert [(each.start, each.end) for each in made] == [(10.0, 12.0), (13.0, 15.0)]


@given(finals, st.integers(2, 50))
def test_every_character_is_in_one_token_and_no_token_is_too_wide(
    said: Final, most_columns: int
) -> None:
    made = tokens(said, most_columns)

    text = "".join(each.text for each in said.words) if said.words else said.text
    assert "".join(each.text for each in made) == re.sub(" +", " ", printable(text)).rstrip()
    assert all(each.width == width(each.text.strip()) <= most_columns for each in made)
