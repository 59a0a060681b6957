from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from wsserver.audio.endpointer import Endpointing
from wsserver.audio.segmenter import (
    Quiet,
    Segmenter,
    SpeechEvent,
    SpeechStarted,
    Utterance,
    UtteranceEnded,
)
from wsserver.speech import Samples

FRAME = 32
"""Samples, that is 2 ms; in a script a letter is a frame."""

KNOBS = Endpointing(
    padding_ms=4,
    min_speech_ms=6,
    silence_ms=16,
    longest_ms=100,
    valley_ms=40,
    quiet_ms=40,
)


class LevelVoice:
    """A scripted model: voice is what is loud, with *memory* of what was loud before."""

    frame_samples = FRAME

    def __init__(self, memory: float = 0.0) -> None:
        self._memory = memory
        self.calls: list[int] = []

    def initial_state(self) -> object:
        return 0.0

    def __call__(self, frames: Samples, state: object) -> tuple[NDArray[np.float32], object]:
        assert isinstance(state, float)
        self.calls.append(len(frames))
        heard = [state]
        for level in np.abs(frames).max(axis=1).tolist():
            heard.append(self._memory * heard[-1] + (1 - self._memory) * level)
        return np.array(heard[1:], np.float32), heard[-1]


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


def exact(event: SpeechEvent) -> tuple[object, ...]:
    """Put an event in values that can be compared bit for bit."""
    if not isinstance(event, UtteranceEnded):
        return (event,)
    where = (event.start, event.end, event.cut)
    return (*where, event.in_speech, event.forced, event.audio.tobytes())


# What happens in a script -----------------------------------------------------------------------


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
    ],
)
def test_silence_ends_an_utterance(script: str, events: list[str]) -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)

    found = segmenter.push(sound(script))

    assert [words(event) for event in found] == events


@pytest.mark.parametrize(
    ("script", "events"),
    [
        ("." * 19, []),
        ("." * 20, ["quiet 18"]),
        ("." * 38, ["quiet 18", "quiet 36"]),
        # An onset is waited for.
        ("." * 18 + "vv.", ["quiet 19"]),
        ("." * 18 + "vvv", ["started 18"]),
    ],
)
def test_silence_is_left_behind_from_time_to_time(script: str, events: list[str]) -> None:
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


@dataclass(frozen=True)
class Open:
    script: str
    span: tuple[float, float] | None
    complete: bool = False


@pytest.mark.parametrize(
    "case",
    [
        Open("....", None),
        Open("....vv", None),
        Open("....vvv", (2, 7)),
        Open("....vvvvvv", (2, 10)),
        Open("....vvv.", (2, 8)),
        Open("....vvv..", (2, 9), complete=True),
        Open("....vvv....", (2, 9), complete=True),
        Open("....vvv....v", (2, 12)),
        Open("....vvv........", None),
    ],
    ids=lambda case: case.script,
)
def test_the_utterance_that_goes_on_can_be_looked_at(case: Open) -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)
    samples = sound(case.script)
    segmenter.push(samples)

    found = segmenter.open_utterance()

    if case.span is None:
        assert found is None
    else:
        start, end = (int(frames * FRAME) for frames in case.span)
        assert isinstance(found, Utterance)
        assert (found.start, found.end, found.complete) == (start, end, case.complete)
        assert found.audio.tolist() == samples[start:end].tolist()


def test_a_complete_utterance_ends_just_so_if_voice_does_not_come_back() -> None:
    segmenter = Segmenter(LevelVoice(), KNOBS)
    segmenter.push(sound("....vvv..."))
    before = segmenter.open_utterance()

    ended = segmenter.push(sound("....."))[-1]

    assert isinstance(before, Utterance)
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


# What holds for any audio -----------------------------------------------------------------------


@dataclass(frozen=True)
class Take:
    """A recording, how it is pushed, and where cuts are ordered."""

    samples: Samples
    loud: NDArray[np.bool_]
    sizes: tuple[int, ...]
    orders: tuple[int, ...]

    def __repr__(self) -> str:
        edges = np.flatnonzero(np.diff(self.loud)) + 1
        return f"Take({len(self.samples)}, {edges.tolist()}, {self.sizes}, {self.orders})"


@st.composite
def takes(draw: st.DrawFn) -> Take:
    lengths = st.one_of(st.integers(1, 150), st.integers(1, 800), st.integers(1_600, 4_000))
    levels = st.sampled_from([0.0, 0.1, 0.4, 1.0, 1.0, 1.0])
    pieces = draw(st.lists(st.tuples(lengths, levels), min_size=1, max_size=16))
    level = np.repeat([level for _, level in pieces], [length for length, _ in pieces])
    sizes = draw(st.lists(st.integers(0, 2_500), max_size=12))
    orders = draw(st.lists(st.integers(0, len(level)), max_size=3))
    return Take(noise(level), level == 1.0, tuple(sizes), tuple(sorted(orders)))


def run(
    segmenter: Segmenter, take: Take, position: int = 0, ordered: int = 0
) -> list[tuple[SpeechEvent, int]]:
    """Push *take* from *position* on and cut at its end.

    Gives the events, each with the number of cuts ordered so far; *ordered* were before.
    """
    stops = [(int(stop), False) for stop in np.cumsum(take.sizes) if stop < len(take.samples)]
    stops += [(stop, True) for stop in (*take.orders, len(take.samples))[ordered:]]
    events, at = [], position
    for stop, is_order in sorted(stops):
        found = segmenter.push(take.samples[at : max(stop, at)])
        at = max(stop, at)
        events += [(event, ordered) for event in found]
        if is_order:
            ordered += 1
            events += [(event, ordered) for event in segmenter.cut()]
    return events


def events_of(take: Take, memory: float = 0.4) -> list[SpeechEvent]:
    return [event for event, _ in run(Segmenter(LevelVoice(memory), KNOBS), take)]


@settings(max_examples=50, deadline=None)
@given(takes())
def test_chunking_changes_nothing(take: Take) -> None:
    chunked = events_of(take)

    whole = events_of(replace(take, sizes=()))
    assert [exact(event) for event in chunked] == [exact(event) for event in whole]


@settings(max_examples=50, deadline=None)
@given(takes())
def test_who_goes_on_at_a_cut_hears_the_same(take: Take) -> None:
    events = run(Segmenter(LevelVoice(0.4), KNOBS), take)

    for number, (cut, ordered) in enumerate(events, start=1):
        if not isinstance(cut, SpeechStarted):
            resumed = Segmenter(LevelVoice(0.4), KNOBS, cut.cut, cut.in_speech)
            found = [exact(event) for event, _ in run(resumed, take, cut.cut, ordered)]
            assert found == [exact(event) for event, _ in events[number:]]


@settings(max_examples=50, deadline=None)
@given(takes())
def test_utterances_come_in_order_and_do_not_overlap(take: Take) -> None:
    events = events_of(take)

    cut, started = 0, None
    for event in events:
        match event:
            case SpeechStarted():
                assert started is None
                started = event.at
            case Quiet():
                assert started is None
                assert event.cut >= cut
                cut = event.cut
            case UtteranceEnded():
                assert started is not None
                assert cut <= event.start <= started < event.end <= event.cut
                cut, started = event.cut, None
    assert started is None
    assert cut == len(take.samples)


@settings(max_examples=50, deadline=None)
@given(takes())
def test_an_utterance_is_a_short_slice_of_the_recording(take: Take) -> None:
    events = events_of(take)

    for event in events:
        if isinstance(event, UtteranceEnded):
            assert event.audio.tobytes() == take.samples[event.start : event.end].tobytes()
            assert len(event.audio) <= KNOBS.longest_ms * 16
            assert not event.audio.flags.writeable


@settings(max_examples=50, deadline=None)
@given(takes())
def test_no_voice_falls_between_utterances(take: Take) -> None:
    events = events_of(take)

    missed = take.loud.copy()
    cuts = {0, len(missed)}
    for event in events:
        if isinstance(event, UtteranceEnded):
            missed[event.start : event.end] = False
        if not isinstance(event, SpeechStarted):
            cuts.add(event.cut)
    # What is missed is too short to be speech: three frames, and two more cut by their borders.
    edges = np.flatnonzero(np.diff(missed, prepend=False, append=False))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        inner = [cut for cut in cuts if begin < cut < end]
        assert np.diff([begin, *sorted(inner), end]).max() < 5 * FRAME


# What it costs ----------------------------------------------------------------------------------


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
