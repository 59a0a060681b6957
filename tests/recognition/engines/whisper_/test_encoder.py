from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from whisper.audio import log_mel_spectrogram, pad_or_trim

from wsserver.recognition.engines.whisper_.encoder import encode, spectrogram, spectrograms
from wsserver.recognition.engines.whisper_.weights import weights_of
from wsserver.speech import Samples

if TYPE_CHECKING:
    from tests.recognition.engines.whisper_.conftest import Pair

NOISE = np.random.default_rng(1).normal(0, 0.1, 600_000).astype(np.float32)


@pytest.mark.parametrize("length", [0, 1, 399, 16_000, 480_000, 600_000])
@pytest.mark.parametrize("mels", [80, 128])
def test_a_spectrogram_is_stocks_to_the_bit(length: int, mels: int) -> None:
    audio = NOISE[:length]

    mel = spectrogram(audio, mels)

    assert torch.equal(mel, log_mel_spectrogram(pad_or_trim(audio), mels))


def test_a_loud_window_leaves_a_quiet_one_as_it_is() -> None:
    loud, quiet = NOISE[:20_000] * 5, NOISE[:20_000] * 1e-3

    together = spectrograms([loud, quiet], 80)

    assert torch.equal(together[1], spectrogram(quiet, 80))


def test_features_are_stocks_whatever_is_beside(
    practice: "Pair", sample: Callable[[str], Samples]
) -> None:
    windows = [sample("en-us-we-lost-the"), NOISE[:480_000], np.zeros(10, np.float32)]
    mel = spectrograms(windows, 80)
    weights = weights_of(practice.stock, torch.float32).encoder

    features = encode(weights, mel)

    with torch.no_grad():
        for own, single in zip(features, mel, strict=True):
            torch.testing.assert_close(
                own, practice.stock.encoder(single[None])[0], atol=1e-4, rtol=1e-4
            )


def test_a_shorter_spectrogram_gives_a_shorter_context(practice: "Pair") -> None:
    weights = weights_of(practice.stock, torch.float32).encoder

    features = encode(weights, spectrograms([NOISE], 80)[:, :, :600])

    assert features.shape == (1, 300, 192)
