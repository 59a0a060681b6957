import pytest

from wsserver.dialects.deepgram_pauses import NOTICE_SECONDS, Pauses


def after(word_end: float | None, seconds: float | None = 1.0) -> Pauses:
    """Give those of a session with one utterance, which ends with a word at *word_end*."""
    pauses = Pauses(seconds)
    pauses.begin(1, 0.1)
    pauses.end(1, word_end)
    return pauses


def test_a_pause_is_told_once_it_is_long_enough() -> None:
    pauses = after(2.0)

    taken = [pauses.take(heard) for heard in (2.5, 3.1, 3.0 + NOTICE_SECONDS + 0.01, 9.0)]

    assert taken == [None, None, 2.0, None]


@pytest.mark.parametrize(("onset", "expected"), [(2.5, None), (2.99, None), (3.0, 2.0), (7.0, 2.0)])
def test_a_pause_ends_with_the_next_voice(onset: float, expected: float | None) -> None:
    pauses = after(2.0)

    pauses.begin(2, onset)

    assert pauses.take(20.0) == expected


def test_voice_without_a_word_interrupts_no_pause() -> None:
    pauses = after(2.0)
    pauses.begin(2, 2.5)
    before = pauses.take(5.0)

    pauses.end(2, None)

    assert (before, pauses.take(5.0)) == (None, 2.0)


def test_a_later_word_takes_the_place_of_an_earlier_one() -> None:
    pauses = after(2.0)
    pauses.begin(2, 2.5)

    pauses.end(2, 4.0)

    assert [pauses.take(4.9), pauses.take(5.5)] == [None, 4.0]


def test_the_first_voice_counts_of_utterances_that_wait_for_their_finals() -> None:
    pauses = after(2.0)
    pauses.begin(2, 2.9)
    pauses.begin(3, 60.0)

    assert pauses.take(70.0) is None


@pytest.mark.parametrize("pauses", [after(2.0, None), after(None), Pauses(1.0)])
def test_without_a_wish_or_a_word_there_is_no_pause(pauses: Pauses) -> None:
    assert pauses.take(100.0) is None
