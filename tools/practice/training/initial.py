"""Start a net where it learns fastest.

Knows the net and one window's sound; knows nothing of words.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from tools.practice.training.model import HEAD_WIDTH, Net

_SHIFTS = ((-2, 2), (-4, 4), (-3, 3), (-6, 6))
"""How many positions away the first two heads of each encoder layer look at first."""

_SHIFT_GAIN = 1.5
_REST = 0.3
_TOKEN_OFFSET = 13.0
"""A little above log(50,000), what all unused tokens have together."""


@torch.no_grad()
def prepare(net: Net, mel: Tensor) -> None:
    """Set the weights so that little must be found out first; *mel* is any batch's.

    What is heard becomes as loud as the positions that are added to it, some heads look a few
    positions back and ahead, and every token in use starts above those that are not.
    """
    _level_sound(net, mel)
    for block, shifts in zip(net.whisper.encoder.blocks, _SHIFTS, strict=False):
        for head, shift in enumerate(shifts[: net.dims.n_audio_head]):
            _look_aside(block.attn, head, shift)
    decoder = net.whisper.decoder
    decoder.token_embedding.weight[:, 0] = 1.0
    decoder.ln.weight[0] = 0.0
    decoder.ln.bias[0] = _TOKEN_OFFSET


def _level_sound(net: Net, mel: Tensor) -> None:
    encoder = net.whisper.encoder
    x = mel.transpose(1, 2)
    for layer, level in ((encoder.conv1, 0.7), (encoder.conv2, 1.0)):
        layer.bias.zero_()
        layer.weight.mul_(level / F.gelu(layer(x)).std())
        x = F.gelu(layer(x))


def _look_aside(attention: Any, head: int, shift: int) -> None:
    """Let a head's scores be highest *shift* positions away, by turning the sinusoids."""
    own = slice(head * HEAD_WIDTH, (head + 1) * HEAD_WIDTH)
    query, key = attention.query.weight[own], attention.key.weight[own]
    attention.query.bias[own] = 0
    half = query.shape[1] // 2
    pairs = torch.arange(HEAD_WIDTH // 2)
    turn = shift * torch.exp(-math.log(10_000) / (half - 1) * pairs)
    sines, cosines = 2 * pairs, 2 * pairs + 1
    for weight, angle in ((query, turn), (key, torch.zeros_like(turn))):
        weight *= _REST
        weight[sines, pairs] += _SHIFT_GAIN * angle.cos()
        weight[sines, half + pairs] += _SHIFT_GAIN * angle.sin()
        weight[cosines, half + pairs] += _SHIFT_GAIN * angle.cos()
        weight[cosines, pairs] -= _SHIFT_GAIN * angle.sin()
