from typing import Any

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from wsserver.errors import UnsupportedFormat
from wsserver.recognition.engines.ctranslate2_.engine import CTranslate2Engine
from wsserver.recognition.engines.ctranslate2_.tokens import (
    Vocabulary,
    opening,
    prompt_tokens,
    suppressed,
    vocabulary_of,
)
from wsserver.recognition.engines.whisper_ import tokens as stock_tokens
from wsserver.recognition.engines.whisper_.tokens import vocabulary_of as stock_vocabulary_of
from wsserver.speech import DecodeOptions

OPTIONS = st.builds(
    DecodeOptions,
    language=st.just("de"),
    task=st.sampled_from(["transcribe", "translate"]),
    prompt=st.text(max_size=40) | st.just("<|endoftext|> and more"),
    carry=st.lists(st.integers(-1, 52_000), max_size=300).map(tuple),
)


@pytest.fixture(scope="session")
def vocabulary(multilingual: CTranslate2Engine) -> Vocabulary:
    return multilingual.model.vocabulary


@pytest.fixture(scope="session")
def stock_vocabulary(multilingual_stock: Any) -> stock_tokens.Vocabulary:
    return stock_vocabulary_of(multilingual_stock)


def test_the_languages_are_those_that_stock_knows(
    vocabulary: Vocabulary, stock_vocabulary: stock_tokens.Vocabulary
) -> None:
    assert vocabulary.languages == stock_vocabulary.languages


@given(options=OPTIONS)
def test_a_row_begins_as_stock_begins_it(
    vocabulary: Vocabulary, stock_vocabulary: stock_tokens.Vocabulary, options: DecodeOptions
) -> None:
    begin = opening(vocabulary, options, "de")

    assert tuple(begin) == stock_tokens.opening(stock_vocabulary, options, "de").tokens


def test_a_long_prompt_leaves_no_room_for_the_carry(vocabulary: Vocabulary) -> None:
    options = DecodeOptions(prompt="many words " * 200, carry=(1, 2, 3))

    tokens = prompt_tokens(vocabulary.tokenizer, options)

    assert len(tokens) == 223
    assert tokens[-3:] != [1, 2, 3]


def test_what_stock_suppresses_is_suppressed(
    vocabulary: Vocabulary, stock_vocabulary: stock_tokens.Vocabulary
) -> None:
    expected = stock_tokens.suppressed(stock_vocabulary.tokenizer)

    assert suppressed(vocabulary.tokenizer) == expected


def test_an_english_model_opens_with_neither_language_nor_task(engine: CTranslate2Engine) -> None:
    begin = opening(engine.model.vocabulary, DecodeOptions(task="translate"), "en")

    assert begin == [50257, 50362]


def test_an_unknown_language_is_told(vocabulary: Vocabulary) -> None:
    with pytest.raises(UnsupportedFormat, match="'xx' is not among the 99"):
        vocabulary.tokenizer_for("xx", "transcribe")


def test_a_tokenizer_without_the_marks_of_the_format_is_refused() -> None:
    with pytest.raises(TypeError):
        vocabulary_of(tokenizers.Tokenizer(tokenizers.models.BPE()), multilingual=True)
