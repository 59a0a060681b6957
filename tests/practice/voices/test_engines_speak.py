import itertools

import numpy as np
import pytest

from tests.practice.voices.engines import can_speak
from tools.practice.speech import RATE, Utterance
from tools.practice.voices import roster
from tools.practice.voices.phones import INVENTORY
from tools.practice.voices.voice import Manner, NoVoice

SAID = "Hello, I don't know. It's at the end of a fire."
VOICES = ("en-us", "en-gb-scotland+f3", "en+klatt2", "flite-kal", "flite-kal16", "flite-slt")


@pytest.fixture(params=VOICES)
def voice(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if not can_speak(name):
        pytest.skip(f"{name} is not here; on Debian: apt install espeak-ng libflite1")
    return name


def _say(name: str, manner: Manner) -> Utterance:
    return roster.voice(name).say(SAID, manner)


def _loudness(utterance: Utterance, start: float, end: float) -> float:
    return float(np.std(utterance.samples[round(start * RATE) : round(end * RATE)]))


def test_every_word_has_phones_within_it(voice: str) -> None:
    utterance = _say(voice, Manner())

    assert " ".join(word.text for word in utterance.words) == SAID
    for word in utterance.words:
        times = [time for phone in word.phones for time in (phone.start, phone.end)]
        assert [word.start, *times, word.end] == sorted([word.start, *times, word.end])
        assert {phone.symbol for phone in word.phones} <= set(INVENTORY)


def test_words_follow_each_other_within_the_sound(voice: str) -> None:
    utterance = _say(voice, Manner(size=1.1))

    for before, after in itertools.pairwise(utterance.words):
        assert before.start < before.end <= after.start + 1e-6
    assert utterance.words[0].start >= 0
    assert utterance.words[-1].end <= len(utterance.samples) / RATE + 1e-3


def test_the_pause_between_sentences_is_quiet_and_in_no_word(voice: str) -> None:
    utterance = _say(voice, Manner())

    know, its = utterance.words[3:5]

    assert its.start - know.end > 0.05
    assert _loudness(utterance, know.end + 0.02, its.start - 0.02) < 0.3 * _loudness(
        utterance, know.start, know.end
    )


def test_a_faster_speaker_takes_less_time(voice: str) -> None:
    slow, fast = (len(_say(voice, Manner(speed=speed)).samples) for speed in (0.8, 1.25))

    assert fast < 0.8 * slow


def test_a_larger_speaker_takes_no_more_time(voice: str) -> None:
    small, large = (len(_say(voice, Manner(size=size)).samples) for size in (0.9, 1.12))

    assert large == pytest.approx(small, rel=0.12)


def test_what_was_said_before_hardly_matters(voice: str) -> None:
    first = _say(voice, Manner())
    _say(voice, Manner(speed=1.2, pitch=1.2, liveliness=0.2, gap_ms=100))

    again = _say(voice, Manner())

    assert len(again.samples) == pytest.approx(len(first.samples), rel=0.03)
    for word, before in zip(again.words, first.words, strict=True):
        assert word.start == pytest.approx(before.start, abs=0.06)


def test_a_rest_after_every_word_makes_it_longer() -> None:
    if not can_speak("en-us"):
        pytest.skip("espeak-ng is not here; on Debian: apt install espeak-ng")

    lengths = [len(_say("en-us", Manner(gap_ms=gap_ms)).samples) / RATE for gap_ms in (0, 200)]

    assert lengths[1] > lengths[0] + 1


def test_flite_may_read_a_word_as_if_it_were_another() -> None:
    if not can_speak("flite-kal16"):
        pytest.skip("flite is not here; on Debian: apt install libflite1")

    utterance = roster.voice("flite-kal16").say("I've read it twice.")

    assert [phone.symbol for phone in utterance.words[1].phones] == ["R", "EH", "D"]
    assert [word.text for word in utterance.words] == ["I've", "read", "it", "twice."]


def test_an_accent_that_espeak_has_not_is_no_voice() -> None:
    if not can_speak("en-us"):
        pytest.skip("espeak-ng is not here; on Debian: apt install espeak-ng")

    with pytest.raises(NoVoice, match="en-moon"):
        roster.voice("en-moon").say("One.")
