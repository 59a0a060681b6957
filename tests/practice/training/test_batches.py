from dataclasses import fields

import numpy as np
import torch
from whisper.audio import log_mel_spectrogram, mel_filters

from tools.practice.training import batches
from tools.practice.training.batches import Batch, normalized
from tools.practice.training.schedule import POSITIONS
from tools.practice.training.settings import Settings
from tools.practice.training.shelves import Library

SETTINGS = Settings(steps=100, audio_s=20)


def _same(one: Batch, other: Batch) -> bool:
    tensors = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(Batch)]
    return all(torch.equal(a.nan_to_num(-1), b.nan_to_num(-1)) for a, b in tensors)


def test_a_batch_depends_on_seed_step_and_shard_alone(books: Library) -> None:
    batch = batches.make(books, SETTINGS, 50, 1)

    assert _same(batch, batches.make(books, SETTINGS, 50, 1))
    assert not _same(batch, batches.make(books, SETTINGS, 50, 0))
    assert not _same(batch, batches.make(books, SETTINGS, 51, 1))
    assert not _same(batch, batches.make(books, Settings(steps=100, audio_s=20, seed=2), 50, 1))


def test_shards_of_a_step_have_the_same_shape(books: Library) -> None:
    shapes = [
        [batches.make(books, SETTINGS, step, shard).mel.shape for shard in (0, 1)]
        for step in range(0, 100, 10)
    ]

    assert all(one == other for one, other in shapes)
    assert len({one for one, _ in shapes}) > 5


def test_tensors_fit_together(books: Library) -> None:
    for step in range(0, 100, 5):
        batch = batches.make(books, SETTINGS, step, 0)

        rows, frames, _ = batch.mel.shape
        assert batch.inputs.shape == batch.labels.shape == batch.spans.shape[:2]
        assert batch.phones.shape == batch.words.shape == (rows, frames // 2)
        assert len(batch.sequence) == batch.sequence_lengths.sum()
        assert batch.seconds == rows * frames / 100
        assert (batch.places.diff() > 0).all()
        assert ((batch.places >= frames // 2) & (batch.places < POSITIONS)).all()


def test_a_window_is_scaled_as_stock_scales_it() -> None:
    samples = torch.from_numpy(np.random.default_rng(0).standard_normal(16_000, np.float32)) * 0.1
    samples[8_000:] = 0
    spectra = torch.stft(samples, 400, 160, window=torch.hann_window(400), return_complex=True)
    power = (mel_filters("cpu", 80) @ spectra[:, :-1].abs().square()).clamp(min=1e-30).log10()

    scaled = normalized(power.T.numpy())

    assert np.allclose(scaled, log_mel_spectrogram(samples).T.numpy(), atol=1e-5)
