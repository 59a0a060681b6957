import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.recognition.engines.whisper_.draft import Draft

CAT = (1, 2, 3, 4, 5, 6, 7, 8)


def guess_after(draft: tuple[int, ...], said: tuple[int, ...]) -> tuple[int, ...]:
    """Let a row say what it has to, and give the first guess behind that."""
    row, sampled = Draft(draft), list[int]()
    guess = row.guess(100)
    while len(sampled) < len(said):
        ahead = said[len(sampled) :]
        right = 0
        while right < min(len(guess), len(ahead) - 1) and guess[right] == ahead[right]:
            right += 1
        sampled += ahead[: right + 1]
        row.follow(sampled, right)
        guess = row.guess(100)
    return guess


@pytest.mark.parametrize(
    ("said", "guess"),
    [
        ((), CAT),
        ((1,), CAT[1:]),
        ((1, 2, 3), CAT[3:]),
        ((1, 2, 9), (4, 5, 6, 7, 8)),  # replaced
        ((1, 2, 9, 9), (5, 6, 7, 8)),  # and again
        ((1, 2, 9, 3), (4, 5, 6, 7, 8)),  # inserted
        ((1, 2, 9, 9, 9, 3), (4, 5, 6, 7, 8)),
        ((1, 2, 4), (5, 6, 7, 8)),  # deleted
        ((1, 2, 6), (7, 8)),
        ((1, 2, 7), (4, 5, 6, 7, 8)),  # too far off for one token
        ((9, 9, 9, 9, 9, 9, 9, 9), ()),  # something else altogether
        (CAT, ()),
        ((*CAT, 9), ()),
    ],
)
def test_a_row_is_found_in_its_draft(said: tuple[int, ...], guess: tuple[int, ...]) -> None:
    assert guess_after(CAT, said) == guess


def test_a_place_with_more_in_common_may_be_further_off() -> None:
    draft = (1, 5, 2, 1, 6, 3, 4, 6, 7)

    assert guess_after(draft, (1, 5, 4, 6)) == (7,)


def test_of_places_alike_the_nearest_is_taken() -> None:
    draft = (1, 2, 3, 4, 5, 3, 6)

    assert guess_after(draft, (1, 9, 9, 3)) == (4, 5, 3, 6)


def test_a_place_that_nothing_speaks_for_gets_a_short_guess() -> None:
    draft = tuple(range(100))

    assert len(guess_after(draft, ())) == 100
    assert guess_after(draft, (0, 1, 500)) == tuple(range(3, 15))
    assert guess_after(draft, (0, 1, 500, 3)) == tuple(range(4, 28))
    assert guess_after(draft, (0, 1, 500, 3, 4, 5, 6, 7)) == tuple(range(8, 68))


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)), st.integers(0, 9))
def test_a_guess_is_a_part_of_the_draft_no_longer_than_wanted(
    draft: list[int], said: list[int], most: int
) -> None:
    row = Draft(draft)

    for place in range(len(said)):
        row.follow(said[: place + 1], 0)
        guess = row.guess(most)

        assert len(guess) <= most
        assert any(draft[start:][: len(guess)] == list(guess) for start in range(len(draft) + 1))
