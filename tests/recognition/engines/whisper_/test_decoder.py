from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from whisper.model import Whisper

from wsserver.recognition.engines.whisper_.decoder import Cache, plan, run
from wsserver.recognition.engines.whisper_.weights import DecoderWeights, weights_of

if TYPE_CHECKING:
    from tests.recognition.engines.whisper_.conftest import Pair

HEADS = ((0, 1), (1, 0))


@pytest.fixture(scope="module")
def stock(endless: "Pair") -> Whisper:
    return endless.stock


def features(rows: int, positions: int = 40) -> Tensor:
    """Audio features that differ from row to row."""
    return torch.randn(rows, positions, 64, generator=torch.Generator().manual_seed(rows))


def expected(stock: Whisper, heard: Tensor, tokens: list[int]) -> Tensor:
    """Stock's logits behind each of *tokens* of one row, in one go and without a cache."""
    with torch.no_grad():
        logits: Tensor = stock.decoder(torch.tensor([tokens]), heard[None])[0]
    return logits


def feed(weights: DecoderWeights, cache: Cache, new: list[list[int]]) -> list[Tensor]:
    """Run a pass and give the logits of each row."""
    hidden = run(weights, cache, plan(new, cache))
    return list(torch.split(weights.logits(hidden), [len(tokens) for tokens in new]))


tokens = st.lists(st.integers(0, 51_864), min_size=1, max_size=9)
passes = st.integers(1, 4).flatmap(
    lambda rows: st.lists(st.lists(tokens, min_size=rows, max_size=rows), min_size=1, max_size=4)
)


@settings(max_examples=40, deadline=None)
@given(passes)
def test_any_split_into_passes_gives_the_logits_of_a_single_one(
    stock: Whisper, passes: list[list[list[int]]]
) -> None:
    weights = weights_of(stock, torch.float32).decoder
    rows = len(passes[0])
    heard = features(rows)
    cache = Cache(weights, heard, HEADS)

    logits = [feed(weights, cache, new) for new in passes]

    for row in range(rows):
        whole = [token for new in passes for token in new[row]]
        together = torch.cat([of_rows[row] for of_rows in logits])
        torch.testing.assert_close(
            together, expected(stock, heard[row], whole), atol=2e-4, rtol=1e-4
        )


def test_rows_that_heard_unlike_lengths_hear_only_their_own(stock: Whisper) -> None:
    weights = weights_of(stock, torch.float32).decoder
    heard = [features(1, positions)[0] * (1 + positions) for positions in (9, 40, 1, 25)]
    cache = Cache(weights, heard, HEADS)

    openings = feed(weights, cache, [[1, 2], [3], [4, 5, 6], [7]])
    cache.remove(0)
    steps = feed(weights, cache, [[8], [9, 10], [11]])

    for row, logits in zip(heard, openings, strict=True):
        own = {9: [1, 2], 40: [3], 1: [4, 5, 6], 25: [7]}[len(row)]
        torch.testing.assert_close(logits, expected(stock, row, own), atol=2e-4, rtol=1e-4)
    left = [(heard[3], [7, 8]), (heard[1], [3, 9, 10]), (heard[2], [4, 5, 6, 11])]
    for (row, whole), logits in zip(left, steps, strict=True):
        torch.testing.assert_close(
            logits[-1], expected(stock, row, whole)[-1], atol=2e-4, rtol=1e-4
        )


@pytest.fixture
def dirty_memory() -> Iterator[None]:
    """Let torch fill all memory that it does not initialize with NaN."""
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.usefixtures("dirty_memory")
def test_what_lay_in_memory_before_is_never_heard(stock: Whisper) -> None:
    weights = weights_of(stock, torch.float32).decoder
    heard = features(2)
    cache = Cache(weights, heard, HEADS)

    openings = feed(weights, cache, [[1, 2, 3, 4, 5], [6]])
    steps = feed(weights, cache, [[7], [8]])

    assert torch.empty(1).isnan().all()
    assert all(logits.isfinite().all() for logits in [*openings, *steps])


def test_a_row_that_forgot_its_last_tokens_goes_on_from_there(stock: Whisper) -> None:
    weights = weights_of(stock, torch.float32).decoder
    heard = features(2)
    cache = Cache(weights, heard, HEADS)
    feed(weights, cache, [[1, 2, 3, 4, 5], [6, 7]])
    cache.lengths = [2, 2]

    logits = feed(weights, cache, [[8], [9, 10]])

    torch.testing.assert_close(
        logits[0][-1], expected(stock, heard[0], [1, 2, 8])[-1], atol=2e-4, rtol=1e-4
    )
    torch.testing.assert_close(
        logits[1][-1], expected(stock, heard[1], [6, 7, 9, 10])[-1], atol=2e-4, rtol=1e-4
    )


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_the_last_row_takes_the_place_of_one_that_leaves(stock: Whisper, gone: int) -> None:
    weights = weights_of(stock, torch.float32).decoder
    heard = features(3)
    openings = [[1, 2, 3], [4], [5, 6]]
    cache = Cache(weights, heard, HEADS)
    feed(weights, cache, openings)
    left = [0, 1, 2]
    left[gone] = left[-1]
    del left[-1]

    cache.remove(gone)
    logits = feed(weights, cache, [[7], [8]])

    assert cache.lengths == [len(openings[row]) + 1 for row in left]
    for place, row in enumerate(left):
        whole = [*openings[row], 7 + place]
        torch.testing.assert_close(
            logits[place][-1], expected(stock, heard[row], whole)[-1], atol=2e-4, rtol=1e-4
        )


def test_attention_is_that_of_the_rows_own_tokens_and_audio(stock: Whisper) -> None:
    weights = weights_of(stock, torch.float32).decoder
    heard = features(2)
    alone, beside = Cache(weights, heard[1:], HEADS), Cache(weights, heard, HEADS)
    feed(weights, alone, [[1, 2, 3, 4]])
    feed(weights, beside, [[9], [1, 2]])
    feed(weights, beside, [[9, 9, 9], [3, 4]])
    beside.remove(0)

    seen = beside.attention(0, start=1, positions=30)

    assert seen.shape == (2, 3, 30)
    torch.testing.assert_close(seen, alone.attention(0, start=1, positions=30))
    torch.testing.assert_close(seen.sum(dim=-1), torch.ones(2, 3))


@pytest.mark.parametrize("new", [[[1]], [[1], []], [[1], [2], [3]]])
def test_a_pass_feeds_every_row(stock: Whisper, new: list[list[int]]) -> None:
    cache = Cache(weights_of(stock, torch.float32).decoder, features(2), HEADS)

    with pytest.raises(ValueError, match="expected new tokens for each of 2 rows"):
        plan(new, cache)
