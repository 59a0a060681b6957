from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from wsserver.audio.endpointer import Endpointing
from wsserver.audio.segmenter import Quiet, Segmenter, SpeechEvent, SpeechStarted, UtteranceEnded
from wsserver.speech import Samples

FRAME = 32
"""Samples, that is 2 ms; in a script a letter is a frame."""

KNOBS = Endpointing(
    padding_ms=4, min_speech_ms=6, silence_ms=16, longest_ms=100, valley_ms=40, quiet_ms=40
)


class LevelVoice:
    """A scripted model: voice is what is loud."""

    frame_samples = FRAME

    def __init__(self) -> None:
        self.calls: list[int] = []

    def initial_state(self) -> object:
        return None

    def __call__(self, frames: Samples, state: object) -> tuple[NDArray[np.float32], object]:
        self.calls.append(len(frames))
        return np.abs(frames).max(axis=1), None


def noise(levels: NDArray[np.float64]) -> Samples:
    """Make noise of the given levels of which no two stretches are alike."""
    fading = np.random.default_rng(0).uniform(0.98, 1, len(levels))
    samples: Samples = (levels * fading * np.resize([1, -1], len(levels))).astype(np.float32)
    return samples


def sound(script: str) -> Samples:
    """Speak a script, a letter a frame: v for voice, ? for doubt, . for none."""
    levels = [{"v": 0.9, "?": 0.4, ".": 0.01}[letter] for letter in script]
    return noise(np.repeat(levels, FRAME))


def words(event: SpeechEvent) -> str:
    """Put an event in words, its positions counted in frames."""
    match event:
        case SpeechStarted(at):
            return f"started {at / FRAME:g}"
        case Quiet(cut):
            said = f"quiet {cut / FRAME:g}"
        case UtteranceEnded(start, end, _, cut):
            said = f"ended {start / FRAME:g}-{end / FRAME:g} cut {cut / FRAME:g}"
            said += ", forced" if event.forced else ""
    return said + (", in speech" if event.in_speech else "")


@pytest.mark.parametrize(
    ("script", "events"),
    [
        ("", []),
        ("....vv....", []),
        ("....vvv", ["started 4"]),
        ("....vvv.......", ["started 4"]),
        ("....vvv........", ["started 4", "ended 2-9 cut 9"]),
        ("....v??.v......??", ["started 4", "ended 2-11 cut 11"]),
        # The padding of the next utterance does not reach back over the cut.
        (
            "vvv........" + "vvv........",
            ["started 0", "ended 0-5 cut 5", "started 11", "ended 9-16 cut 16"],
        ),
        (
            "vvv..v........" + "vvv",
            ["started 0", "ended 0-8 cut 8", "started 14"],
        ),
        # From time to time silence is left behind.
        ("." * 19, []),
        ("." * 20, ["quiet 18"]),
        ("." * 38, ["quiet 18", "quiet 36"]),
        # An onset is waited for.
        ("." * 18 + "vv.", ["quiet 19"]),
        ("." * 18 + "vvv", ["started 18"]),
    ],
)
def test_silence_ends_an_utterance(script: str, events: list[str]) -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)

    found = segmenter.push(sound(script))

    assert [words(event) for event in found] == events


@pytest.mark.parametrize(
    ("script", "events"),
    [
        # The dip of three frames is deepest in its middle, and the cut is in the frame's middle.
        (
            "v" * 36 + "..." + "v" * 11 + "." * 9,
            [
                "started 0",
                "ended 0-37.5 cut 37.5, forced, in speech",
                "started 38.5",
                "ended 37.5-52.5 cut 52.5",
            ],
        ),
        # A dip that lies too far back is passed over.
        (
            "v" * 26 + "..." + "v" * 9 + "???" + "v" * 9,
            ["started 0", "ended 0-39.5 cut 39.5, forced, in speech", "started 39.5"],
        ),
        # Where speech stops right after the cut, no utterance follows.
        (
            "v" * 45 + "." * 13,
            ["started 0", "ended 0-47.5 cut 47.5, forced, in speech", "quiet 53.5"],
        ),
    ],
)
def test_an_utterance_that_is_too_long_is_cut_in_its_valley(script: str, events: list[str]) -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)

    found = segmenter.push(sound(script))

    assert [words(event) for event in found] == events


@pytest.mark.parametrize(
    ("script", "events"),
    [
        ("", ["quiet 0"]),
        ("....", ["quiet 4"]),
        ("..vv.", ["quiet 5"]),
        ("...v", ["started 3", "ended 1-4 cut 4, in speech"]),
        ("..vvv.", ["started 2", "ended 0-6 cut 6, in speech"]),
        ("..vvv.....", ["started 2", "ended 0-7 cut 10, in speech"]),
        ("..vvv........", ["started 2", "ended 0-7 cut 7", "quiet 13"]),
    ],
)
def test_a_cut_by_order_takes_all_that_was_pushed(script: str, events: list[str]) -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)

    found = segmenter.push(sound(script)) + segmenter.cut()

    assert [words(event) for event in found] == events


@pytest.mark.parametrize(
    ("pushed", "events"),
    [
        (3.5, ["started 3", "ended 1-3.5 cut 3.5, in speech"]),
        (5.25, ["started 3", "ended 1-5.25 cut 5.25, in speech"]),
        (6.25, ["started 3", "ended 1-6.25 cut 6.25, in speech"]),
        (2.75, ["quiet 2.75"]),
    ],
)
def test_a_cut_by_order_judges_an_unfinished_frame(pushed: float, events: list[str]) -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)

    found = segmenter.push(sound("...vvv...")[: int(pushed * FRAME)]) + segmenter.cut()

    assert [words(event) for event in found] == events


@pytest.mark.parametrize(
    ("script", "events"),
    [
        ("v.v.v........", ["started 0", "ended 0-7 cut 7"]),
        ("...vvv........", ["started 3", "ended 0-8 cut 8"]),
        ("vv........", ["quiet 8"]),
        ("........", ["quiet 6"]),
    ],
)
def test_speech_goes_on_after_a_cut_in_its_midst(script: str, events: list[str]) -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS, in_speech=True)

    found = segmenter.push(sound(script))

    assert [words(event) for event in found] == events


def test_two_cuts_in_one_place_keep_the_speech_going() -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)

    found = segmenter.push(sound("vvv")) + segmenter.cut() + segmenter.cut()

    assert [words(event) for event in found] == [
        "started 0",
        "ended 0-3 cut 3, in speech",
        "quiet 3, in speech",
    ]


@pytest.mark.parametrize("script", ["....", "....vv", "....vvv........"])
def test_without_speech_there_is_no_open_utterance(script: str) -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)
    segmenter.push(sound(script))

    assert segmenter.open_utterance() is None


@pytest.mark.parametrize(
    ("script", "start", "end", "complete"),
    [
        ("....vvv", 2, 7, False),
        ("....vvvvvv", 2, 10, False),
        ("....vvv.", 2, 8, False),
        ("....vvv..", 2, 9, True),
        ("....vvv....", 2, 9, True),
        ("....vvv....v", 2, 12, False),
    ],
)
def test_the_utterance_that_goes_on_can_be_looked_at(
    script: str, start: int, end: int, complete: bool
) -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)
    samples = sound(script)
    segmenter.push(samples)

    found = segmenter.open_utterance()

    assert found is not None
    assert (found.start, found.end, found.complete) == (start * FRAME, end * FRAME, complete)
    assert found.audio.tolist() == samples[found.start : found.end].tolist()


def test_a_complete_utterance_ends_just_so_if_voice_does_not_come_back() -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)
    segmenter.push(sound("....vvv..."))
    before = segmenter.open_utterance()

    ended = segmenter.push(sound("....."))[-1]

    assert before is not None
    assert isinstance(ended, UtteranceEnded)
    assert before.complete
    assert (before.start, before.end) == (ended.start, ended.end)
    assert before.audio.tobytes() == ended.audio.tobytes()


def test_positions_begin_where_the_segmenter_does() -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS, position=100 * FRAME)

    found = segmenter.push(sound("....vvv........"))

    assert [words(event) for event in found] == ["started 104", "ended 102-109 cut 109"]


def test_it_says_what_it_is_at() -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)

    segmenter.push(sound("....vvv"))

    assert repr(segmenter).startswith(
        "Segmenter(Endpointer(speech at 224, from 64), Buffer(64..224"
    )


@pytest.mark.parametrize("level", [0.0, 1.0], ids=["silence", "speech"])
def test_memory_stays_bounded_without_end(level: float) -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)
    chunk = noise(np.full(777, level))

    held = []
    for _ in range(500):
        segmenter.push(chunk)
        held.append((len(segmenter._buffer._room), len(segmenter._probabilities)))

    most_samples = KNOBS.longest_ms * 16 + len(chunk) + FRAME
    assert max(room for room, _ in held) <= 2 * most_samples
    assert max(count for _, count in held) <= most_samples // FRAME


def test_much_audio_at_once_is_judged_in_blocks() -> None:
    voice = LevelVoice()

    Segmenter(voice, replace(KNOBS, quiet_ms=60_000)).push(sound("." * 1_000))

    assert voice.calls == [64] * 15 + [40]


def test_live_audio_is_judged_as_it_comes() -> None:
    voice = LevelVoice()
    segmenter = Segmenter(voice, KNOBS)

    for _ in range(6):
        segmenter.push(noise(np.zeros(FRAME // 2)))

    assert voice.calls == [1, 1, 1]


def test_far_more_audio_than_is_ever_held_can_be_pushed_at_once() -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)

    events = segmenter.push(sound("." * 20 * 500))

    assert len(segmenter._buffer._room) < 10_000
    assert len(events) == 555
