import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.audio.valley import deepest
from wsserver.speech import Samples

FRAME = 16


def find(probabilities: list[float], amplitudes: list[float] | None = None) -> int:
    """Find the deepest valley in frames of one amplitude each."""
    amplitudes = amplitudes or [0.5] * len(probabilities)
    frames: Samples = np.repeat(np.array(amplitudes, np.float32), FRAME).reshape(-1, FRAME)
    return deepest(probabilities, frames, threshold=0.35)


@pytest.mark.parametrize(
    ("probabilities", "found"),
    [
        ([1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1], 5),
        # A single frame is no pause beside a longer one.
        ([1, 1, 0, 1, 1, 1, 1, 1, 0.5, 0.3, 0.3, 0.3, 0.5, 1, 1], 10),
        # The outer two frames are no place for a cut: nobody knows what lies beyond them.
        ([1, 1, 1, 0.5, 0.5, 0.5, 1, 1, 0.4], 4),
        ([1, 1, 0, 1, 1], 2),
    ],
)
def test_the_middle_of_the_deepest_dip_is_found(probabilities: list[float], found: int) -> None:
    assert find(probabilities) == found


def test_where_voice_is_equally_likely_the_quieter_frame_wins() -> None:
    probabilities = [0.99, 0.98, 0.995, 0.99, 0.99, 0.98, 0.99, 0.99]

    found = find(probabilities, [0.5, 0.5, 0.5, 0.5, 0.1, 0.5, 0.5, 0.5])

    assert found == 4


def test_where_all_is_equal_the_latest_frame_wins() -> None:
    assert find([0.9] * 10) == 7


def test_a_deeper_dip_wins_over_a_quieter_frame() -> None:
    probabilities = [1, 1, 1, 0.5, 0.5, 0.5, 1, 1, 1, 1, 1]

    found = find(probabilities, [0.5] * 8 + [0.0] * 3)

    assert found == 4


@given(st.lists(st.floats(0, 1, width=32), min_size=5, max_size=50))
def test_a_frame_within_is_found_whatever_the_probabilities(probabilities: list[float]) -> None:
    found = find(probabilities)

    assert 2 <= found <= len(probabilities) - 3


@pytest.mark.parametrize(
    ("after", "found"),
    [
        # What comes after the deepest dip, of three frames, and which dip is taken then.
        ("v", 6),
        ("vvvvvvvvv", 6),
        ("vvvvvvvvvv", 33),
        ("vv.vvvvv.vvv", 33),
    ],
)
def test_no_scrap_of_voice_is_left_that_might_not_be_found_again(after: str, found: int) -> None:
    script = "vvvvv???" + "v" * 24 + "..." + after
    probabilities = [{"v": 0.9, "?": 0.4, ".": 0.1}[letter] for letter in script]

    assert find(probabilities) == found


def test_a_pause_that_still_lasts_is_a_good_place() -> None:
    probabilities = [0.9] * 5 + [0.2] * 3 + [0.9] * 8 + [0.1] * 6

    assert find(probabilities) == 19
