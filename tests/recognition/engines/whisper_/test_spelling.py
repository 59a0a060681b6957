import pytest
from hypothesis import given
from hypothesis import strategies as st
from whisper.tokenizer import Tokenizer, get_tokenizer

from wsserver.recognition.engines.whisper_.spelling import split


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", " Hello, world! It's 3.5 o'clock -- isn't it?"),
        ("en", "no space at first"),
        ("de", " Öl für die Straße: „heißt es“, sagte er."),
        ("ru", " Привет, как дела?"),
        ("zh", "你好,世界。今天天气很好!"),
        ("ja", "こんにちは、世界。"),
        ("th", "สวัสดีครับ"),
        ("hi", " नमस्ते दुनिया"),
        ("fr", " Ça va ? Oui… très bien 👍🏽 merci"),
        ("en", ""),
    ],
)
@pytest.mark.usefixtures("tokenizer")
def test_words_are_those_of_stock(language: str, text: str) -> None:
    tokenizer = get_tokenizer(True, language=language)
    tokens = tokenizer.encode(text)

    words = split(tokenizer, tokens, language)

    expected_words, expected_tokens = tokenizer.split_to_word_tokens(tokens)
    assert words == list(zip(expected_words, map(len, expected_tokens), strict=True))


@given(st.lists(st.integers(0, 51_864), max_size=20), st.sampled_from(["en", "zh"]))
def test_any_tokens_give_their_text_to_the_letter(
    tokenizer: Tokenizer, tokens: list[int], language: str
) -> None:
    words = split(tokenizer, tokens, language)

    assert "".join(text for text, _ in words) == tokenizer.decode(tokens)
    assert sum(count for _, count in words) == len(tokens)


def test_letters_of_several_tokens_stay_whole(tokenizer: Tokenizer) -> None:
    tokens = tokenizer.encode("👍🏽")
    assert len(tokens) > 2

    assert "".join(text for text, _ in split(tokenizer, tokens, "zh")) == "👍🏽"
    assert "�" not in str(split(tokenizer, tokens, "zh"))
