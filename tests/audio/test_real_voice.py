from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from wsserver.audio.endpointer import CAPTIONING, DICTATION, Endpointing
from wsserver.audio.resampler import Resampler
from wsserver.audio.segmenter import Segmenter, SpeechEvent, SpeechStarted, UtteranceEnded
from wsserver.recognition.silero import SileroVoice
from wsserver.speech import SAMPLE_RATE, Samples

FOLDER = Path(__file__).parents[1] / "samples"
SENTENCES = {
    name: said.count(".") + said.count("?")
    for name, _, said in (
        line.split("\t") for line in (FOLDER / "transcripts.tsv").read_text().splitlines()[1:]
    )
}
"""How many sentences are spoken in each file."""

VOICE = SileroVoice()


def load(name: str) -> Samples:
    samples, rate = soundfile.read(FOLDER / name, dtype="float32", always_2d=True)
    resampler = Resampler(rate)
    mono = samples.mean(axis=1)
    return np.concatenate([resampler.push(mono), resampler.flush()])


def without_pauses(name: str) -> Samples:
    """Take out what is almost silent, as if the speaker never drew breath."""
    samples = load(name)
    blocks = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    spoken: Samples = blocks[np.abs(blocks).max(axis=1) > 0.01].ravel()
    return spoken


def run(segmenter: Segmenter, samples: Samples, chunk: int) -> list[SpeechEvent]:
    pushes = [samples[at : at + chunk] for at in range(0, len(samples), chunk)]
    return [event for push in pushes for event in segmenter.push(push)] + segmenter.cut()


def exact(event: SpeechEvent) -> tuple[object, ...]:
    if not isinstance(event, UtteranceEnded):
        return (event,)
    where = (event.start, event.end, event.cut)
    return (*where, event.in_speech, event.forced, event.audio.tobytes())


def utterances(events: list[SpeechEvent]) -> list[UtteranceEnded]:
    return [event for event in events if isinstance(event, UtteranceEnded)]


@pytest.mark.parametrize("profile", [DICTATION, CAPTIONING], ids=["dictation", "captioning"])
@pytest.mark.parametrize("name", SENTENCES)
def test_every_sentence_is_one_utterance_and_nothing_is_left_out(
    name: str, profile: Endpointing
) -> None:
    samples = load(name)

    found = utterances(run(Segmenter(VOICE, profile), samples, SAMPLE_RATE))

    assert len(found) == SENTENCES[name]
    for utterance in found:
        samples[utterance.start : utterance.end] = 0
    assert np.abs(samples).max() < 0.001


@pytest.mark.parametrize("chunk", [320, 4_801, 1_000_000])
def test_chunking_changes_nothing_of_real_speech(chunk: int) -> None:
    samples = load("flite-slt-long.wav")

    found = run(Segmenter(VOICE, CAPTIONING), samples, chunk)

    expected = run(Segmenter(VOICE, CAPTIONING), samples, SAMPLE_RATE)
    assert [exact(event) for event in found] == [exact(event) for event in expected]


def test_who_goes_on_at_a_cut_of_real_speech_hears_the_same() -> None:
    samples = without_pauses("en-us-long-48k-stereo.flac")
    knobs = Endpointing(silence_ms=400, longest_ms=3_000, valley_ms=1_500)
    events = run(Segmenter(VOICE, knobs), samples, 320)

    for number, cut in enumerate(events[:-1], start=1):
        if not isinstance(cut, SpeechStarted):
            resumed = Segmenter(VOICE, knobs, cut.cut, cut.in_speech)
            found = run(resumed, samples[cut.cut :], 1_000)
            assert [exact(event) for event in found] == [exact(event) for event in events[number:]]


def test_speech_without_a_pause_is_cut_without_losing_any() -> None:
    samples = without_pauses("en-us-long-48k-stereo.flac")
    knobs = Endpointing(silence_ms=400, longest_ms=3_000, valley_ms=1_500)

    found = utterances(run(Segmenter(VOICE, knobs), samples, SAMPLE_RATE))

    assert sum(utterance.forced for utterance in found) >= 4
    assert max(len(utterance.audio) for utterance in found) <= 3 * SAMPLE_RATE
    borders = [(one.end, other.start) for one, other in pairwise(found)]
    assert all(end == start for end, start in borders)
    assert (found[0].start, found[-1].end) == (0, len(samples))
