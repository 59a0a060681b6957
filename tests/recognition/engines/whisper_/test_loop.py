from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import Tensor

from wsserver.recognition.engines.whisper_.decoder import Cache
from wsserver.recognition.engines.whisper_.loop import Decoder, Marks, Trace
from wsserver.recognition.engines.whisper_.sampling import Request, filters
from wsserver.recognition.engines.whisper_.tokens import Opening
from wsserver.recognition.engines.whisper_.weights import weights_of

if TYPE_CHECKING:
    from tests.recognition.engines.whisper_.conftest import Pair

HEADS = ((1, 0), (1, 1))
START, END = 50258, 50257


@pytest.fixture(scope="module")
def decoder(endless: "Pair") -> Decoder:
    weights = weights_of(endless.stock, torch.float32).decoder
    rules = filters(len(weights.embedding), [], [END], weights.device)
    return Decoder(weights, rules, Marks(START, END, 50362))


def features(rows: int) -> Tensor:
    return torch.randn(rows, 40, 64, generator=torch.Generator().manual_seed(1))


def decode(decoder: Decoder, heard: Tensor, requests: list[Request]) -> list[Trace]:
    return decoder.decode(Cache(decoder.weights, heard, HEADS), requests)


@pytest.mark.parametrize("limits", [(1,), (2, 5), (5, 2), (3, 1, 4, 1, 5), (2, 2, 2), (1, 6, 1)])
def test_rows_that_end_at_unlike_times_keep_their_own(
    decoder: Decoder, limits: tuple[int, ...]
) -> None:
    heard = features(len(limits))
    requests = [
        Request(Opening((*range(100, 100 + row), START), row), limit, positions=30)
        for row, limit in enumerate(limits)
    ]

    together = decode(decoder, heard, requests)

    for row, request in enumerate(requests):
        [alone] = decode(decoder, heard[row : row + 1], [request])
        assert together[row].tokens == alone.tokens
        assert len(alone.tokens) == len(alone.logprobs) == request.limit
        np.testing.assert_allclose(together[row].logprobs, alone.logprobs, atol=1e-4)
        np.testing.assert_allclose(together[row].attention, alone.attention, atol=1e-4)
        assert together[row].no_speech_prob == pytest.approx(alone.no_speech_prob, rel=1e-3)


def test_attention_has_a_line_for_each_token_fed_since_the_start(decoder: Decoder) -> None:
    request = Request(Opening((1, 2, 3, START, 4), 3), limit=6, positions=30)

    [trace] = decode(decoder, features(1), [request])

    assert trace.attention.shape == (2, 2 + 5, 30)


def test_listening_for_the_language_leaves_no_trace(decoder: Decoder) -> None:
    heard = features(2)
    requests = [Request(Opening((START,), 0), limit=3, positions=30)] * 2
    cache = Cache(decoder.weights, heard, HEADS)

    logits = decoder.language_logits(cache)
    after = decoder.decode(cache, requests)

    before = decode(decoder, heard, requests)
    assert logits.shape == (2, 51865)
    assert [trace.tokens for trace in after] == [trace.tokens for trace in before]
