import numpy as np
import pytest
import torch
import whisper

from tools.practice.corpus.features import log_mel
from tools.practice.speech import Samples


def _noise(count: int) -> Samples:
    return 0.1 * np.random.default_rng(1).standard_normal(count).astype(np.float32)


@pytest.mark.parametrize("count", [3_200, 16_000, 16_159])
def test_frames_are_those_of_whisper_before_it_scales_them(count: int) -> None:
    samples = _noise(count)

    frames = log_mel(samples)

    stock = whisper.log_mel_spectrogram(torch.from_numpy(samples)).T.numpy()
    peak = float(frames.max())
    scaled = (np.maximum(frames.astype(np.float32), peak - 8) + 4) / 4
    assert frames.shape == stock.shape == (count // 160, 80)
    np.testing.assert_allclose(scaled, stock, atol=2e-3)


def test_silence_lies_at_the_floor() -> None:
    frames = log_mel(np.zeros(1_600, np.float32))

    assert frames.dtype == np.float16
    assert (frames == -10).all()
