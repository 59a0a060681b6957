import pytest

from tests.text.captions.spoken import final, word
from wsserver.messages import TimedWord
from wsserver.text.captions.costs import LINE_COLUMNS
from wsserver.text.captions.layout import lay_out
from wsserver.text.captions.tokens import tokens


def laid_out(
    text: str,
    language: str | None = "en",
    seconds: float = 60.0,
    words: list[TimedWord] | None = None,
) -> list[list[str]]:
    """Lay out what is spoken so slowly by default that time does not matter, nor is too long."""
    said = final(text, 0.0, min(seconds, len(text) / 12), words, language)
    pages = lay_out(tokens(said, LINE_COLUMNS), language)
    return [["".join(token.text for token in line).strip() for line in page] for page in pages]


@pytest.mark.parametrize(
    ("text", "language", "pages"),
    [
        ("So it goes.", "en", [["So it goes."]]),
        ("Yes. No. Well, maybe.", "en", [["Yes. No. Well, maybe."]]),
        (
            "He sold the old farm by the river because nobody wanted it.",
            "en",
            [["He sold the old farm by the river", "because nobody wanted it."]],
        ),
        (
            "Most of them went to the city, and nobody came back again.",
            "en",
            [["Most of them went to the city,", "and nobody came back again."]],
        ),
        (
            "I believe that this was written by Ada Lovelace in London.",
            "en",
            [["I believe that this was written", "by Ada Lovelace in London."]],
        ),
        (
            "Wir wollten gestern in die Stadt, aber der alte Zug fuhr nicht.",
            "de",
            [["Wir wollten gestern in die Stadt,", "aber der alte Zug fuhr nicht."]],
        ),
        (
            "然后一起去看电影\uff0c看完电影以后再去吃晚饭\uff0c你觉得怎么样\uff1f",
            "zh",
            [["然后一起去看电影\uff0c", "看完电影以后再去吃晚饭\uff0c你觉得怎么样\uff1f"]],
        ),
    ],
)
def test_lines_end_where_phrases_end(text: str, language: str, pages: list[list[str]]) -> None:
    assert laid_out(text, language) == pages


def test_a_line_holds_forty_two_columns_and_not_one_more() -> None:
    fits = "a" * 20 + " " + "b" * 21

    assert laid_out(fits) == [[fits]]
    assert laid_out(fits + "b") == [["a" * 20, "b" * 22]]
    assert laid_out("語" * 21) == [["語" * 21]]
    assert len(laid_out("語" * 22)[0]) == 2


def test_the_lower_line_is_the_longer_one_where_words_do_not_matter() -> None:
    ((upper, lower),) = laid_out("aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk", None)

    assert len(upper) < len(lower)


def test_what_is_said_after_a_silence_waits_for_the_next_cue() -> None:
    said = [word("Well", 0.0, 0.5), word(" then", 0.5, 1.0), word(" goodbye", 4.0, 5.0)]

    assert laid_out("", words=said) == [["Well then"], ["goodbye"]]


def test_words_of_more_than_seven_seconds_are_not_in_one_cue() -> None:
    spoken = ["one", " two", " six", " ten"]
    said = [word(text, 2.0 * i, 2.0 * i + 1.9) for i, text in enumerate(spoken)]

    assert len(laid_out("", words=said)) == 2
