"""What is foreseen changes nothing: with answers ready or not, foreseen rightly or not."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from wsserver.audio.endpointer import Endpointing
from wsserver.audio.intake import Intake
from wsserver.audio.pcm import Format
from wsserver.audio.segmenter import SpeechEvent, UtteranceEnded
from wsserver.errors import BadAudio
from wsserver.speech import Samples

KNOBS = Endpointing(
    padding_ms=4, min_speech_ms=6, silence_ms=16, longest_ms=100, valley_ms=40, quiet_ms=40
)


class FadingVoice:
    """A scripted model: voice is what is loud, or was so just before."""

    frame_samples = 32

    def __init__(self) -> None:
        self.calls = 0

    def initial_state(self) -> object:
        return 0.0

    def __call__(self, frames: Samples, state: object) -> tuple[NDArray[np.float32], object]:
        self.calls += 1
        assert isinstance(state, float)
        heard = [state]
        for level in np.abs(frames).max(axis=1).tolist():
            heard.append(0.4 * heard[-1] + 0.6 * level)
        return np.array(heard[1:], np.float32), heard[-1]


def recording(seed: int, samples: int) -> bytes:
    """Loud and quiet stretches of which no two are alike, as s16le."""
    chance = np.random.default_rng(seed)
    levels = np.repeat(chance.choice([0, 20_000], samples // 100 + 1), 100)[:samples]
    return (levels * chance.uniform(0.9, 1, samples)).astype("<i2").tobytes()


def exact(events: Sequence[SpeechEvent]) -> list[object]:
    return [
        (event.start, event.end, event.cut, event.in_speech, event.forced, event.audio.tobytes())
        if isinstance(event, UtteranceEnded)
        else event
        for event in events
    ]


def intake(rate: int = 16_000) -> tuple[Intake, FadingVoice]:
    voice = FadingVoice()
    return Intake(Format.of("s16le", rate, 1), KNOBS, voice), voice


CHUNKS = st.lists(
    st.tuples(
        st.integers(0, 3_000),
        st.sampled_from(["not", "asked", "answered", "another", "cut between", "cut after"]),
    ),
    max_size=25,
)


@settings(deadline=None)
@given(chunks=CHUNKS, rate=st.sampled_from([16_000, 44_100, 48_000]), seed=st.integers(0, 9))
def test_what_is_foreseen_changes_nothing(
    chunks: list[tuple[int, str]], rate: int, seed: int
) -> None:
    (plain, _), (foreseeing, voice) = intake(rate), intake(rate)
    data, at = recording(seed, sum(size for size, _ in chunks)), 0
    for size, how in chunks:
        chunk, at = data[at : at + 2 * size], at + 2 * size
        if how != "not":
            asked = foreseeing.foresee(b"\1\1" * 200 if how == "another" else chunk)
            if asked and how != "asked":
                asked.answer = voice(asked.frames, asked.state)
        expected, heard = list[object](), list[object]()
        for intake_, events in ((plain, expected), (foreseeing, heard)):
            if how == "cut between":
                events += exact(intake_.cut())
            events += exact(intake_.push(chunk))
            if how == "cut after":
                events += exact(intake_.cut())

        assert heard == expected
        assert foreseeing.received == plain.received

    assert exact(foreseeing.cut()) == exact(plain.cut())


def test_an_answer_that_is_ready_is_not_asked_for_again() -> None:
    hearing, voice = intake()
    chunk = recording(0, 320)

    asked = hearing.foresee(chunk)
    assert asked is not None
    asked.answer = np.full(10, 0.25, np.float32), 0.25
    hearing.push(chunk)

    assert asked.frames.shape == (10, 32)
    assert voice.calls == 0


def test_an_answer_to_something_else_is_not_believed() -> None:
    hearing, voice = intake()

    asked = hearing.foresee(recording(0, 320))
    assert asked is not None
    asked.answer = np.ones(10, np.float32), 1.0
    hearing.push(bytes(640))

    assert voice.calls == 1


def test_less_than_a_frame_asks_nothing() -> None:
    hearing, _ = intake()

    assert hearing.foresee(bytes(2 * 31)) is None
    hearing.push(bytes(2 * 31))
    assert hearing.foresee(bytes(2)) is not None


def test_samples_that_are_no_numbers_count_once() -> None:
    hearing = Intake(Format.of("f32le", 16_000, 1), KNOBS, FadingVoice())
    chunk = np.full(50, np.nan, "<f4").tobytes()

    hearing.foresee(chunk)
    before = hearing.replaced
    hearing.push(chunk)

    assert (before, hearing.replaced) == (0, 50)


def test_half_a_sample_is_refused_as_ever() -> None:
    hearing, _ = intake()

    with pytest.raises(BadAudio, match="found 3 bytes"):
        hearing.foresee(bytes(3))
    with pytest.raises(BadAudio, match="found 3 bytes"):
        hearing.push(bytes(3))
