from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.recognition.engines.ctranslate2_.engine import CTranslate2Engine
from wsserver.recognition.engines.ctranslate2_.tokens import text_of
from wsserver.recognition.engines.ctranslate2_.words import Spoken, aligned, spread, words_of
from wsserver.speech import Priority, Window, Word

WINDOW = Window("s", 1, Priority.FINAL, 1000, np.zeros(8000, np.float32))


def spoken(tokens: tuple[int, ...]) -> Spoken:
    return Spoken(tokens, (0.5,) * len(tokens), spread(len(tokens), len(WINDOW.audio)))


def texts(words: tuple[Word, ...]) -> list[str]:
    return [word.text for word in words]


@pytest.mark.parametrize(
    ("language", "said", "words"),
    [
        ("en", " The cat sat.", [" The", " cat", " sat."]),
        ("en", ' "Well," she said', [' "Well,"', " she", " said"]),
        ("en", " unbelievableness", [" unbelievableness"]),
        ("de", " Größe 🎉 für", [" Größe", " 🎉", " für"]),
        ("ja", "春の海", ["春", "の", "海"]),
        ("en", "", []),
        ("en", "   ", []),
    ],
)
def test_words_are_cut_as_stock_cuts_them(
    multilingual: CTranslate2Engine, language: str, said: str, words: list[str]
) -> None:
    tokenizer = multilingual.model.vocabulary.tokenizer_for(language, "transcribe")

    heard = words_of(WINDOW, spoken(tuple(tokenizer.encode(said))), tokenizer)

    assert texts(heard) == words


@given(tokens=st.lists(st.integers(0, 51_864), max_size=12).map(tuple))
def test_any_tokens_make_words_in_order_that_are_the_text(
    multilingual: CTranslate2Engine, tokens: tuple[int, ...]
) -> None:
    tokenizer = multilingual.model.vocabulary.tokenizer

    words = words_of(WINDOW, spoken(tokens), tokenizer)

    times = [time for word in words for time in (word.start, word.end)]
    assert "".join(texts(words)).strip() == text_of(tokenizer, tokens)
    assert times == sorted(times)
    assert all(WINDOW.start <= time <= WINDOW.end for time in times)


def test_tokens_are_spread_evenly() -> None:
    assert spread(4, 8000).tolist() == [0, 2000, 4000, 6000, 8000]
    assert spread(0, 8000).tolist() == [0]


@pytest.mark.parametrize(
    ("path", "edges"),
    [
        ([(0, 0), (0, 1), (1, 2), (1, 3), (2, 9)], [0, 640, 2880]),
        ([(0, 1), (1, 1), (2, 40)], [320, 320, 8000]),
        ([(0, 0), (0, 1)], [0, 8000, 8000]),
        ([], [8000, 8000, 8000]),
    ],
    ids=["in time", "beyond the window", "cut short", "empty"],
)
def test_a_token_starts_where_the_path_enters_it(
    path: list[tuple[int, int]], edges: list[int]
) -> None:
    assert aligned(path, 2, 8000).tolist() == edges


def test_a_word_is_as_probable_as_its_tokens(multilingual: CTranslate2Engine) -> None:
    tokenizer: Any = multilingual.model.vocabulary.tokenizer
    tokens = tuple(tokenizer.encode(" cats."))
    chances = tuple(0.2 * place for place in range(1, len(tokens) + 1))

    [word] = words_of(WINDOW, Spoken(tokens, chances, spread(len(tokens), 8000)), tokenizer)

    # Punctuation has no part in it.
    assert word.probability == pytest.approx(np.mean(chances[:-1]))
