"""What sessions hear, held against the product's own segmenter."""

from collections.abc import Iterator
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.capacity.cues import CHUNK, FRAME, Cue, Kind, Spurts, cues
from bench.capacity.script import HOP_SECONDS, WORD_SECONDS, script
from bench.capacity.talk import MEASURED, TALKS, voice_pattern
from bench.talk import sentences
from wsserver.audio.endpointer import DICTATION
from wsserver.audio.segmenter import Segmenter, SpeechStarted, UtteranceEnded
from wsserver.recognition.silero import SileroVoice
from wsserver.session.partials import Partials
from wsserver.speech import SAMPLE_RATE, DecodeOptions, Samples
from wsserver.text.guards import GuardLimits

HOP = round(HOP_SECONDS * SAMPLE_RATE)


class LevelVoice:
    """Hears voice where the middle of a frame is loud."""

    frame_samples = FRAME

    def initial_state(self) -> object:
        return None

    def __call__(self, frames: Samples, state: object) -> tuple[NDArray[np.float32], object]:
        return (frames[:, FRAME // 2] > 0.5).astype(np.float32), state


def heard_by_the_product(spurts: Spurts, samples: int) -> Iterator[Cue]:
    """Push the talk through a segmenter, in chunks, as a session does."""
    audio = np.zeros(samples, np.float32)
    for begin, end in spurts:
        audio[begin:end] = 1.0
    segmenter = Segmenter(LevelVoice(), DICTATION)
    partials, number, paused_at = Partials("s", HOP, GuardLimits()), 0, -1
    for now in range(CHUNK, samples + 1, CHUNK):
        for event in segmenter.push(audio[now - CHUNK : now]):
            if isinstance(event, SpeechStarted):
                number, paused_at = number + 1, -1
                partials.begin(number)
                yield Cue(now, Kind.BEGAN, -1, -1)
            elif isinstance(event, UtteranceEnded):
                yield Cue(now, Kind.ENDED, event.start, event.end)
        spoken = segmenter.open_utterance()
        if spoken and spoken.complete and spoken.end != paused_at:
            paused_at = spoken.end
            yield Cue(now, Kind.PAUSED, spoken.start, spoken.end)
        elif spoken and not spoken.complete and partials.due(spoken, DecodeOptions):
            yield Cue(now, Kind.GREW, spoken.start, spoken.end)


def without_places_of_beginnings(heard: Iterator[Cue]) -> list[Cue]:
    return [Cue(c.at, c.kind, -1, -1) if c.kind is Kind.BEGAN else c for c in heard]


@pytest.mark.parametrize("talk", TALKS)
@pytest.mark.parametrize("seed", [1, 2])
def test_cues_are_what_the_segmenter_makes_of_the_same_talk(talk: str, seed: int) -> None:
    samples = 40 * SAMPLE_RATE
    spurts = [spurt for spurt in TALKS[talk](Random(seed), 40.0) if spurt[1] <= samples]

    simulated = without_places_of_beginnings(cues(spurts, DICTATION, HOP, samples))

    assert simulated == without_places_of_beginnings(heard_by_the_product(spurts, samples))
    assert {cue.kind for cue in simulated} == set(Kind)


def test_talk_without_a_pause_is_cut_where_the_segmenter_cuts_it() -> None:
    samples = 40 * SAMPLE_RATE
    spurts = [(SAMPLE_RATE, 22 * SAMPLE_RATE), (22 * SAMPLE_RATE + 3000, 39 * SAMPLE_RATE)]

    simulated = without_places_of_beginnings(cues(spurts, DICTATION, HOP, samples))

    assert simulated == without_places_of_beginnings(heard_by_the_product(spurts, samples))
    first = next(cue for cue in simulated if cue.kind is Kind.ENDED)
    assert 22.0 < first.end / SAMPLE_RATE < 22.3


@pytest.mark.parametrize(("talk", "share"), [("dictation", 0.6), ("conversation", 0.385)])
def test_people_speak_the_share_of_time_that_the_model_says(talk: str, share: float) -> None:
    spurts = TALKS[talk](Random(3), 4000.0)

    voiced = sum(end - begin for begin, end in spurts) / SAMPLE_RATE
    assert voiced / 4000.0 == pytest.approx(share, abs=0.05)
    assert all(a[1] <= b[0] for a, b in pairwise(spurts))


def test_the_spurts_of_conversation_last_as_long_as_p59_says() -> None:
    spurts = TALKS["conversation"](Random(3), 6000.0)

    lengths = [(end - begin) / SAMPLE_RATE for begin, end in spurts]
    pauses = [(b[0] - a[1]) / SAMPLE_RATE for a, b in pairwise(spurts)]
    assert np.mean(lengths) == pytest.approx(1.004, rel=0.06)
    assert np.mean(pauses) == pytest.approx(1.587, rel=0.06)


def test_the_patterns_of_dictation_are_those_of_the_samples() -> None:
    said = np.frombuffer(sentences()[0], np.int16).astype(np.float32) / np.float32(32_768)

    pattern = voice_pattern(said, SileroVoice())

    assert str(list(pattern)) in MEASURED.read_text()


def test_words_come_at_the_pace_of_speech_and_within_utterances() -> None:
    told = script("dictation", 5, 120.0)

    ended = [cue for cue in told.cues if cue.kind is Kind.ENDED]
    for word in told.words:
        assert any(c.start <= word * SAMPLE_RATE <= c.end for c in ended)
    assert 0.5 < len(told.words) * WORD_SECONDS / 120.0 < 0.7
