from dataclasses import replace

import pytest

from bench.peers.speech import Speech
from bench.peers.timing import Course, Delays, Read, delays

SPEECH = Speech(b"", ("the", "cat", "sat"), (1.0, 2.0, 3.0))
BEGAN = 100.0


def course(*reads: tuple[float, str], over: float | None = 4.0) -> Course:
    """Told in seconds since the first sample."""
    return Course(
        speech=SPEECH,
        began=BEGAN,
        stopped=BEGAN + 3.25,
        over=None if over is None else BEGAN + over,
        reads=tuple(Read(BEGAN + at, text) for at, text in reads),
    )


def test_a_words_lag_ends_with_the_first_message_that_holds_it() -> None:
    told = delays([course((1.5, "The"), (2.75, "the cat."), (3.0, "a cat"), (3.5, "The cat sat."))])

    assert told.words == (0.5, 0.75, 0.5)


def test_a_word_that_was_misheard_at_first_waits_for_its_mending() -> None:
    told = delays([course((2.5, "the cut"), (3.5, "the cat sat"))])

    assert told.words == (1.5, 1.5, 0.5)


def test_no_message_holds_a_word_that_nobody_has_said_yet() -> None:
    told = delays([course((1.25, "the cat sat"), (3.5, "the cat sat"))])

    assert told.words == (0.25, 1.5, 0.5)


def test_the_last_word_and_the_end_are_waited_for_from_the_stop() -> None:
    told = delays([course((3.5, "the cat sat"))])

    assert (told.last_words, told.overs) == ((0.25,), (0.75,))


def test_a_last_word_that_was_there_before_the_stop_was_not_waited_for() -> None:
    assert delays([course((3.1, "the cat sat"))]).last_words == (0.0,)


@pytest.mark.parametrize(
    ("text", "missing", "cut_off"),
    [
        ("the cat sat", 0, 0),
        ("the big cat sat", 0, 0),
        ("the sat", 1, 0),
        ("the cat", 1, 1),
        ("cat", 2, 1),
        ("", 3, 3),
    ],
)
def test_words_in_nothing_that_came_are_missing(text: str, missing: int, cut_off: int) -> None:
    told = delays([course((3.5, text))])

    assert (told.said, told.missing, told.cut_off) == (3, missing, cut_off)


def test_a_word_that_was_taken_back_for_good_is_missing() -> None:
    told = delays([course((2.5, "the cat"), (3.5, "the dog sat"))])

    assert told.missing == 1


def test_a_server_that_says_nothing_misses_everything() -> None:
    told = delays([course(over=None)])

    assert told == Delays((), (), (), said=3, missing=3, cut_off=3)


def test_sessions_add_up() -> None:
    one = course((3.5, "the cat sat"))

    told = delays([one, replace(one, reads=())])

    assert (told.said, told.missing, told.cut_off) == (6, 3, 3)
    assert told.last_words == (0.25,)
    assert told.overs == (0.75, 0.75)
