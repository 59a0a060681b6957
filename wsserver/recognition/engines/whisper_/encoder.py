"""Audio to features: Whisper's encoder, written out.

Knows nothing of tokens.  A shorter spectrogram gives a shorter context; stock asserts 1500.
"""

from collections.abc import Iterable

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor
from whisper.audio import N_SAMPLES, log_mel_spectrogram

from wsserver.recognition.engines.whisper_.weights import Attention, EncoderWeights
from wsserver.speech import Samples


def spectrogram(audio: Samples, mels: int) -> Tensor:
    """Give the log-mel spectrogram of *audio* padded or cut to 30 s, shape (mels, 3000)."""
    padded = np.zeros(N_SAMPLES, np.float32)
    heard = audio[:N_SAMPLES]
    padded[: len(heard)] = heard
    mel: Tensor = log_mel_spectrogram(padded, mels)
    return mel


def spectrograms(audios: Iterable[Samples], mels: int) -> Tensor:
    """Stack the spectrograms of several windows, shape (n, mels, 3000).

    They are computed one by one, because the normalization looks for the loudest bin: in one
    call a loud window would change a quiet one.
    """
    return torch.stack([spectrogram(audio, mels) for audio in audios])


def encode(weights: EncoderWeights, mel: Tensor) -> Tensor:
    """Turn spectrograms, shape (n, mels, 2 * positions), into features (n, positions, state)."""
    if mel.device.type == "cpu" and len(mel) > 1:
        # One by one is faster there: a window's activations stay in the processor's cache.
        return torch.cat([encode(weights, single) for single in torch.split(mel, 1)])
    x = weights.conv2(weights.conv1(mel.to(weights.conv1.weight.dtype))).permute(0, 2, 1)
    x = (x + weights.positions[: x.shape[1]]).to(x.dtype)
    for block in weights.blocks:
        x = x + _attend(block.attention, x)
        x = x + block.mlp(x)
    return weights.norm(x)


def _attend(attention: Attention, x: Tensor) -> Tensor:
    x = attention.norm(x)
    q, k, v = (
        attention.split(project(x)).transpose(1, 2)
        for project in (attention.query, attention.key, attention.value)
    )
    mixed = F.scaled_dot_product_attention(q, k, v)
    return attention.out(mixed.transpose(1, 2).flatten(2))
