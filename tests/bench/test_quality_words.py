import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.quality_words import (
    Errors,
    Shown,
    Spoken,
    Steadiness,
    as_beginning,
    steadiness,
    word_errors,
    words_of,
)

SENTENCES = st.lists(st.sampled_from(["the", "cat", "sat", "on"]), max_size=8).map(tuple)


def shown(at: float, text: str, committed: int = 0) -> Shown:
    return Shown(at, tuple(text.split()), committed)


def spoken(final: str, *readings: Shown, at: float = 9.0) -> Spoken:
    """One word a second."""
    words = tuple(final.split())
    ends = tuple(float(place + 1) for place in range(len(words)))
    return Spoken(0.0, readings, Shown(at, words, len(words)), ends)


def of(final: str, *readings: Shown) -> Steadiness:
    return steadiness([spoken(final, *readings)])


def test_words_are_compared_without_case_punctuation_and_lone_dashes() -> None:
    assert words_of("The cat - it's HERE, now.") == ("the", "cat", "its", "here", "now")


@pytest.mark.parametrize(
    ("said", "heard", "edits"),
    [
        ("the cat sat", "the cat sat", 0),
        ("the cat sat", "the dog sat", 1),
        ("the cat sat", "the sat", 1),
        ("the cat sat", "the cat sat down", 1),
        ("the cat sat", "", 3),
        ("", "hello", 1),
    ],
)
def test_errors_are_the_least_edits(said: str, heard: str, edits: int) -> None:
    errors = word_errors(words_of(said), words_of(heard))

    assert errors == Errors(edits, len(said.split()))


def test_errors_of_several_texts_weigh_by_their_words() -> None:
    total = Errors(1, 2) + Errors(0, 8)

    assert total.rate == 0.1
    assert math.isnan(Errors(1, 0).rate)


@pytest.mark.parametrize(
    ("said", "heard", "errors", "places"),
    [
        ("the cat sat on", "the cat", Errors(0, 2), ((0, 0), (1, 1))),
        ("the cat sat on", "the dog sat", Errors(1, 3), ((0, 0), (2, 2))),
        ("the cat sat on the mat", "the", Errors(0, 1), ((0, 0),)),
        ("the cat sat on", "the sat on", Errors(1, 4), ((0, 0), (2, 1), (3, 2))),
        ("the cat", "oh the cat", Errors(1, 2), ((0, 1), (1, 2))),
        ("the cat", "dog", Errors(1, 0), ()),
        ("", "dog", Errors(1, 0), ()),
        ("the cat", "", Errors(0, 0), ()),
    ],
)
def test_a_reading_is_fitted_to_the_beginning_that_is_nearest(
    said: str, heard: str, errors: Errors, places: tuple[tuple[int, int], ...]
) -> None:
    beginning = as_beginning(said.split(), heard.split())

    assert (beginning.errors, beginning.places) == (errors, places)


@given(said=SENTENCES, heard=SENTENCES)
def test_no_beginning_is_nearer_than_the_one_that_is_taken(
    said: tuple[str, ...], heard: tuple[str, ...]
) -> None:
    beginning = as_beginning(said, heard)

    edits = [word_errors(said[:length], heard).edits for length in range(len(said) + 1)]
    assert beginning.errors == Errors(min(edits), edits.index(min(edits)))


@given(said=SENTENCES, heard=SENTENCES)
def test_places_of_a_beginning_grow_and_hold_the_same_words(
    said: tuple[str, ...], heard: tuple[str, ...]
) -> None:
    places = as_beginning(said, heard).places

    assert all(said[s] == heard[h] for s, h in places)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(places))


@pytest.mark.parametrize(
    ("readings", "taken_back", "committed"),
    [
        (["the", "the cat"], 0, 0),
        (["the cut", "the cat"], 1, 0),
        (["the cat sat", "the cat"], 1, 0),
        (["a big cat", "big cat"], 3, 1),
    ],
)
def test_a_word_is_taken_back_if_the_next_reading_has_another_in_its_place(
    readings: list[str], taken_back: int, committed: int
) -> None:
    found = of("the cat sat", *(shown(1.0, text, committed=1) for text in readings))

    assert (found.taken_back, found.taken_back_committed) == (taken_back, committed)


@pytest.mark.parametrize(
    ("final", "revised"),
    [("the cat sat", 0), ("a cat sat", 1), ("the big cat sat", 0), ("", 2)],
)
def test_a_committed_word_is_revised_if_the_final_does_not_have_it(
    final: str, revised: int
) -> None:
    found = of(final, shown(1.0, "the cat sad", committed=2))

    assert (found.committed, found.revised) == (2, revised)


def test_waits_run_from_the_end_of_each_word() -> None:
    found = of(
        "the cat sat",
        shown(1.5, "the"),
        shown(2.5, "the cut", committed=1),
        shown(3.5, "the cat", committed=2),
    )

    assert found.first_word_s == (1.5,)
    assert found.shown_s == (0.5, 1.5, 6.0)
    assert found.committed_s == (1.5, 1.5, 6.0)


def test_readings_are_judged_as_beginnings_of_their_final() -> None:
    found = of("the cat sat", shown(1.0, "the"), shown(2.0, "the cut sat", committed=1))

    assert found.partial == Errors(1, 4)
    assert (found.words, found.readings, found.tentative) == (3, 2, 3)


def test_an_utterance_in_which_nothing_was_heard_counts_for_nothing() -> None:
    found = steadiness([spoken("")])

    assert found == Steadiness(0, 0, 0, 0, 0, 0, 0, Errors(), (), (), ())
