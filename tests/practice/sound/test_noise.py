import numpy as np
import pytest

from tools.practice.sound import noise
from tools.practice.speech import RATE


@pytest.mark.parametrize("kind", noise.KINDS)
@pytest.mark.parametrize("count", [RATE, 3 * RATE + 7])
def test_a_noise_is_as_long_as_asked(kind: str, count: int) -> None:
    for seed in range(5):
        sound = noise.KINDS[kind](count, np.random.default_rng(seed))

        assert sound.shape == (count,)
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()


@pytest.mark.parametrize("kind", noise.KINDS)
def test_a_seed_makes_its_own_noise(kind: str) -> None:
    sounds = [noise.KINDS[kind](RATE, np.random.default_rng(seed)) for seed in (1, 1, 5)]

    np.testing.assert_array_equal(sounds[0], sounds[1])
    assert not np.array_equal(sounds[0], sounds[2])


def test_babble_is_made_of_all_voices() -> None:
    rng = np.random.default_rng(1)
    tones = [
        np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE).astype(np.float32)
        for hertz in (300, 700)
    ]

    spectrum = np.abs(np.fft.rfft(noise.babble(tones, RATE, rng)))

    assert set(np.argsort(spectrum)[-2:].tolist()) == {300, 700}


def test_any_kind_is_one_or_two_of_them() -> None:
    rng = np.random.default_rng(1)

    for _ in range(20):
        sound = noise.any_kind(RATE, rng)

        assert sound.shape == (RATE,)
        assert np.isfinite(sound).all()
