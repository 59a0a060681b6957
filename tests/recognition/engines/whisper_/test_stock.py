from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from wsserver.recognition.engines.whisper_.stock import stock_decode
from wsserver.speech import DecodeOptions, Priority, Samples, Window

if TYPE_CHECKING:
    from tests.recognition.engines.whisper_.conftest import Pair


def test_a_seeded_draw_repeats_itself_and_leaves_torch_as_it_was(
    practice: "Pair", sample: Callable[[str], Samples]
) -> None:
    options = DecodeOptions("en", prompt="The sea.", temperature=1.5, seed=4)
    window = Window("s", 0, Priority.FINAL, 0, sample("en-us-my-uncle-sold"), options)
    torch.manual_seed(99)
    before = torch.random.get_rng_state()

    once, again = (stock_decode(practice.stock, window) for _ in range(2))

    assert once.tokens == again.tokens
    assert once.temperature == 1.5
    assert torch.equal(torch.random.get_rng_state(), before)
