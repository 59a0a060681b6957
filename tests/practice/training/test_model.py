from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it

from tools.practice.training import batches
from tools.practice.training.batches import Batch
from tools.practice.training.model import Net
from tools.practice.training.schedule import MARGIN, POSITIONS
from tools.practice.training.settings import Settings, Size
from tools.practice.training.shelves import Library


@pytest.fixture(scope="module")
def net(books: Library) -> Net:
    torch.manual_seed(1)
    return Net(Size(128, 2, 2), books)


@pytest.fixture(scope="module")
def batch(books: Library) -> Batch:
    settings = Settings(steps=100, audio_s=10)
    made = (batches.make(books, settings, step, 0) for step in range(20, 90))
    return next(each for each in made if len(each.places))


@torch.no_grad()
def test_padding_taken_whole_is_what_stock_hears(net: Net, batch: Batch) -> None:
    frames = batch.mel.shape[1]
    everywhere = torch.arange(frames // 2 + MARGIN, POSITIONS)
    silence = batch.padding.expand(-1, 2 * POSITIONS - frames, 80)
    mel = torch.cat([batch.mel, silence], 1).transpose(1, 2)

    heard = net.encode(replace(batch, places=everywhere))

    # Stock's last position hears the edge of the mel, and all others hear that a little.
    stock = net.whisper.encoder(mel)
    assert torch.allclose(heard.audio[:, :-1], stock[:, :-1], atol=1e-3)


@torch.no_grad()
def test_a_sample_of_the_padding_stands_for_all_of_it(net: Net, batch: Batch) -> None:
    everywhere = torch.arange(batch.mel.shape[1] // 2 + MARGIN, POSITIONS)
    own = batch.mel.shape[1] // 2

    sampled = net.encode(batch).audio[:, :own]
    whole = net.encode(replace(batch, places=everywhere)).audio[:, :own]
    without = net.encode(replace(batch, places=everywhere[:0])).audio

    assert (sampled - whole).abs().mean() < 0.5 * (without - whole).abs().mean()


@torch.no_grad()
def test_text_is_decoded_as_stock_decodes_it(net: Net, batch: Batch) -> None:
    heard = net.encode(replace(batch, places=batch.places[:0]))

    text, attention = net.decode(batch.inputs, heard)

    stock = net.whisper.decoder(batch.inputs, heard.audio)
    assert torch.allclose(text, stock, atol=1e-4)
    assert torch.allclose(attention.sum(-1), torch.ones(()), atol=1e-5)


def test_every_weight_that_is_exported_is_learned(net: Net, batch: Batch) -> None:
    prediction = net(batch)

    F.cross_entropy(prediction.text.flatten(0, 1), batch.labels.flatten()).backward()  # type: ignore[no-untyped-call]

    names = [name for name, parameter in net.whisper.named_parameters() if parameter.grad is None]
    assert names == []
