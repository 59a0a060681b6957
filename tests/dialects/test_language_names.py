import pytest
from whisper.tokenizer import LANGUAGES

from wsserver.dialects.language_names import NAMES, UNSPACED, code_of


def test_the_names_are_those_of_whisper() -> None:
    assert NAMES == LANGUAGES
    assert NAMES.keys() >= UNSPACED


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("en", "en"),
        (" DE ", "de"),
        ("en-US", "en"),
        ("pt_BR", "pt"),
        ("zh-Hant-TW", "zh"),
        ("English", "en"),
        ("haitian creole", "ht"),
        ("klingon", "klingon"),
        ("x-en", "x-en"),
    ],
)
def test_a_language_may_be_told_by_code_by_region_or_by_name(language: str, code: str) -> None:
    assert code_of(language) == code
