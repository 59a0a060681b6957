from collections import Counter

import numpy as np
import pytest

from tools.practice.text import collected, grammar, writer
from tools.practice.text.vocabulary import PUNCTUATION, WORDS, plain, unknown


def test_all_that_is_written_is_in_the_vocabulary_and_nothing_is_held_out() -> None:
    rng = np.random.default_rng(1)

    written = [writer.sentence(rng) for _ in range(3_000)]

    assert {word for sentence in written for word in unknown(sentence)} == set()
    assert not any(map(collected.is_held_out, written))
    assert {sentence[-1] for sentence in written} <= set(PUNCTUATION)


def test_every_word_is_said_somewhere_even_if_it_makes_no_sense() -> None:
    rng = np.random.default_rng(1)

    words = Counter(plain(word) for _ in range(4_000) for word in grammar.words(rng).split())

    assert set(WORDS) == set(words)


def test_the_same_seed_writes_the_same() -> None:
    written = [
        [writer.sentence(rng), writer.passage(rng, 3)]
        for rng in (np.random.default_rng(5), np.random.default_rng(5))
    ]

    assert written[0] == written[1]


@pytest.mark.parametrize("sentences", [1, 2, 5])
def test_a_passage_has_so_many_sentences(sentences: int) -> None:
    rng = np.random.default_rng(2)

    for _ in range(50):
        passage = writer.passage(rng, sentences)

        ends = [word for word in passage.split() if word[-1] in ".?"]
        assert unknown(passage) == ()
        assert len(ends) >= sentences


def test_a_varied_sentence_differs_in_as_many_words() -> None:
    rng = np.random.default_rng(3)
    written = "Anna bought a green shirt on Monday."

    for changes in (0, 1, 2):
        varied = writer.varied(written, rng, changes)

        pairs = zip(written.split(), varied.split(), strict=True)
        assert sum(before != after for before, after in pairs) <= changes
        assert varied.endswith(".")


@pytest.mark.parametrize("way", [grammar.words, grammar.digits, grammar.numbers, grammar.clause])
def test_grammar_stays_within_the_vocabulary(way: writer.Way) -> None:
    rng = np.random.default_rng(4)

    for _ in range(200):
        assert unknown(way(rng)) == ()


def test_a_and_an_stay_right_in_varied_sentences() -> None:
    rng = np.random.default_rng(5)

    for written in ("It takes an hour.", "She has a house."):
        for _ in range(300):
            *_, article, noun = writer.varied(written, rng).strip(".").split()
            takes_an = noun[0] in "aeiou" or noun == "hour"
            assert article == ("an" if takes_an else "a")
