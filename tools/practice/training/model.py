"""Whisper over few tokens, with helpers that name the sounds while it learns.

Knows Whisper's modules, whose weights it trains; knows nothing of corpora or losses.  The forward
pass is written out, because training pads otherwise than decoding does: of the padding to 30 s only
a sample of positions is computed, each of which counts for many in the attention.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor, nn
from whisper.model import ModelDimensions, Whisper, sinusoids

from tools.practice.corpus.store import BANDS
from tools.practice.training.batches import Batch
from tools.practice.training.schedule import MARGIN, POSITIONS
from tools.practice.training.settings import Size
from tools.practice.training.shelves import Library

HEAD_WIDTH = 64
_TEXT_CONTEXT = 448
WORD_STRIDE = 3
"""Of so many positions one is asked for its word: there are a thousand words and three times 20 ms
are shorter than any."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the net makes of a batch."""

    text: Tensor
    """Logits of the next token, shape (rows, tokens, small tokens)."""

    attention: Tensor
    """Of the last layer: shape (rows, heads, tokens, encoder positions)."""

    positions: Tensor
    """Where each encoder position stands."""

    sequence: Tensor
    """Logits of phones for their order, 0 for none, shape (rows, positions, phones + 1)."""

    phones: Tensor
    """Likewise for the frames."""

    words: Tensor
    """Logits of words at every third position, from the second."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What comes out of the encoder, and how much each position counts."""

    audio: Tensor
    positions: Tensor
    bias: Tensor | None
    """Added to all attention scores; None where every position counts once."""


class Net(nn.Module):
    """The model to be exported, `whisper`, and three heads that help the encoder to learn."""

    def __init__(self, size: Size, library: Library) -> None:
        super().__init__()
        self.dims = ModelDimensions(
            n_mels=BANDS,
            n_audio_ctx=POSITIONS,
            n_audio_state=size.width,
            n_audio_head=size.width // HEAD_WIDTH,
            n_audio_layer=size.encoder_layers,
            n_vocab=len(library.tokens.used),
            n_text_ctx=_TEXT_CONTEXT,
            n_text_state=size.width,
            n_text_head=size.width // HEAD_WIDTH,
            n_text_layer=size.decoder_layers,
        )
        self.whisper = Whisper(self.dims)
        self.sequence = nn.Linear(size.width, len(library.phones) + 1)
        self.phones = nn.Linear(size.width, len(library.phones) + 1)
        self.words = nn.Linear(size.width, len(library.words) + 1)
        decoder = self.whisper.decoder
        nn.init.normal_(decoder.token_embedding.weight, std=0.04)
        decoder.positional_embedding.data.copy_(sinusoids(_TEXT_CONTEXT, size.width) * 0.05)

    def forward(self, batch: Batch) -> Prediction:
        """Predict everything for a batch."""
        heard = self.encode(batch)
        text, attention = self.decode(batch.inputs, heard)
        own = heard.audio[:, : batch.mel.shape[1] // 2]
        return Prediction(
            text,
            attention,
            heard.positions,
            self.sequence(own),
            self.phones(own),
            self.words(own[:, 1::WORD_STRIDE]),
        )

    def encode(self, batch: Batch) -> Heard:
        """Give the audio features of windows, and of the padding behind them if there is any."""
        x, positions, bias = self._embedded(batch)
        encoder = self.whisper.encoder
        x = x + encoder.positional_embedding[positions]
        for block in encoder.blocks:
            y = normed(block.attn_ln, x)
            x = x + attend(block.attn, y, y, bias)
            x = x + _mlp(block, x)
        return Heard(normed(encoder.ln_post, x), positions, bias)

    def decode(self, inputs: Tensor, heard: Heard) -> tuple[Tensor, Tensor]:
        """Give the logits of the next tokens, and what the last layer looked at."""
        decoder = self.whisper.decoder
        embedding = decoder.token_embedding.weight
        x = embedding[inputs] + decoder.positional_embedding[: inputs.shape[1]]
        attention = x
        for block in decoder.blocks:
            y = normed(block.attn_ln, x)
            x = x + attend(block.attn, y, y, causal=True)
            y = normed(block.cross_attn_ln, x)
            if block is decoder.blocks[-1]:
                mixed, attention = look(block.cross_attn, y, heard)
            else:
                mixed = attend(block.cross_attn, y, heard.audio, heard.bias)
            x = x + mixed
            x = x + _mlp(block, x)
        return F.linear(normed(decoder.ln, x), embedding), attention

    def _embedded(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor | None]:
        """Run the convolutions; give their features, the positions of these, and their weights."""
        device, own = batch.mel.device, batch.mel.shape[1] // 2
        if not len(batch.places):
            return self.convolved(batch.mel), torch.arange(own, device=device), None
        tail = batch.padding.expand(-1, 4 * MARGIN, BANDS)
        x = self.convolved(torch.cat([batch.mel, tail], 1))
        # Far enough inside the padding all features are the same, wherever they stand.
        kept, steady = x[:, : own + MARGIN], x[:, own + MARGIN : own + MARGIN + 1]
        x = torch.cat([kept, steady.expand(-1, len(batch.places), -1)], 1)
        near = torch.arange(own + MARGIN, device=device)
        bias = x.new_zeros(x.shape[1])
        bias[own + MARGIN :] = math.log((POSITIONS - own - MARGIN) / len(batch.places))
        return x, torch.cat([near, batch.places]), bias[None, None, None]

    def convolved(self, mel: Tensor) -> Tensor:
        """Give the features of *mel*, shape (rows, frames, bands): (rows, frames / 2, width)."""
        encoder = self.whisper.encoder
        x = F.gelu(encoder.conv1(mel.transpose(1, 2)))
        return F.gelu(encoder.conv2(x)).transpose(1, 2)


def normed(norm: nn.LayerNorm, x: Tensor) -> Tensor:
    """Apply a layer norm in the precision at hand; Whisper's module casts."""
    return F.layer_norm(x, norm.normalized_shape, norm.weight, norm.bias, norm.eps)


def attend(
    module: Any, x: Tensor, source: Tensor, bias: Tensor | None = None, *, causal: bool = False
) -> Tensor:
    """Mix *source* for each position of *x*, by the weights of one of Whisper's attentions."""
    query, key, value = _projected(module, x, source)
    bias = None if bias is None else bias.to(query.dtype)
    mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias, is_causal=causal)
    return _joined(module, mixed)


def look(module: Any, x: Tensor, heard: Heard) -> tuple[Tensor, Tensor]:
    """Do as `attend` does, and give the attention as well."""
    query, key, value = _projected(module, x, heard.audio)
    scores = (query @ key.transpose(2, 3)).float() * HEAD_WIDTH**-0.5
    attention = (scores if heard.bias is None else scores + heard.bias).softmax(-1)
    return _joined(module, attention.to(value.dtype) @ value), attention


def _projected(module: Any, x: Tensor, source: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return (
        _split(module.query(x)),
        _split(module.key(source)),
        _split(module.value(source)),
    )


def _split(x: Tensor) -> Tensor:
    return x.view(*x.shape[:2], -1, HEAD_WIDTH).transpose(1, 2)


def _joined(module: Any, mixed: Tensor) -> Tensor:
    joined: Tensor = module.out(mixed.transpose(1, 2).flatten(2))
    return joined


def _mlp(block: Any, x: Tensor) -> Tensor:
    y: Tensor = block.mlp(normed(block.mlp_ln, x))
    return y
