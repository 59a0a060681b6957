import pytest

from tools.practice.text import vocabulary


def test_there_are_about_a_thousand_words() -> None:
    assert 1_000 <= len(vocabulary.WORDS) <= 1_300
    assert list(vocabulary.WORDS) == sorted(set(vocabulary.WORDS))


@pytest.mark.parametrize(
    ("written", "word"),
    [("Hello,", "hello"), ("I'm", "i'm"), ("o'clock.", "o'clock"), ("London?", "london")],
)
def test_a_word_is_found_in_its_writing(written: str, word: str) -> None:
    assert vocabulary.plain(written) == word


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Hello, I don't know.", ()),
        ("March is a month, we march not.", ("march",)),
        ("i saw London, london saw me", ("i", "london")),
        ("What!", ("What!",)),
        ("25 men", ("25",)),
    ],
)
def test_what_is_beyond_the_vocabulary_is_named(text: str, unknown: tuple[str, ...]) -> None:
    assert vocabulary.unknown(text) == unknown


def test_every_form_is_known_and_every_word_has_forms() -> None:
    forms = list(vocabulary.forms())

    assert vocabulary.unknown(" ".join(forms)) == ()
    assert {vocabulary.plain(form) for form in forms} == set(vocabulary.WORDS)
    assert len(set(forms)) == len(forms)


def test_may_is_a_month_and_a_verb() -> None:
    forms = set(vocabulary.forms())

    assert {"may", "May", "march", "March"} & forms == {"may", "May", "March"}
