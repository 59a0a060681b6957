from typing import TYPE_CHECKING

import pytest
import torch

from wsserver.recognition.engines.whisper_.weights import Linear, weights_of

if TYPE_CHECKING:
    from tests.recognition.engines.whisper_.conftest import Pair


def test_in_float32_nothing_is_copied(practice: "Pair") -> None:
    stock = practice.stock

    weights = weights_of(stock, torch.float32)

    embedding = stock.decoder.token_embedding.weight
    assert weights.decoder.embedding.data_ptr() == embedding.data_ptr()
    assert not weights.decoder.embedding.requires_grad


def test_in_half_precision_positions_and_normalizations_stay_in_float(practice: "Pair") -> None:
    weights = weights_of(practice.stock, torch.float16)

    block = weights.decoder.blocks[0]
    assert weights.decoder.embedding.dtype == torch.float16
    assert weights.encoder.conv1.weight.dtype == torch.float16
    assert isinstance(block.cross.joined, Linear)
    assert block.cross.joined.weight.dtype == torch.float16
    assert block.cross.norm.weight.dtype == torch.float32
    assert weights.decoder.positions.dtype == torch.float32
    assert weights.encoder.positions.dtype == torch.float32


def test_a_stock_model_is_left_as_it_was(practice: "Pair") -> None:
    before = {name: value.clone() for name, value in practice.stock.state_dict().items()}

    weights_of(practice.stock, torch.float16)

    after = practice.stock.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert all(value.dtype == after[name].dtype for name, value in before.items())


@pytest.mark.parametrize("lines", [1, 4, 5, 8, 15, 16, 17])
def test_any_number_of_lines_is_scored_line_by_line(endless: "Pair", lines: int) -> None:
    decoder = weights_of(endless.stock, torch.float32).decoder
    hidden = torch.randn(lines, 64, generator=torch.Generator().manual_seed(lines))

    logits = decoder.logits(hidden)

    assert logits.shape == (lines, 51865)
    torch.testing.assert_close(logits, torch.stack([decoder.embedding @ line for line in hidden]))
