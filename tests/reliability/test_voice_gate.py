"""What the voice model and the endpointer let through: no sound without a voice, all speech."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.reliability import corpus, spoken
from tests.reliability.spoken import SENTENCES, WORDS, Speech
from wsserver.audio.endpointer import DICTATION
from wsserver.audio.segmenter import Segmenter, UtteranceEnded
from wsserver.recognition.silero import SileroVoice
from wsserver.speech import SAMPLE_RATE, Samples

VOICE = SileroVoice()
BLOCK = SAMPLE_RATE // 20

SPEAKERS = (SENTENCES[0], SENTENCES[4], SENTENCES[7], SENTENCES[9], SENTENCES[10])
"""A sentence by each of the five voices."""

STATES: dict[str, Callable[[Speech], Speech]] = {
    "as it is": lambda speech: speech,
    "20 dB softer": lambda speech: spoken.faint(speech, -20),
    "30 dB softer": lambda speech: spoken.faint(speech, -30),
    "10 dB above noise": lambda speech: spoken.in_noise(speech, 10),
    "5 dB above noise": lambda speech: spoken.in_noise(speech, 5),
    "5 dB above hiss": lambda speech: spoken.in_noise(speech, 5, slope_db=0),
    "clipped": spoken.clipped,
    "with an offset": spoken.with_offset,
    "after a silence": lambda speech: spoken.after_silence(speech, 3.0),
    "whispered": spoken.whispered,
}


def utterances(sound: Samples) -> list[UtteranceEnded]:
    segmenter = Segmenter(VOICE, DICTATION)
    events = segmenter.push(sound) + segmenter.cut()
    return [event for event in events if isinstance(event, UtteranceEnded)]


def is_covered(speech: Speech) -> bool:
    """Tell whether every sample from the first to the last sound of the speaker is in a window."""
    left = np.zeros(len(speech.sound), bool)
    left[speech.begin : speech.end] = True
    for utterance in utterances(speech.sound):
        left[utterance.start : utterance.end] = False
    return not left.any()


@pytest.mark.parametrize("name", corpus.WITHOUT_VOICE)
def test_a_sound_without_a_voice_is_no_utterance(name: str) -> None:
    sound = corpus.WITHOUT_VOICE[name]()

    assert utterances(sound) == []


def test_babble_is_voice_so_that_what_is_invented_of_it_is_for_the_guards() -> None:
    voices = [spoken.sentence(name).sound for name in SENTENCES]

    levels = {level: utterances(corpus.babble(voices, level)) for level in (-35, -70)}

    assert len(levels[-35]) == 1
    assert levels[-70] == []


@pytest.mark.parametrize("name", SPEAKERS)
@pytest.mark.parametrize("state", STATES)
def test_speech_is_covered_from_its_first_sound_to_its_last(state: str, name: str) -> None:
    speech = STATES[state](spoken.sentence(name))

    assert is_covered(speech)


@pytest.mark.parametrize("said", WORDS)
def test_a_single_word_is_covered(said: str) -> None:
    alone = spoken.word(said)

    assert is_covered(alone)
    assert is_covered(spoken.faint(alone, -20))
    assert is_covered(spoken.in_noise(alone, 10))


@pytest.mark.parametrize("name", SPEAKERS)
def test_speech_that_is_cut_off_anywhere_is_covered_up_to_the_cut(name: str) -> None:
    speech = spoken.sentence(name)
    # A scrap shorter than this may be taken for a click: it holds no word.
    first = speech.begin + 3 * BLOCK

    for at in range(first, speech.end + 1, BLOCK):
        assert is_covered(spoken.cut_off(speech, at)), at


@pytest.mark.parametrize("name", SPEAKERS)
def test_speech_that_is_joined_anywhere_is_covered_from_there_on(name: str) -> None:
    speech = spoken.sentence(name)

    for at in range(speech.begin, speech.end - 4 * BLOCK, BLOCK):
        assert is_covered(spoken.cut_in(speech, at)), at


@pytest.mark.parametrize("said", ["door", "house"])
def test_a_minute_of_one_word_is_covered_by_utterances_without_a_gap(said: str) -> None:
    speech = spoken.minute_of(said)

    found = utterances(speech.sound)

    assert is_covered(speech)
    assert [utterance.end for utterance in found[:-1]] == [each.start for each in found[1:]]


def test_each_sentence_between_other_sounds_is_one_utterance_and_no_sound_is_a_long_one() -> None:
    sounds = [make() for make in corpus.WITHOUT_VOICE.values()]
    parts: list[Samples | Speech] = []
    for number, sound in enumerate(sounds):
        parts += [sound, spoken.sentence(SENTENCES[number % len(SENTENCES)])]
    stream, extents = laid_out(parts)

    found = utterances(stream)

    holding = [[each for each in found if each.start <= b < e <= each.end] for b, e in extents]
    assert [len(each) for each in holding] == [1] * len(sounds)
    # Silero takes the onset of some tones for voice if there was digital silence before them.
    others = [each for each in found if [each] not in holding]
    assert all(each.end - each.start < SAMPLE_RATE for each in others)


def laid_out(parts: list[Samples | Speech]) -> tuple[Samples, list[tuple[int, int]]]:
    """Play *parts* one after the other; say where in it somebody speaks."""
    sounds: list[Samples] = []
    extents: list[tuple[int, int]] = []
    at = 0
    for part in parts:
        sound = part.sound if isinstance(part, Speech) else part
        if isinstance(part, Speech):
            extents.append((at + part.begin, at + part.end))
        sounds += [sound, corpus.silence(0.5)]
        at += len(sound) + len(sounds[-1])
    return np.concatenate(sounds), extents
