from dataclasses import dataclass, replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wsserver.audio.endpointer import Endpointing
from wsserver.audio.segmenter import Quiet, Segmenter, SpeechEvent, SpeechStarted, UtteranceEnded
from wsserver.speech import Samples

FRAME = 32
"""Samples, that is 2 ms."""

KNOBS = Endpointing(
    padding_ms=4,
    min_speech_ms=6,
    silence_ms=16,
    longest_ms=100,
    valley_ms=40,
    quiet_ms=40,
)


class FadingVoice:
    """A scripted model: voice is what is loud, or was so just before."""

    frame_samples = FRAME

    def initial_state(self) -> object:
        return 0.0

    def __call__(self, frames: Samples, state: object) -> tuple[NDArray[np.float32], object]:
        assert isinstance(state, float)
        heard = [state]
        for level in np.abs(frames).max(axis=1).tolist():
            heard.append(0.4 * heard[-1] + 0.6 * level)
        return np.array(heard[1:], np.float32), heard[-1]


def noise(levels: NDArray[np.float64]) -> Samples:
    """Make noise of the given levels of which no two stretches are alike."""
    fading = np.random.default_rng(0).uniform(0.98, 1, len(levels))
    samples: Samples = (levels * fading * np.resize([1, -1], len(levels))).astype(np.float32)
    return samples


def exact(event: SpeechEvent) -> tuple[object, ...]:
    """Put an event in values that can be compared bit for bit."""
    if not isinstance(event, UtteranceEnded):
        return (event,)
    where = (event.start, event.end, event.cut)
    return (*where, event.in_speech, event.forced, event.audio.tobytes())


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


def events_of(take: Take) -> list[SpeechEvent]:
    return [event for event, _ in run(Segmenter(FadingVoice(), KNOBS), take)]


@given(takes())
def test_chunking_changes_nothing(take: Take) -> None:
    chunked = events_of(take)

    whole = events_of(replace(take, sizes=()))
    assert [exact(event) for event in chunked] == [exact(event) for event in whole]


@given(takes())
def test_who_goes_on_at_a_cut_hears_the_same(take: Take) -> None:
    events = run(Segmenter(FadingVoice(), KNOBS), take)

    for number, (cut, ordered) in enumerate(events, start=1):
        if not isinstance(cut, SpeechStarted):
            resumed = Segmenter(FadingVoice(), KNOBS, cut.cut, cut.in_speech)
            found = [exact(event) for event, _ in run(resumed, take, cut.cut, ordered)]
            assert found == [exact(event) for event, _ in events[number:]]


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


@given(takes())
def test_an_utterance_is_a_short_slice_of_the_recording(take: Take) -> None:
    events = events_of(take)

    for event in events:
        if isinstance(event, UtteranceEnded):
            assert event.audio.tobytes() == take.samples[event.start : event.end].tobytes()
            assert len(event.audio) <= KNOBS.longest_ms * 16
            assert not event.audio.flags.writeable


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
