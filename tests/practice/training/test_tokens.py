import pytest
from whisper.tokenizer import get_tokenizer

from tools.practice.training.tokens import STOCK_COUNT, Tokens, plain, spell

STOCK = get_tokenizer(multilingual=False)
TOKENS = Tokens.of(["hello", "don't", "London,"])


def test_words_one_by_one_are_spelled_as_in_a_whole_text() -> None:
    text = "Hello, don't stop in London!"

    spelled = [token for word in text.split() for token in spell(word)]

    assert spelled == STOCK.encode(" " + text)


@pytest.mark.parametrize("written", ["hello", "Hello", "Hello?", "don't", "Don't.", "London!"])
def test_a_word_is_written_in_every_form(written: str) -> None:
    stock = [TOKENS.used[token] for token in TOKENS.write(written)]

    assert STOCK.decode(stock) == " " + written


def test_a_word_beyond_the_vocabulary_is_an_error() -> None:
    with pytest.raises(KeyError):
        TOKENS.write("xylophone")


@pytest.mark.parametrize(("seconds", "step"), [(0.0, 0), (0.021, 1), (30.0, 1500), (31.0, 1500)])
def test_a_timestamp_is_the_nearest_there_is(seconds: float, step: int) -> None:
    assert TOKENS.used[TOKENS.timestamp(seconds)] == STOCK.timestamp_begin + step


def test_marks_are_the_stock_ones() -> None:
    marks = [TOKENS.start, TOKENS.end, TOKENS.previous, TOKENS.no_speech, TOKENS.no_timestamps]

    stock = [TOKENS.used[mark] for mark in marks]

    assert stock == [
        STOCK.sot,
        STOCK.eot,
        STOCK.sot_prev,
        STOCK.no_speech,
        STOCK.no_timestamps,
    ]
    assert STOCK.decode([TOKENS.used[TOKENS.blank]]) == "\n"
    assert STOCK.decode([TOKENS.used[stop] for stop in sorted(TOKENS.stops)]) == "!,.?"


def test_what_is_not_used_is_counted() -> None:
    assert TOKENS.unused_count + len(TOKENS.used) == STOCK_COUNT


@pytest.mark.parametrize(("written", "word"), [("Hello,", "hello"), ("don't.", "don't")])
def test_a_plain_word_has_neither_capitals_nor_punctuation(written: str, word: str) -> None:
    assert plain(written) == word
