import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.speech import Hypothesis, Word
from wsserver.text.stabilizer import Reading, Stabilizer, normalize


def hear(text: str, start: int = 0) -> Hypothesis:
    """One word per 1000 samples."""
    words = tuple(
        Word(f" {w}", 1000 * i, 1000 * i + 1000, 0.9) for i, w in enumerate(text.split(), start)
    )
    return Hypothesis(text, (), words, "en", 1.0, -0.1, 0.0, 1.0)


def shown(reading: Reading) -> str:
    text, length = reading.text, reading.committed_length
    return f"{text[:length]}|{text[length:]}"


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        (["the"], "|the"),
        (["the", "the cat"], "the| cat"),
        (["the", "a cat"], "|a cat"),
        (["the cat", "The cat, sat"], "The cat,| sat"),
        (["the cat", "the cat sat", "the cat sat on"], "the cat sat| on"),
        (["the cat", "the cat", "the dog"], "the cat|"),
        (["the cat", "the cat", "the dog ran"], "the cat| ran"),
        (["the cat", ""], "|"),
        (["the cat", "the cat", ""], "the cat|"),
        (["no no", "no no no"], "no no| no"),
    ],
)
def test_commits_what_two_hypotheses_agree_on(heard: list[str], expected: str) -> None:
    stabilizer = Stabilizer()

    readings = [stabilizer.accept(hear(text)) for text in heard]

    assert shown(readings[-1]) == expected


@given(st.lists(st.lists(st.sampled_from(["a", "b", "C", "c,"]), max_size=6)))
def test_committed_words_are_never_taken_back(heard: list[list[str]]) -> None:
    stabilizer = Stabilizer()
    before = ""

    for words in heard:
        reading = stabilizer.accept(hear(" ".join(words)))

        assert reading.text[: reading.committed_length].startswith(before)
        before = reading.text[: reading.committed_length]


@pytest.mark.parametrize(
    ("text", "compared"), [(" Hello,", "hello"), ("it's", "its"), ("ÉTÉ…", "été"), ("—", "")]
)
def test_words_are_compared_without_case_and_punctuation(text: str, compared: str) -> None:
    assert normalize(text) == compared
