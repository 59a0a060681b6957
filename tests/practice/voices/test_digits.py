from pathlib import Path

import numpy as np
import pytest
import soundfile

from tools.practice.speech import RATE
from tools.practice.voices.digits import DIGITS, DigitsVoice
from tools.practice.voices.voice import NothingSaid, NoVoice


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Recordings of tones: the digit's number is its pitch."""
    (tmp_path / "recordings").mkdir()
    for digit in range(10):
        tone = np.sin(2 * np.pi * (200 + 100 * digit) * np.arange(2_400) / 8_000)
        path = tmp_path / "recordings" / f"{digit}_theo_0.wav"
        soundfile.write(path, np.pad(tone, 800), 8_000)
    return tmp_path


def test_digits_are_strung_together_with_rests_between(recordings: Path) -> None:
    utterance = DigitsVoice("theo", recordings).say("Three one, nine.")

    assert [word.text for word in utterance.words] == ["Three", "one,", "nine."]
    for word in utterance.words:
        assert word.end - word.start == pytest.approx(0.3, abs=0.01)
    assert utterance.words[0].end < utterance.words[1].start
    assert len(utterance.samples) / RATE == pytest.approx(utterance.words[-1].end + 0.05)


def test_each_digit_is_the_one_that_is_written(recordings: Path) -> None:
    for number, digit in enumerate(DIGITS):
        utterance = DigitsVoice("theo", recordings).say(digit)

        spectrum = np.abs(np.fft.rfft(utterance.samples))
        assert np.argmax(spectrum) * RATE / len(utterance.samples) == pytest.approx(
            200 + 100 * number, abs=10
        )


def test_the_same_text_sounds_the_same(recordings: Path) -> None:
    said = [DigitsVoice("theo", recordings).say("two two").samples for _ in range(2)]

    np.testing.assert_array_equal(said[0], said[1])


def test_phones_fill_their_digit(recordings: Path) -> None:
    (word,) = DigitsVoice("theo", recordings).say("six").words

    assert [phone.symbol for phone in word.phones] == ["S", "IH", "K", "S"]
    assert word.phones[0].start == word.start
    assert word.phones[-1].end == pytest.approx(word.end)


def test_people_of_whom_there_are_digits_say_nothing_else(recordings: Path) -> None:
    with pytest.raises(NothingSaid, match="'hello'"):
        DigitsVoice("theo", recordings).say("two hello")


def test_who_was_not_recorded_is_no_voice(recordings: Path) -> None:
    with pytest.raises(NoVoice, match="lucas saying one"):
        DigitsVoice("lucas", recordings).say("one")


def test_without_a_folder_there_is_no_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRACTICE_DIGITS", raising=False)

    with pytest.raises(NoVoice, match="PRACTICE_DIGITS"):
        DigitsVoice("theo").say("one")
