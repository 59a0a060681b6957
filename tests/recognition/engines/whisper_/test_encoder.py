from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from whisper.audio import log_mel_spectrogram, pad_or_trim
from whisper.model import ModelDimensions, Whisper

from wsserver.recognition.engines.whisper_ import encoder
from wsserver.recognition.engines.whisper_.encoder import (
    bears_short_context,
    bundles,
    encode_all,
    short_context,
    spectrogram,
)
from wsserver.recognition.engines.whisper_.weights import weights_of
from wsserver.speech import Samples

if TYPE_CHECKING:
    from tests.recognition.engines.whisper_.conftest import Pair

NOISE = np.random.default_rng(1).normal(0, 0.1, 600_000).astype(np.float32)


@pytest.mark.parametrize("length", [0, 1, 399, 16_000, 480_000, 600_000])
@pytest.mark.parametrize("mels", [80, 128])
def test_a_spectrogram_is_stocks_to_the_bit(length: int, mels: int) -> None:
    audio = NOISE[:length]

    mel = spectrogram(audio, mels, 1500)

    assert torch.equal(mel, log_mel_spectrogram(pad_or_trim(audio), mels))


@pytest.mark.parametrize("length", [0, 1, 399, 16_000, 160_000, 459_000])
def test_a_short_spectrogram_is_the_start_of_stocks(length: int) -> None:
    audio = NOISE[:length]
    positions = short_context(length, 1500, "cpu")

    mel = spectrogram(audio, 80, positions)

    stock = log_mel_spectrogram(pad_or_trim(audio), 80)
    assert mel.shape == (80, 2 * positions)
    torch.testing.assert_close(mel, stock[:, : 2 * positions], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("samples", "on_cpu", "on_cuda"),
    [
        (0, 64, 128),
        (1, 80, 128),
        (64 * 320, 128, 128),
        (64 * 320 + 1, 144, 256),
        (128_000, 464, 512),
        (400_000, 1328, 1408),
        (459_520, 1500, 1500),
        (480_000, 1500, 1500),
    ],
)
def test_a_short_context_holds_the_window_and_a_margin(
    samples: int, on_cpu: int, on_cuda: int
) -> None:
    contexts = [short_context(samples, 1500, device) for device in ("cpu", "cuda")]

    assert contexts == [on_cpu, on_cuda]


def test_turbo_and_its_like_take_the_full_context() -> None:
    turbo = ModelDimensions(128, 1500, 1280, 20, 32, 51866, 448, 1280, 20, 4)
    distilled = replace(turbo, n_text_layer=2)
    large = replace(turbo, n_text_layer=32)
    practice = ModelDimensions(80, 1500, 192, 3, 4, 51864, 448, 192, 3, 2)

    bear = [bears_short_context(dims) for dims in (turbo, distilled, large, practice)]

    assert bear == [False, False, True, True]


@pytest.mark.parametrize(
    ("device", "expected"), [("cpu", [[0], [1], [2], [3]]), ("cuda", [[1, 3], [0], [2]])]
)
def test_spectrograms_of_one_length_are_bundled_where_it_pays(
    device: str, expected: list[list[int]]
) -> None:
    assert bundles([500, 100, 900, 100], device) == expected


@pytest.fixture(params=["cpu", "cuda"])
def bundled_as_on(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundle spectrograms as on a device, whatever there is."""
    device: str = request.param
    monkeypatch.setattr(encoder, "bundles", lambda lengths, _: bundles(lengths, device))


@pytest.mark.usefixtures("bundled_as_on")
def test_features_are_stocks_whatever_is_beside(
    practice: "Pair", sample: Callable[[str], Samples]
) -> None:
    windows = [sample("en-us-we-lost-the"), NOISE[:480_000], np.zeros(10, np.float32)]
    mels = [spectrogram(window, 80, 1500) for window in windows]
    weights = weights_of(practice.stock, torch.float32).encoder

    features = encode_all(weights, mels)

    with torch.no_grad():
        for own, single in zip(features, mels, strict=True):
            torch.testing.assert_close(
                own, practice.stock.encoder(single[None])[0], atol=1e-4, rtol=1e-4
            )


def of_context(stock: Whisper, positions: int) -> Whisper:
    """Copy a stock model, with a context of so many positions."""
    model = Whisper(replace(stock.dims, n_audio_ctx=positions)).eval()
    state = stock.state_dict()
    state["encoder.positional_embedding"] = state["encoder.positional_embedding"][:positions]
    model.load_state_dict(state)
    return model


@pytest.mark.usefixtures("bundled_as_on")
def test_features_of_unlike_contexts_are_those_of_stock_models_with_these(practice: "Pair") -> None:
    lengths = (300, 64, 300, 1500)
    mels = [spectrogram(NOISE[9000 * place :], 80, n) for place, n in enumerate(lengths)]
    weights = weights_of(practice.stock, torch.float32).encoder

    features = encode_all(weights, mels)

    for own, mel, length in zip(features, mels, lengths, strict=True):
        with torch.no_grad():
            expected = of_context(practice.stock, length).encoder(mel[None])[0]
        torch.testing.assert_close(own, expected, atol=1e-4, rtol=1e-4)
