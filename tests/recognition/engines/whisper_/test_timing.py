import numpy as np
import pytest
import torch
from whisper import timing

from wsserver.recognition.engines.whisper_.timing import Attention, median_filter, token_positions


def noise(*shape: int) -> Attention:
    return np.random.default_rng(shape).random(shape, dtype=np.float32)


@pytest.mark.parametrize("length", [1, 3, 4, 7, 8, 200])
def test_the_median_filter_is_stocks_to_the_bit(length: int) -> None:
    x = noise(3, 5, length)

    filtered = median_filter(x)

    assert torch.equal(torch.from_numpy(filtered), timing.median_filter(torch.from_numpy(x), 7))


def test_tokens_start_where_the_heads_looked() -> None:
    attention = np.full((2, 5, 60), 1e-3, np.float32)
    for line, start in enumerate((0, 20, 40), start=2):
        attention[:, line, start : start + 20] = 1

    assert token_positions(attention, first_line=2, tokens=2).tolist() == [0, 20, 40]
    assert token_positions(attention, first_line=2, tokens=3).tolist() == [0, 20, 40, 60]


@pytest.mark.parametrize("positions", [1, 2, 5])
def test_almost_no_audio_and_no_spread_are_no_fault(positions: int) -> None:
    attention = np.full((2, 6, positions), 1 / positions, np.float32)

    found = token_positions(attention, first_line=3, tokens=3)

    assert len(found) == 4
    assert 0 <= found.min() <= found.max() <= positions
    assert (np.diff(found) >= 0).all()
