import dataclasses
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from wsserver.audio.endpointer import (
    CAPTIONING,
    DICTATION,
    TRANSITIONS,
    Endpointer,
    Endpointing,
    Event,
    State,
    Verdict,
)

FRAME = 16
"""Samples: with frames of one millisecond a letter of a script is a millisecond."""

KNOBS = Endpointing(
    padding_ms=2,
    min_speech_ms=3,
    silence_ms=5,
    longest_ms=30,
    valley_ms=10,
    quiet_ms=12,
)
PROBABILITIES = {"v": 0.9, "?": 0.4, ".": 0.1}


def hear(script: str, in_speech: bool = False, position: int = 0) -> tuple[Endpointer, Verdict]:
    """Hear a script, a letter a frame: v for voice, ? for doubt, . for none."""
    endpointer, verdict = Endpointer(KNOBS, position, in_speech), Verdict.GO_ON
    for letter in script:
        assert verdict is Verdict.GO_ON, f"{verdict} before the end of {script!r}"
        verdict = endpointer.hear(PROBABILITIES[letter], FRAME)
    return endpointer, verdict


@pytest.mark.parametrize(
    ("script", "state"),
    [
        ("", State.SILENCE),
        ("...", State.SILENCE),
        ("??", State.SILENCE),
        (".v", State.ONSET),
        (".v?", State.ONSET),
        (".vv.", State.SILENCE),
        (".vv.vv", State.ONSET),
        (".vvv", State.SPEECH),
        (".v??", State.SPEECH),
        (".vvv?????????", State.SPEECH),
        (".vvv.", State.TRAILING),
        (".vvv.???", State.TRAILING),
        (".vvv....v", State.SPEECH),
    ],
)
def test_frames_move_the_state(script: str, state: State) -> None:
    endpointer, verdict = hear(script)

    assert (endpointer.state, verdict) == (state, Verdict.GO_ON)


@pytest.mark.parametrize(
    ("script", "state"),
    [
        ("", State.SPEECH),
        ("?", State.SPEECH),
        (".", State.TRAILING),
        ("..v", State.SPEECH),
    ],
)
def test_speech_goes_on_at_once_after_a_cut_in_its_midst(script: str, state: State) -> None:
    endpointer, _ = hear(script, in_speech=True)

    assert endpointer.state is state


@pytest.mark.parametrize(
    ("script", "in_speech", "verdict"),
    [
        ("vvv.....", False, Verdict.ENDED),
        ("vvv..??.", False, Verdict.ENDED),
        ("vvv....v.....", False, Verdict.ENDED),
        ("v??.....", True, Verdict.ENDED),
        ("v.v.v.....", True, Verdict.ENDED),
        (".....", True, Verdict.QUIET),
        ("vv.....", True, Verdict.QUIET),
        ("............", False, Verdict.QUIET),
        (".vv.........", False, Verdict.QUIET),
        # An onset is no time to stop listening.
        ("...........vv.", False, Verdict.QUIET),
        # 28 ms of voice, padding and the next frame fill the 30 ms.
        ("..vvvvvvvvvvvvvvvvvvvvvvvvvvvv", False, Verdict.OVERLONG),
        ("vvvvvvvvvvvvvvvvvvvvvvvvvvvvvv", True, Verdict.OVERLONG),
        ("vvvvvvvvvvvvvvvvvvvvvvvvvvvvv.", True, Verdict.OVERLONG),
    ],
)
def test_frames_lead_to_a_verdict(script: str, in_speech: bool, verdict: Verdict) -> None:
    endpointer, found = hear(script, in_speech)

    assert found is verdict
    assert endpointer.state is State.OVER


def test_sparse_voice_that_never_becomes_speech_is_given_up_before_it_is_overlong() -> None:
    knobs = dataclasses.replace(KNOBS, padding_ms=0, silence_ms=12)
    endpointer = Endpointer(knobs, 0, in_speech=True)
    script = "...........v...........v......"

    verdicts = [endpointer.hear(PROBABILITIES[letter], FRAME) for letter in script]

    assert verdicts == [Verdict.GO_ON] * 29 + [Verdict.QUIET]


@pytest.mark.parametrize(
    ("script", "in_speech", "start", "end"),
    [
        ("....vvv..", False, 2, 9),
        # The padding does not reach back over the cut before.
        (".vvv", False, 0, 6),
        # What was said before the onset that lasted does not count.
        ("...v...vvv", False, 5, 12),
        ("...vvv...v", False, 1, 12),
        # After a cut in the midst of speech nothing falls between two utterances.
        ("....v.", True, 0, 7),
    ],
)
def test_an_utterance_is_padded_on_both_sides(
    script: str, in_speech: bool, start: int, end: int
) -> None:
    endpointer, _ = hear(script, in_speech, position=1_000)

    assert endpointer.start == 1_000 + start * FRAME
    assert endpointer.end == 1_000 + end * FRAME


def test_in_silence_only_the_padding_of_a_coming_utterance_matters() -> None:
    endpointer, _ = hear("vv....")

    assert endpointer.start == endpointer.past == 4 * FRAME


def test_a_last_frame_may_be_short_and_decides_nothing() -> None:
    endpointer, _ = hear("vvv....")

    endpointer.conclude(PROBABILITIES["."], FRAME - 1)

    assert endpointer.state is State.TRAILING
    assert endpointer.position == 8 * FRAME - 1


def test_after_a_verdict_a_frame_is_illegal_and_changes_nothing() -> None:
    endpointer, _ = hear("vvv.....")
    before = repr(endpointer)

    with pytest.raises(RuntimeError, match="found VOICE in OVER, expected nothing more"):
        endpointer.hear(1.0, FRAME)

    assert repr(endpointer) == before


def test_an_event_that_is_not_in_the_table_is_illegal_and_changes_nothing() -> None:
    endpointer, _ = hear("...")

    with pytest.raises(RuntimeError, match="found CONFIRM in SILENCE, expected VOICE, DOUBT"):
        endpointer._move(Event.CONFIRM)

    assert endpointer.state is State.SILENCE


def test_every_state_is_in_the_table_and_can_be_reached() -> None:
    reached = {state for row in TRANSITIONS.values() for state in row.values()}

    assert TRANSITIONS.keys() == reached == set(State)


def test_it_says_what_it_has_heard() -> None:
    endpointer, _ = hear("....vvv")

    assert repr(endpointer) == "Endpointer(speech at 112, from 32)"


def test_dictation_is_the_default_and_captioning_is_more_impatient() -> None:
    assert Endpointing() == DICTATION
    assert CAPTIONING.silence_ms < DICTATION.silence_ms
    assert CAPTIONING.longest_ms < DICTATION.longest_ms


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"longest_ms": 30_001}, "found longest_ms 30001, expected at most .*30000"),
        ({"release_threshold": 0.6}, "found release_threshold 0.6, expected at most threshold"),
        ({"valley_ms": 14_001}, "found valley_ms 14001, expected at most half of longest_ms"),
        ({"padding_ms": 701}, "found padding_ms 701, expected at most silence_ms, 700"),
        ({"padding_ms": 600, "quiet_ms": 1_000}, "expected at most half of quiet_ms, 500"),
        (
            {"silence_ms": 13_800},
            "padding_ms .* silence_ms 14246, expected at most half of longest",
        ),
    ],
)
def test_knobs_that_contradict_each_other_are_refused(knobs: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(DICTATION, **knobs)


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"threshold": 1.5}, "less than 1"),
        ({"silence_ms": 0}, "greater than or equal to 100"),
        ({"longest_ms": 29_000, "valley_ms": 20_000}, "expected at most half of longest_ms"),
    ],
)
def test_a_configuration_is_checked_with_its_constraints(
    knobs: dict[str, float], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(Endpointing).validate_python(knobs)


def test_a_configuration_may_leave_out_what_it_does_not_change() -> None:
    read = TypeAdapter(Endpointing).validate_python({"silence_ms": 900})

    assert read == Endpointing(silence_ms=900)
