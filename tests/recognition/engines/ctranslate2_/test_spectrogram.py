from collections.abc import Callable

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor
from whisper.audio import log_mel_spectrogram, pad_or_trim

from wsserver.recognition.engines.ctranslate2_.spectrogram import (
    FULL,
    SAMPLES,
    short_context,
    spectrogram,
)
from wsserver.speech import Samples

Read = Callable[[str], Samples]


@pytest.mark.parametrize(
    ("samples", "positions"),
    [(0, 128), (64 * 320, 128), (64 * 320 + 1, 256), (8 * 16_000, 512), (480_000, FULL)],
)
def test_a_short_context_is_as_long_as_its_window_and_a_margin(
    samples: int, positions: int
) -> None:
    assert short_context(samples) == positions


@pytest.mark.parametrize("mels", [80, 128])
@pytest.mark.parametrize("samples", [0, 1, 159, 160, 161, 16_000, 48_000])
def test_silence_that_is_not_computed_looks_as_if_it_were(
    sample: Read, mels: int, samples: int
) -> None:
    extractor = FeatureExtractor(feature_size=mels)
    audio = sample("en-us-my-uncle-sold")[:samples]

    quick = spectrogram(extractor, audio, 256)

    padded = np.pad(audio, (0, 256 * SAMPLES - len(audio)))
    assert quick.dtype == np.float32
    np.testing.assert_array_equal(quick, extractor(padded)[:, :512])


@pytest.mark.parametrize("mels", [80, 128])
def test_the_full_context_is_seen_as_stock_sees_it(sample: Read, mels: int) -> None:
    audio = sample("en-us-my-uncle-sold")

    seen = spectrogram(FeatureExtractor(feature_size=mels), audio, FULL)

    stock = log_mel_spectrogram(pad_or_trim(audio), mels).numpy()
    np.testing.assert_allclose(seen, stock, atol=1e-3)


def test_what_is_longer_than_the_context_is_cut() -> None:
    noise = np.random.default_rng(0).standard_normal(100_000).astype(np.float32)

    assert spectrogram(FeatureExtractor(), noise, 256).shape == (80, 512)
