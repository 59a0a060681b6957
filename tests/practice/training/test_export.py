from pathlib import Path

import torch

from tools.practice.training.export import export
from tools.practice.training.model import Net
from tools.practice.training.settings import Size
from tools.practice.training.shelves import Library
from tools.practice.training.tokens import STOCK_COUNT


def test_tokens_in_use_get_their_stock_rows_and_all_others_are_zero(
    tmp_path: Path, books: Library
) -> None:
    net = Net(Size(64, 1, 1), books)
    path = tmp_path / "model.pt"

    export(path, net.dims, net.whisper.state_dict(), books.tokens)

    checkpoint = torch.load(path, weights_only=True)
    rows = checkpoint["model_state_dict"]["decoder.token_embedding.weight"]
    used = list(books.tokens.used)
    small = net.whisper.decoder.token_embedding.weight
    assert torch.equal(rows[used], small.half())
    assert len(rows) == checkpoint["dims"]["n_vocab"] == STOCK_COUNT
    assert int((rows != 0).any(1).sum()) == len(used)
