import numpy as np
import pytest

from tools.practice.speech import RATE, Phone, Word
from tools.practice.voices.take import Take, align
from tools.practice.voices.voice import NothingSaid

OF_THE = [
    Phone("AX", 0.1, 0.2),
    Phone("V", 0.2, 0.3),
    Phone("DH", 0.3, 0.4),
    Phone("AX", 0.4, 0.5),
]


def _heard(words: tuple[Word, ...]) -> list[tuple[str, str]]:
    return [(word.text, " ".join(phone.symbol for phone in word.phones)) for word in words]


def test_phones_belong_to_the_word_in_which_they_start() -> None:
    words = align(["of", "the"], [0.1, 0.3], OF_THE)

    assert _heard(words) == [("of", "AX V"), ("the", "DH AX")]
    assert [(word.start, word.end) for word in words] == [(0.1, 0.3), (0.3, 0.5)]


def test_words_that_run_together_share_their_phones_by_letters() -> None:
    words = align(["of", "th"], [0.1, None], OF_THE)

    assert _heard(words) == [("of", "AX V"), ("th", "DH AX")]


def test_a_word_without_a_sound_is_refused() -> None:
    with pytest.raises(NothingSaid, match="'the'"):
        align(["of", "the"], [0.1, 0.6], OF_THE)


def test_times_count_from_the_first_sample_that_is_kept() -> None:
    words = (Word("oh", 0.5, 0.7, (Phone("OW", 0.5, 0.7),)),)
    samples = np.ones(22_050, np.float32)

    utterance = Take(samples, 22_050, words).utterance("somebody", size=1.5)

    assert utterance.words[0].start == pytest.approx(0.03 * 1.5)
    assert utterance.words[0].phones[0].end == pytest.approx(0.23 * 1.5)
    assert len(utterance.samples) == pytest.approx(0.28 * 1.5 * RATE, abs=2)


def test_silence_is_not_taken_for_speech() -> None:
    with pytest.raises(NothingSaid, match="somebody gave no sound"):
        Take(np.zeros(100, np.float32), RATE, (Word("oh", 0, 1),)).utterance("somebody")
