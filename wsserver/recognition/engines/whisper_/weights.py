"""Whisper's weights as plain tensors, cast once, and the layers they make.

Knows nothing of audio, tokens or caches.  Every layer is a function of its input; nothing here is
hooked, switched or cast while a batch runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor
from whisper.model import Whisper

from wsserver.recognition.engines.whisper_.integers import RoundedLinear, round_rows

Layer: TypeAlias = Callable[[Tensor], Tensor]
"""An affine map over the last dimension, in whatever precision."""

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
    joined: Layer
    """Query, key and value in one; key and value alone where another text or audio asks."""

    out: Layer

    def split(self, x: Tensor) -> Tensor:
        """Part the last dimension into heads: (..., state) to (..., heads, state / heads)."""
        return x.view(*x.shape[:-1], self.heads, -1)

    def project(self, x: Tensor, parts: int) -> tuple[Tensor, ...]:
        """Give the joined projections of *x* apart, each split into heads."""
        return tuple(map(self.split, self.joined(x).chunk(parts, dim=-1)))


@dataclass(frozen=True, slots=True)
class CrossAttention(Attention):
    """An attention whose keys and values are those of the audio."""

    query: Layer


@dataclass(frozen=True, slots=True)
class Mlp:
    """The two-layer perceptron of a block, with the normalization before it."""

    norm: Norm
    up: Layer
    down: Layer

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
    cross: CrossAttention
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


def weights_of(model: Whisper, dtype: torch.dtype, rounded: bool = False) -> Weights:
    """Take the weights out of a stock model; in float32 they share most of its memory.

    Positions and normalizations stay in float, because stock adds and normalizes in float.  Where
    they are to be *rounded*, linear layers have eight bits and all else has *dtype*.
    """
    cast = _Cast(dtype, rounded)
    return Weights(cast.encoder(model.encoder), cast.decoder(model.decoder))


@dataclass(frozen=True, slots=True)
class _Cast:
    """Takes stock modules apart."""

    dtype: torch.dtype
    rounded: bool

    def tensor(self, parameter: Tensor) -> Tensor:
        return parameter.detach().to(self.dtype)

    def linear(self, *modules: Any) -> Layer:
        """Take one layer, or several of the same input as one."""
        if len(modules) == 1 and modules[0].bias is None:
            return self._layer(modules[0].weight.detach(), None)
        biases = [
            module.weight.new_zeros(len(module.weight)) if module.bias is None else module.bias
            for module in modules
        ]
        if len(modules) == 1:
            return self._layer(modules[0].weight.detach(), biases[0].detach())
        weight = torch.cat([module.weight.detach() for module in modules])
        return self._layer(weight, torch.cat(biases).detach())

    def _layer(self, weight: Tensor, bias: Tensor | None) -> Layer:
        if self.rounded:
            rows = round_rows(weight.float())
            zeros = weight.new_zeros(len(weight)) if bias is None else bias
            return RoundedLinear(rows.whole, rows.scales[:, 0], zeros.float())
        return Linear(self.tensor(weight), None if bias is None else self.tensor(bias))

    def norm(self, module: Any) -> Norm:
        return Norm(module.weight.detach().float(), module.bias.detach().float())

    def conv(self, module: Any) -> Conv:
        return Conv(self.tensor(module.weight), self.tensor(module.bias), module.stride[0])

    def attention(self, module: Any, norm: Any) -> Attention:
        joined = self.linear(module.query, module.key, module.value)
        return Attention(self.norm(norm), module.n_head, joined, self.linear(module.out))

    def cross(self, module: Any, norm: Any) -> CrossAttention:
        layers = (
            self.linear(*modules)
            for modules in ((module.key, module.value), (module.out,), (module.query,))
        )
        return CrossAttention(self.norm(norm), module.n_head, *layers)

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
                self.cross(block.cross_attn, block.cross_attn_ln),
                self.mlp(block),
            )
            for block in module.blocks
        )
        embedding = self.tensor(module.token_embedding.weight)
        positions = module.positional_embedding.detach().float()
        return DecoderWeights(embedding, positions, tuple(blocks), self.norm(module.ln))
