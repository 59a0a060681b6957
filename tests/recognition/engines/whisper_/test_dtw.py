import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from whisper.timing import dtw_cpu

from wsserver.recognition.engines.whisper_.dtw import first_columns

Matrix = NDArray[np.float64]


def stocks_columns(cost: Matrix) -> list[int]:
    """Where stock's path enters each line."""
    lines, columns = dtw_cpu(cost)
    return [int(columns[lines == line].min()) for line in range(len(cost))]


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 12), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_the_path_is_stocks(lines: int, columns: int, seed: int) -> None:
    cost = np.random.default_rng(seed).normal(size=(lines, columns))

    assert first_columns(cost).tolist() == stocks_columns(cost)


def test_the_path_through_a_long_window_is_stocks() -> None:
    cost = np.random.default_rng(1).normal(size=(120, 1500))

    assert first_columns(cost).tolist() == stocks_columns(cost)


@pytest.mark.parametrize(
    ("cost", "columns"),
    [
        ([[0.0]], [0]),
        ([[0.0, 0.0, 0.0]], [0]),
        ([[0.0], [0.0], [0.0]], [0, 0, 0]),
        ([[0.0, 9.0, 9.0], [9.0, 0.0, 9.0], [9.0, 9.0, 0.0]], [0, 1, 2]),
        ([[0.0, 0.0, 9.0], [9.0, 9.0, 0.0]], [0, 2]),
        ([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]], [0, 1, 1]),
    ],
)
def test_a_line_is_entered_where_it_gets_cheap(cost: list[list[float]], columns: list[int]) -> None:
    assert first_columns(np.array(cost)).tolist() == columns
