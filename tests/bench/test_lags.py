import math
from collections.abc import Sequence

import pytest

from bench.lags import Course, Lags, SentLog, percentile
from wsserver.audio.endpointer import DICTATION
from wsserver.messages import Done, Final, Partial

DECIDED_S = (DICTATION.silence_ms - DICTATION.padding_ms) / 1000


def sent_in_real_time(seconds: float, began: float = 100.0) -> SentLog:
    """Blocks of 100 ms, each sent the moment that it was spoken."""
    sent = SentLog()
    for number in range(1, round(seconds * 10) + 1):
        sent.note(1600, began + number / 10, began + number / 10)
    return sent


def course(sent: SentLog, ends: Sequence[float] = ()) -> Course:
    return Course(sent, DICTATION, lambda final: ends)


def partial(text: str, end: float) -> Partial:
    return Partial(utterance=1, text=text, committed=0, start=0.0, end=end, lag=0.0)


def final(text: str, end: float, utterance: int = 1) -> Final:
    return Final(utterance=utterance, text=text, start=0.0, end=end, through=0)


def done(duration: float, utterances: int = 1) -> Done:
    return Done(duration=duration, utterances=utterances)


@pytest.mark.parametrize(
    ("position", "at"),
    [(0.0, 100.1), (0.1, 100.1), (0.11, 100.2), (0.3, 100.3), (1.0, 101.0), (9.0, 101.0)],
)
def test_audio_has_left_when_the_block_that_completes_it_has(position: float, at: float) -> None:
    assert sent_in_real_time(1.0).when(position) == pytest.approx(at)


def test_nothing_was_sent_at_first() -> None:
    assert SentLog().samples == 0


@pytest.mark.parametrize(("q", "value"), [(0, 1.0), (50, 2.0), (100, 3.0)])
def test_percentiles_are_among_the_values(q: float, value: float) -> None:
    assert percentile([3.0, 1.0, 2.0], q) == value


def test_of_nothing_there_is_no_percentile() -> None:
    assert math.isnan(percentile([], 95))


def test_a_partial_is_as_late_as_its_last_sample_is_old() -> None:
    watched = course(sent_in_real_time(2.0))

    watched.hear(partial("one", end=1.0), 101.3)

    assert watched.lags().partials == pytest.approx([0.3])


def test_a_word_is_as_late_as_the_first_text_that_holds_it() -> None:
    watched = course(sent_in_real_time(3.0), ends=[0.4, 0.8, 1.2])
    watched.hear(partial("one", end=0.5), 100.7)
    watched.hear(partial("one too", end=1.0), 101.2)
    watched.hear(partial("one", end=1.1), 101.3)

    watched.hear(final("one two three", end=1.5), 102.0)

    assert watched.lags().words == pytest.approx([0.3, 0.4, 0.8])


def test_a_final_after_an_endpoint_is_as_late_as_the_silence_that_decided_it() -> None:
    watched = course(sent_in_real_time(3.0))

    watched.hear(final("one", end=1.0), 100 + 1.0 + DECIDED_S + 0.25)

    assert watched.lags().endpoints == pytest.approx([0.2], abs=0.051)
    assert watched.lags().finishes == []


def test_a_final_after_finish_is_as_late_as_finish_is_old() -> None:
    watched = course(sent_in_real_time(3.0))
    watched.finish(103.0)

    watched.hear(final("one", end=1.0), 103.1)
    watched.hear(final("two", end=3.0, utterance=2), 103.4)

    assert watched.lags().finishes == pytest.approx([0.4])
    assert len(watched.lags().endpoints) == 1


def test_audio_that_the_server_did_not_count_is_lost() -> None:
    watched = course(sent_in_real_time(3.0))
    watched.hear(final("one", end=1.0), 102.0)

    watched.hear(done(2.5), 103.0)

    assert watched.lags().lost_seconds == 0.5
    assert watched.lags().unfinished == 0


def test_a_session_without_all_its_finals_is_unfinished() -> None:
    watched = course(sent_in_real_time(3.0))

    watched.hear(done(3.0), 103.0)

    assert watched.lags().unfinished == 1


def test_the_lags_of_sessions_add_up() -> None:
    lags = Lags(words=[1.0], utterances=1)

    lags.add(
        Lags(
            words=[2.0],
            finishes=[0.5],
            utterances=2,
            lost_seconds=0.1,
            unfinished=1,
            held_seconds=0.2,
        )
    )

    assert lags == Lags([1.0, 2.0], [], [], [0.5], 3, 0.1, 1, 0.2)


def test_audio_that_the_server_held_up_is_told() -> None:
    sent = SentLog()
    sent.note(1600, at=100.1, spoken=100.1)
    sent.note(1600, at=101.5, spoken=100.2)

    assert course(sent).lags().held_seconds == pytest.approx(1.3)
