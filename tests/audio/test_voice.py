import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wsserver.audio.buffer import Buffer
from wsserver.audio.voice import BLOCK_FRAMES, VoiceTracker
from wsserver.speech import Samples

FRAME = 8


class FadingVoice:
    """A scripted model: the first sample of a frame, and half of what was heard before."""

    frame_samples = FRAME

    def __init__(self) -> None:
        self.calls: list[int] = []

    def initial_state(self) -> object:
        return 0.0

    def __call__(self, frames: Samples, state: object) -> tuple[NDArray[np.float32], object]:
        self.calls.append(len(frames))
        assert isinstance(state, float)
        heard = [state]
        for first in frames[:, 0].tolist():
            heard.append(first + heard[-1] / 2)
        return np.array(heard[1:], np.float32), heard[-1]


def buffer_of(samples: Samples, position: int = 0) -> Buffer:
    buffer = Buffer(1_000_000, position)
    buffer.append(samples)
    return buffer


def judge_all(tracker: VoiceTracker, buffer: Buffer) -> list[float]:
    judged: list[float] = []
    while probabilities := tracker.judge(buffer):
        judged += probabilities
    return judged


def test_only_whole_frames_are_judged() -> None:
    tracker = VoiceTracker(FadingVoice(), 100)

    judged = tracker.judge(buffer_of(np.ones(2 * FRAME + 3, np.float32), 100))

    assert list(judged) == [1.0, 1.5]
    assert tracker.position == 100 + 2 * FRAME


def test_nothing_waiting_is_no_call() -> None:
    model = FadingVoice()
    tracker = VoiceTracker(model, 0)

    judged = tracker.judge(buffer_of(np.ones(FRAME - 1, np.float32)))

    assert list(judged) == []
    assert model.calls == []


def test_much_audio_is_judged_in_blocks() -> None:
    model = FadingVoice()

    judge_all(VoiceTracker(model, 0), buffer_of(np.zeros(150 * FRAME, np.float32)))

    assert model.calls == [BLOCK_FRAMES, BLOCK_FRAMES, 150 - 2 * BLOCK_FRAMES]


def test_a_restart_forgets_what_was_heard() -> None:
    samples = np.random.default_rng(0).random(20 * FRAME, np.float32)
    buffer = buffer_of(samples)
    tracker = VoiceTracker(FadingVoice(), 0)
    judge_all(tracker, buffer)

    tracker.restart(37)
    again = judge_all(tracker, buffer)

    fresh = judge_all(VoiceTracker(FadingVoice(), 37), buffer_of(samples[37:], 37))
    assert again == fresh


def test_an_unfinished_frame_is_filled_up_with_silence_and_not_remembered() -> None:
    samples = np.full(FRAME + 3, 0.5, np.float32)
    tracker = VoiceTracker(FadingVoice(), 0)
    buffer = buffer_of(samples)
    tracker.judge(buffer)

    rest = tracker.judge_rest(buffer)
    buffer.append(np.full(FRAME - 3, 0.5, np.float32))

    assert rest == 0.75
    assert list(tracker.judge(buffer)) == [0.75]


@given(sizes=st.lists(st.integers(0, 100), max_size=20))
def test_chunking_does_not_change_the_probabilities(sizes: list[int]) -> None:
    samples = np.random.default_rng(1).random(999, np.float32)
    tracker, buffer = VoiceTracker(FadingVoice(), 0), Buffer(1_000)
    judged, at = [], 0

    for size in [*sizes, len(samples)]:
        buffer.append(samples[at : at + size])
        judged += judge_all(tracker, buffer)
        at += size

    assert judged == judge_all(VoiceTracker(FadingVoice(), 0), buffer_of(samples))
