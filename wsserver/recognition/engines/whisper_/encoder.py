"""Audio to features: Whisper's encoder, written out.

Knows nothing of tokens.  A shorter spectrogram gives a shorter context; stock asserts 1500.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor
from whisper.audio import N_SAMPLES_PER_TOKEN, log_mel_spectrogram

from wsserver.recognition.engines.whisper_.weights import Attention, EncoderWeights
from wsserver.speech import Samples

_MARGIN = 64
"""Positions of silence behind a short window at least: 1.3 s, lest the model run on."""

_BUCKETS = {"cpu": 16, "cuda": 128}
"""Short contexts are multiples of these, so that windows can be encoded together where it pays."""


def bears_short_context(dims: Any) -> bool:
    """Say whether a model with these dimensions is any good on less than the full context.

    Turbo, the large model with the most of its decoder taken away, is not.
    """
    return not (dims.n_audio_layer >= 32 > dims.n_text_layer)


def short_context(samples: int, longest: int, device: str) -> int:
    """Give the positions to encode for a window: as long as it, with a margin of silence."""
    bucket = _BUCKETS.get(device, _BUCKETS["cuda"])
    needed: int = -(-samples // N_SAMPLES_PER_TOKEN) + _MARGIN
    return min(longest, -(-needed // bucket) * bucket)


def spectrogram(audio: Samples, mels: int, positions: int) -> Tensor:
    """Give the log-mel spectrogram of *audio*, padded or cut to a context of so many positions.

    Shape (mels, 2 * positions).  At the full context it is stock's; at a shorter one the start of
    that, unless *audio* had to be cut.
    """
    padded = np.zeros(positions * N_SAMPLES_PER_TOKEN, np.float32)
    heard = audio[: len(padded)]
    padded[: len(heard)] = heard
    # One window alone, because the normalization looks for the loudest bin: in one call a loud
    # window would change a quiet one.
    mel: Tensor = log_mel_spectrogram(padded, mels)
    return mel


def encode_all(weights: EncoderWeights, mels: Sequence[Tensor]) -> list[Tensor]:
    """Turn spectrograms of any lengths into features, each of shape (positions, state)."""
    features: dict[int, Tensor] = {}
    for places in bundles([mel.shape[1] for mel in mels], weights.positions.device.type):
        stacked = encode(weights, torch.stack([mels[place] for place in places]))
        features.update(zip(places, stacked, strict=True))
    return [features[place] for place in range(len(mels))]


def bundles(lengths: Sequence[int], device: str) -> list[list[int]]:
    """Say which spectrograms of these lengths are encoded in one call."""
    if device == "cpu":
        # One by one is faster there: a window's activations stay in the processor's cache.
        return [[place] for place in range(len(lengths))]
    return [
        [place for place, length in enumerate(lengths) if length == alike]
        for alike in sorted(set(lengths))
    ]


def encode(weights: EncoderWeights, mel: Tensor) -> Tensor:
    """Turn spectrograms of one length into features, shape (n, positions, state).

    Spectrograms have the shape (n, mels, 2 * positions), wherever they lie.
    """
    x = weights.conv2(weights.conv1(mel.to(weights.conv1.weight))).permute(0, 2, 1)
    x = (x + weights.positions[: x.shape[1]]).to(x.dtype)
    for block in weights.blocks:
        x = x + _attend(block.attention, x)
        x = x + block.mlp(x)
    return weights.norm(x)


def _attend(attention: Attention, x: Tensor) -> Tensor:
    q, k, v = (part.transpose(1, 2) for part in attention.project(attention.norm(x), 3))
    mixed = F.scaled_dot_product_attention(q, k, v)
    return attention.out(mixed.transpose(1, 2).flatten(2))
