import numpy as np
import pytest

from tools.practice.sound import levels
from tools.practice.speech import Samples


@pytest.fixture
def tone() -> Samples:
    return np.asarray(0.1 * np.sin(np.arange(8_000) * 0.3), np.float32)


def test_a_sound_is_brought_to_a_level(tone: Samples) -> None:
    assert levels.loudness_db(levels.at_level(tone, -33)) == pytest.approx(-33, abs=0.01)


def test_silence_stays_silent() -> None:
    silence = np.zeros(100, np.float32)

    np.testing.assert_array_equal(levels.at_level(silence, -20), silence)
    assert levels.loudness_db(silence) == -120


def test_noise_lies_so_far_below_the_speech(tone: Samples) -> None:
    noise = np.random.default_rng(1).standard_normal(len(tone)).astype(np.float32)

    mixed = levels.with_noise(tone, noise, 12)

    ratio_db = levels.loudness_db(tone) - levels.loudness_db(mixed - tone)
    assert ratio_db == pytest.approx(12, abs=0.01)


def test_clipping_lowers_the_peaks_and_keeps_the_level(tone: Samples) -> None:
    clipped = levels.clipped(tone, np.random.default_rng(1))

    assert levels.loudness_db(clipped) == pytest.approx(levels.loudness_db(tone), abs=0.01)
    assert np.abs(clipped).max() < np.abs(tone).max()


def test_what_is_beyond_full_scale_is_made_fainter_and_no_other(tone: Samples) -> None:
    np.testing.assert_array_equal(levels.limited(tone), tone)
    assert np.abs(levels.limited(20 * tone)).max() == pytest.approx(1)
