import numpy as np
import pytest

from bench.peers.speech import AFTER_LAST_WORD_S, Sentence, length_s, sentences, speech
from wsserver.speech import SAMPLE_RATE

SHORT = Sentence(np.full(2 * SAMPLE_RATE, 0.5, np.float32), ("hello", "you"), (0.5, 1.25))
LONG = Sentence(np.full(3 * SAMPLE_RATE, 0.5, np.float32), ("good", "bye"), (1.0, 2.5))


def test_speech_is_the_same_for_the_same_seed() -> None:
    said = [speech((SHORT, LONG), seed, 30.0) for seed in (1, 1, 2)]

    assert said[0] == said[1]
    assert said[0] != said[2]


@pytest.mark.parametrize("at_least_s", [0.0, 10.0, 30.0])
def test_speech_ends_right_after_the_last_word(at_least_s: float) -> None:
    said = speech((SHORT, LONG), 3, at_least_s)

    assert length_s(said) == pytest.approx(said.ends[-1] + AFTER_LAST_WORD_S, abs=1e-3)
    assert length_s(said) > at_least_s - 3.0
    assert len(said.words) == len(said.ends)


def test_words_end_where_their_sentence_put_them() -> None:
    said = speech((SHORT,), 1, 4.0)

    samples = np.frombuffer(said.pcm, "<i2")
    second = np.flatnonzero(samples[2 * SAMPLE_RATE :])[0] / SAMPLE_RATE + 2.0
    assert said.words == ("hello", "you") * 2
    assert said.ends == pytest.approx((0.5, 1.25, second + 0.5, second + 1.25), abs=1e-3)


def test_the_samples_of_the_project_can_be_spoken() -> None:
    found = sentences()

    assert len(found) >= 8
    for each in found:
        assert list(each.ends) == sorted(each.ends)
        assert each.ends[-1] <= len(each.samples) / SAMPLE_RATE
