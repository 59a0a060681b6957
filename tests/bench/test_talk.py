import numpy as np
import pytest
from numpy.typing import NDArray

from bench.talk import TALKING, talk
from wsserver.speech import SAMPLE_RATE


def loud(pcm: bytes) -> NDArray[np.bool_]:
    """Say for each 100 ms whether there is sound."""
    samples = np.frombuffer(pcm, "<i2")
    whole = samples[: len(samples) // 1600 * 1600].reshape(-1, 1600)
    loudest: NDArray[np.int32] = np.abs(whole.astype(np.int32)).max(axis=1)
    return loudest > 300


@pytest.mark.parametrize("seconds", [5.0, 12.3, 30.0])
def test_people_talk_for_as_long_as_asked_and_break_off_in_mid_speech(seconds: float) -> None:
    for seed in range(5):
        said = talk(seed, seconds)

        assert len(said) <= 2 * int(seconds * SAMPLE_RATE)
        assert len(said) > 2 * (seconds - 1) * SAMPLE_RATE
        assert loud(said)[-3:].any()


def test_people_talk_most_of_the_time_but_not_always() -> None:
    share = np.mean([loud(talk(seed, 30.0)).mean() for seed in range(10)])

    assert abs(share - TALKING) < 0.1


def test_everybody_says_the_same_each_time_and_nobody_the_same_as_another() -> None:
    said = [talk(seed, 10.0) for seed in range(5)]

    assert said == [talk(seed, 10.0) for seed in range(5)]
    assert len(set(said)) == 5
