import numpy as np
import pytest

from tools.practice.sound import rooms
from tools.practice.speech import RATE


@pytest.mark.parametrize("rt60_s", [0.1, 0.3, 0.7])
def test_a_room_dies_away_in_its_time(rt60_s: float) -> None:
    response = rooms.room(rt60_s, np.random.default_rng(1))

    tail = response[round(0.035 * RATE) :]
    early, late = (np.std(part) for part in np.array_split(tail, 4)[::3])
    span_s = 0.75 * len(tail) / RATE
    # High tones die sooner, so the fall is a little less even than the rule.
    assert 20 * np.log10(early / late) == pytest.approx(60 * span_s / rt60_s, abs=6)


def test_the_direct_sound_keeps_its_time() -> None:
    click = np.zeros(RATE, np.float32)
    click[4_000] = 1

    for seed in range(10):
        heard = rooms.reverberated(click, np.random.default_rng(seed))

        assert np.argmax(np.abs(heard)) == 4_000
        assert np.abs(heard[:3_999]).max() < 1e-5


def test_a_microphone_colors_and_does_not_delay() -> None:
    click = np.zeros(RATE, np.float32)
    click[4_000] = 1

    heard = rooms.through_microphone(click, np.random.default_rng(1))

    assert np.argmax(np.abs(heard)) == 4_000
    assert np.std(np.abs(np.fft.rfft(heard))) > 0.05
