import pytest

from tests.practice.voices.engines import can_speak
from tools.practice.speech import RATE
from tools.practice.voices.festival import FestivalVoice, _spread
from tools.practice.voices.voice import NoVoice

KAL = "festival-kal_diphone"


def test_words_share_the_time_by_their_letters() -> None:
    words = _spread(["I", "see"], 1.0, 3.0)

    assert [(word.text, word.start, word.end) for word in words] == [
        ("I", 1.0, 1.5),
        ("see", 1.5, 3.0),
    ]


def test_festival_says_a_sentence() -> None:
    if not can_speak(KAL):
        pytest.skip("festival is not here; on Debian: apt install festival festvox-kallpc16k")

    utterance = FestivalVoice("kal_diphone").say("The bus was late.")

    assert utterance.voice == KAL
    assert [word.text for word in utterance.words] == ["The", "bus", "was", "late."]
    assert 0.7 < len(utterance.samples) / RATE < 2.5


def test_without_festival_there_is_no_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(NoVoice, match="apt install festival"):
        FestivalVoice("kal_diphone").say("One.")
