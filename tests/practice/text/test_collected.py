import csv
from pathlib import Path

import pytest

from tools.practice.text import collected, natural, vocabulary
from wsserver import self_check

TRANSCRIPTS = Path(__file__).parents[2] / "samples" / "transcripts.tsv"


def _said_in_samples() -> list[str]:
    with TRANSCRIPTS.open(encoding="utf-8") as lines:
        said = [row["said"] for row in csv.DictReader(lines, delimiter="\t")]
    return [*said, self_check.SAID]


def test_there_are_many_sentences_and_none_twice() -> None:
    training, held_out = collected.training(), collected.held_out()

    assert len(training) >= 700
    assert len(held_out) >= 120
    assert len({*training, *held_out}) == len(training) + len(held_out)


@pytest.mark.parametrize("sentences", [collected.training(), collected.held_out()])
def test_all_words_are_in_the_vocabulary(sentences: tuple[str, ...]) -> None:
    amiss = {sentence: found for sentence in sentences if (found := vocabulary.unknown(sentence))}

    assert amiss == {}


def test_sentences_begin_with_a_capital_and_end_with_a_mark() -> None:
    for sentence in (*collected.training(), *collected.held_out()):
        assert sentence[0].isupper()
        assert sentence[-1] in vocabulary.PUNCTUATION


@pytest.mark.parametrize("said", _said_in_samples())
def test_what_is_said_in_the_samples_is_held_out(said: str) -> None:
    sentences = said.replace("? ", "?|").replace(". ", ".|").split("|")

    assert all(map(collected.is_held_out, sentences))


def test_no_training_sentence_is_held_out() -> None:
    assert [said for said in collected.training() if collected.is_held_out(said)] == []


def test_no_template_says_what_is_held_out() -> None:
    assert [said for said in collected.held_out() if natural.could_write(said)] == []


def test_held_out_is_a_matter_of_words_not_of_marks() -> None:
    assert collected.is_held_out("the artist used red, and yellow paint")
    assert not collected.is_held_out("The artist used red and green paint.")
