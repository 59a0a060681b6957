import torch

from tools.practice.training import batches, initial
from tools.practice.training.model import Net
from tools.practice.training.settings import Settings, Size
from tools.practice.training.shelves import Library


@torch.no_grad()
def test_a_net_starts_with_sound_as_loud_as_positions_and_words_above_the_unused(
    books: Library,
) -> None:
    torch.manual_seed(1)
    net = Net(Size(128, 2, 1), books)
    batch = batches.make(books, Settings(steps=100, audio_s=10), 0, 0)

    initial.prepare(net, batch.mel)

    assert abs(float(net.convolved(batch.mel).std()) - 1) < 0.2
    assert abs(float(net(batch).text.mean()) - 13) < 0.5


@torch.no_grad()
def test_the_first_heads_look_a_few_positions_aside(books: Library) -> None:
    torch.manual_seed(1)
    net = Net(Size(128, 1, 1), books)
    initial.prepare(net, batches.make(books, Settings(steps=100, audio_s=10), 0, 0).mel)
    positions = net.whisper.encoder.positional_embedding[100:140]
    attention = net.whisper.encoder.blocks[0].attn

    scores = [
        attention.query(positions)[:, own] @ attention.key(positions)[:, own].T
        for own in (slice(0, 64), slice(64, 128))
    ]

    looked = [int(score[20].argmax()) - 20 for score in scores]
    assert [abs(place) for place in looked] == [2, 2]
    assert looked[0] == -looked[1]
