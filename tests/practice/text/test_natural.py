import numpy as np
import pytest

from tools.practice.text import natural, vocabulary


def test_there_are_more_than_three_hundred_templates() -> None:
    assert len(set(natural.TEMPLATES)) == len(natural.TEMPLATES) > 300


@pytest.mark.parametrize("template", natural.TEMPLATES)
def test_a_template_stays_within_the_vocabulary(template: str) -> None:
    rng = np.random.default_rng(1)

    written = [vocabulary.capitalized(natural.fill(template, rng)) for _ in range(20)]

    assert {word for sentence in written for word in vocabulary.unknown(sentence)} == set()


@pytest.mark.parametrize("slot", natural.SLOTS)
def test_all_that_fills_a_slot_is_in_the_vocabulary(slot: str) -> None:
    rng = np.random.default_rng(1)

    filled = " ".join(natural.fill(filling, rng) for filling in natural.SLOTS[slot])

    assert vocabulary.unknown(filled) == ()


def test_what_was_written_could_be_written() -> None:
    rng = np.random.default_rng(2)

    for _ in range(30):
        assert natural.could_write(natural.sentence(rng))


@pytest.mark.parametrize("text", ["", "You will", "You will go home tomorrow", "Apples are moons."])
def test_what_no_template_says_could_not_be_written(text: str) -> None:
    assert not natural.could_write(text)
