import numpy as np
import pytest

from tools.practice.sound import levels
from tools.practice.sound.spoiling import Likelihoods, spoiled
from tools.practice.speech import RATE, Samples, Utterance, Word

NEVER = Likelihoods(0, 0, 0, 0, 0)
ALWAYS = Likelihoods(1, 1, 1, 1, 1)


def _said() -> Samples:
    rng = np.random.default_rng(1)
    return 0.1 * rng.standard_normal(RATE).astype(np.float32)


SAID = Utterance(_said(), (Word("Hm.", 0.1, 0.9),), "somebody")


def test_words_and_length_stay_whatever_happens() -> None:
    for seed in range(12):
        heard = spoiled(SAID, seed, np.random.default_rng(seed), ALWAYS)

        assert heard.words == SAID.words
        assert heard.voice == SAID.voice
        assert heard.samples.shape == SAID.samples.shape
        assert heard.samples.dtype == np.float32
        assert np.isfinite(heard.samples).all()


def test_if_nothing_happens_only_the_level_changes() -> None:
    heard = spoiled(SAID, 3, np.random.default_rng(1), NEVER).samples

    gain_db = levels.loudness_db(heard) - levels.loudness_db(SAID.samples)
    np.testing.assert_allclose(heard, levels.scaled(SAID.samples, gain_db), rtol=1e-4)


def test_utterances_of_one_recording_share_all_but_the_noise() -> None:
    quiet = Likelihoods(1, 1, 0, 1, 1)

    heard = [spoiled(SAID, 7, np.random.default_rng(seed), quiet).samples for seed in (1, 2)]
    other = spoiled(SAID, 8, np.random.default_rng(1), quiet).samples

    np.testing.assert_array_equal(heard[0], heard[1])
    assert not np.array_equal(heard[0], other)


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_added_below_the_speech(seed: int) -> None:
    noisy = Likelihoods(0, 0, 1, 0, 0)

    heard = spoiled(SAID, 5, np.random.default_rng(seed), noisy).samples

    assert np.corrcoef(heard, SAID.samples)[0, 1] > 0.7
