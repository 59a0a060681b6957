# ruff: noqa: RUF001 (phonetic letters are what this is about)

import pytest

from tools.practice.voices import phones


@pytest.mark.parametrize(
    ("sound", "symbols"),
    [
        ("æ", ("AE",)),
        ("aɪ", ("AY",)),
        ("aɪɚ", ("AY", "ER")),
        ("dʒ", ("JH",)),
        ("n̩", ("AX", "N")),
        ("", ()),
        ("ʲ", ()),
    ],
)
def test_a_sound_of_espeak_is_one_or_two_symbols(sound: str, symbols: tuple[str, ...]) -> None:
    assert phones.from_ipa(sound) == symbols


def test_a_sound_that_english_has_not_is_refused() -> None:
    with pytest.raises(KeyError):
        phones.from_ipa("ʙ")


@pytest.mark.parametrize(("sound", "symbols"), [("dh", ("DH",)), ("pau", ())])
def test_flite_says_arpabet_in_lower_case(sound: str, symbols: tuple[str, ...]) -> None:
    assert phones.from_flite(sound) == symbols


def test_espeak_has_all_symbols_and_no_others() -> None:
    said = {symbol for symbols in phones._FROM_IPA.values() for symbol in symbols}

    assert said == set(phones.INVENTORY)
    assert len(phones.INVENTORY) == 40


def test_long_vowels_weigh_more_than_stops() -> None:
    assert phones.weight("AY") > phones.weight("T")
