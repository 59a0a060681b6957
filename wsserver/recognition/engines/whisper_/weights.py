"""Whisper's weights as plain tensors, cast once, and the layers they make.

Knows nothing of audio, tokens or caches.  Every layer is a function of its input; nothing here is
hooked, switched or cast while a batch runs.
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor
from whisper.model import Whisper

_FEW, _PANEL = 4, 16
"""Between these, more lines are scored faster than fewer."""


@dataclass(frozen=True, slots=True)
class Linear:
    """An affine map over the last dimension."""

    weight: Tensor
    bias: Tensor | None

    def __call__(self, x: Tensor) -> Tensor:
        """Map (..., in) to (..., out)."""
        return F.linear(x, self.weight, self.bias)


@dataclass(frozen=True, slots=True)
class Norm:
    """Layer normalization, computed in float whatever the precision, as stock does."""

    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Normalize the last dimension."""
        return F.layer_norm(x.float(), self.weight.shape, self.weight, self.bias).to(x.dtype)


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolution of width 3 over time, with the activation that follows it."""

    weight: Tensor
    bias: Tensor
    stride: int

    def __call__(self, x: Tensor) -> Tensor:
        """Map (n, in, times) to (n, out, times / stride)."""
        return F.gelu(F.conv1d(x, self.weight, self.bias, stride=self.stride, padding=1))


@dataclass(frozen=True, slots=True)
class Attention:
    """The projections of one attention, with the normalization before it."""

    norm: Norm
    heads: int
    query: Linear
    key: Linear
    value: Linear
    out: Linear

    def split(self, x: Tensor) -> Tensor:
        """Part the last dimension into heads: (..., state) to (..., heads, state / heads)."""
        return x.view(*x.shape[:-1], self.heads, -1)


@dataclass(frozen=True, slots=True)
class Mlp:
    """The two-layer perceptron of a block, with the normalization before it."""

    norm: Norm
    up: Linear
    down: Linear

    def __call__(self, x: Tensor) -> Tensor:
        """Give what the block adds to *x*."""
        return self.down(F.gelu(self.up(self.norm(x))))


@dataclass(frozen=True, slots=True)
class EncoderBlock:
    """One layer of the encoder."""

    attention: Attention
    mlp: Mlp


@dataclass(frozen=True, slots=True)
class EncoderWeights:
    """All that turns a mel spectrogram into audio features."""

    conv1: Conv
    conv2: Conv
    positions: Tensor
    """Shape (n_audio_ctx, state), float."""

    blocks: tuple[EncoderBlock, ...]
    norm: Norm


@dataclass(frozen=True, slots=True)
class DecoderBlock:
    """One layer of the decoder."""

    attention: Attention
    cross: Attention
    mlp: Mlp


@dataclass(frozen=True, slots=True)
class DecoderWeights:
    """All that turns tokens and audio features into logits."""

    embedding: Tensor
    """Shape (n_vocab, state); also the output projection."""

    positions: Tensor
    """Shape (n_text_ctx, state), float."""

    blocks: tuple[DecoderBlock, ...]
    norm: Norm

    @property
    def device(self) -> torch.device:
        """Say where the weights lie."""
        return self.embedding.device

    def logits(self, hidden: Tensor) -> Tensor:
        """Score every token of the vocabulary: (n, state) to (n, n_vocab), in float."""
        lines = len(hidden)
        if self.device.type == "cpu" and _FEW < lines < _PANEL:
            # Measured: 8 to 12 lines cost two to three times as much as 16.
            hidden = F.pad(hidden, (0, 0, 0, _PANEL - lines))
        return (hidden @ self.embedding.T)[:lines].float()


@dataclass(frozen=True, slots=True)
class Weights:
    """A whole model."""

    encoder: EncoderWeights
    decoder: DecoderWeights


def weights_of(model: Whisper, dtype: torch.dtype) -> Weights:
    """Take the weights out of a stock model; in float32 they share its memory.

    Positions and normalizations stay in float, because stock adds and normalizes in float.
    """
    cast = _Cast(dtype)
    return Weights(cast.encoder(model.encoder), cast.decoder(model.decoder))


@dataclass(frozen=True, slots=True)
class _Cast:
    """Takes stock modules apart."""

    dtype: torch.dtype

    def tensor(self, parameter: Tensor) -> Tensor:
        return parameter.detach().to(self.dtype)

    def linear(self, module: Any) -> Linear:
        bias = None if module.bias is None else self.tensor(module.bias)
        return Linear(self.tensor(module.weight), bias)

    def norm(self, module: Any) -> Norm:
        return Norm(module.weight.detach().float(), module.bias.detach().float())

    def conv(self, module: Any) -> Conv:
        return Conv(self.tensor(module.weight), self.tensor(module.bias), module.stride[0])

    def attention(self, module: Any, norm: Any) -> Attention:
        projections = map(self.linear, (module.query, module.key, module.value, module.out))
        return Attention(self.norm(norm), module.n_head, *projections)

    def mlp(self, block: Any) -> Mlp:
        return Mlp(self.norm(block.mlp_ln), self.linear(block.mlp[0]), self.linear(block.mlp[2]))

    def encoder(self, module: Any) -> EncoderWeights:
        blocks = (
            EncoderBlock(self.attention(block.attn, block.attn_ln), self.mlp(block))
            for block in module.blocks
        )
        positions = module.positional_embedding.detach().float()
        convs = self.conv(module.conv1), self.conv(module.conv2)
        return EncoderWeights(*convs, positions, tuple(blocks), self.norm(module.ln_post))

    def decoder(self, module: Any) -> DecoderWeights:
        blocks = (
            DecoderBlock(
                self.attention(block.attn, block.attn_ln),
                self.attention(block.cross_attn, block.cross_attn_ln),
                self.mlp(block),
            )
            for block in module.blocks
        )
        embedding = self.tensor(module.token_embedding.weight)
        positions = module.positional_embedding.detach().float()
        return DecoderWeights(embedding, positions, tuple(blocks), self.norm(module.ln))
