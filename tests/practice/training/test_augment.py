from collections.abc import Callable

import numpy as np
import pytest

from tools.practice.training import augment
from tools.practice.training.augment import reverberant, telephone, warped
from tools.practice.training.shelves import Rng
from tools.practice.training.windows import FLOOR, Power


def _tone(band: int) -> Power:
    power = np.full((100, 80), FLOOR, np.float32)
    power[20:60, band] = 0
    return power


@pytest.mark.parametrize("change", [augment.speech, augment.silence])
def test_what_is_changed_depends_on_the_seed_alone(change: Callable[[Power, Rng], None]) -> None:
    powers = [_tone(30) for _ in range(4)]

    for power, seed in zip(powers, (5, 5, 6, 7), strict=True):
        change(power, np.random.default_rng(seed))

    assert (powers[0] == powers[1]).all()
    assert not (powers[0] == powers[3]).all()
    assert all(np.isfinite(power).all() for power in powers)


def test_a_longer_throat_moves_resonances_down() -> None:
    assert warped(_tone(44), 1.1)[30].argmax() == 40
    assert (warped(_tone(44), 1.0) == _tone(44)).all()


def test_a_room_lingers_after_a_sound_and_not_before_it() -> None:
    heard = reverberant(_tone(30), decay=0.5, share=0.1)

    assert np.allclose(heard[19], FLOOR, atol=0.1)
    assert heard[60, 30] == pytest.approx(np.log10(0.2), abs=0.01)
    assert heard[61, 30] == pytest.approx(np.log10(0.1), abs=0.01)


def test_a_telephone_carries_nothing_above_four_kilohertz() -> None:
    power = np.zeros((10, 80), np.float32)

    telephone(power, np.random.default_rng(0))

    assert (power[:, 62:] == FLOOR).all()
    assert (power[:, 10:50] == 0).all()


def test_noise_that_is_there_changes_its_level_alone() -> None:
    power = _tone(30)

    augment.silence(power, np.random.default_rng(0))

    assert power.argmax() == _tone(30).argmax()
    assert 7 < power.max() - power.min() <= 10 + 1e-5


def test_silence_is_digital_or_noise_of_any_level() -> None:
    rng = np.random.default_rng(0)
    powers = [np.full((50, 80), FLOOR, np.float32) for _ in range(60)]

    for power in powers:
        augment.silence(power, rng)

    levels = [float(power.mean()) for power in powers]
    assert levels.count(FLOOR) > 5
    assert max(levels) > -1
    assert any(FLOOR < level < -6 for level in levels)
