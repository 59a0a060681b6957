from collections.abc import Callable

import numpy as np
import pytest

from tools.practice.evaluation import spoil
from tools.practice.speech import RATE, Samples

TONE: Samples = (0.3 * np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE)).astype(np.float32)
LOW: Samples = (0.3 * np.sin(np.arange(RATE) * 2 * np.pi * 100 / RATE)).astype(np.float32)


def _chance() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize(
    "how",
    [
        spoil.at(-30),
        spoil.in_noise(0, 10),
        spoil.in_babble([TONE, LOW], 10),
        spoil.telephone,
        spoil.coded("MP3", "MPEG_LAYER_III", 8_000),
        spoil.coded("OGG", "OPUS"),
        spoil.in_room(0.3, 3),
        spoil.clipped,
    ],
)
def test_spoiled_speech_is_as_long_as_it_was_and_the_same_each_time(how: spoil.Spoil) -> None:
    spoiled = how(TONE, _chance())

    assert spoiled.shape == TONE.shape
    assert spoiled.dtype == np.float32
    assert np.abs(spoiled).max() <= 1
    assert not np.array_equal(spoiled, TONE)
    assert np.array_equal(spoiled, how(TONE, _chance()))


@pytest.mark.parametrize("snr_db", [20, 10, 5])
def test_noise_is_as_loud_as_was_asked_for(snr_db: float) -> None:
    noise = spoil.in_noise(-3, snr_db)(TONE * np.float32(0.3), _chance()) - TONE * np.float32(0.3)

    assert spoil.loudness_db(TONE * np.float32(0.3)) - spoil.loudness_db(noise) == pytest.approx(
        snr_db, abs=0.5
    )


def test_a_level_counts_speech_and_not_the_silence_around_it() -> None:
    alone = spoil.leveled(TONE, -25)
    inside = spoil.leveled(np.concatenate([np.zeros(RATE, np.float32), TONE]), -25)

    assert inside[RATE:] == pytest.approx(alone, abs=1e-6)


def test_a_telephone_takes_low_tones_away() -> None:
    def loudness(how: Callable[[Samples, np.random.Generator], Samples], tone: Samples) -> float:
        return float(np.abs(how(tone, _chance())[RATE // 4 : -RATE // 4]).max())

    assert loudness(spoil.telephone, TONE) > 0.25
    assert loudness(spoil.telephone, LOW) < 0.05
