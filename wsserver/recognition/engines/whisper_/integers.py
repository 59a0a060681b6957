"""Products of numbers rounded to eight bits: rows apart, sums exact.

Knows nothing of models or tokens.  Torch's own dynamic quantization takes one scale for all lines
of a call; here every line has its own, so that no line depends on its neighbors.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

_MOST = 127
"""The largest of the eight-bit numbers; -128 is not used, so that both signs round alike."""


@dataclass(frozen=True, slots=True)
class Rounded:
    """Rows of numbers as whole ones times a scale for each row."""

    whole: Tensor
    """Shape (rows, width), int8 within [-127, 127]."""

    scales: Tensor
    """Shape (rows, 1), float, above 0."""


@dataclass(frozen=True, slots=True)
class RoundedLinear:
    """An affine map over the last dimension, rounded once; its input is rounded at every call."""

    whole: Tensor
    """Shape (out, in), int8."""

    scales: Tensor
    """What the rows of *whole* are multiples of, shape (out,)."""

    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Map (..., in) to (..., out), in float; no line of *x* depends on another."""
        lines = round_rows(x.flatten(0, -2))
        sums = products(lines.whole, self.whole).float().mul_(self.scales)
        return torch.addcmul(self.bias, sums, lines.scales).view(*x.shape[:-1], -1)


def round_rows(x: Tensor) -> Rounded:
    """Round each row of *x*, shape (rows, width), to 255 steps as wide as its largest needs."""
    scales = x.abs().amax(dim=1, keepdim=True).float().div_(_MOST)
    # A row of zeros has no largest; any scale will do.
    scales.clamp_(min=torch.finfo(torch.float32).tiny * _MOST)
    return Rounded((x / scales).round_().to(torch.int8), scales)


def products(lines: Tensor, rows: Tensor, out: Tensor | None = None) -> Tensor:
    """Multiply each of *lines*, shape (n, width), by each of *rows*, shape (m, width).

    Both are int8; the sums, shape (n, m), are int32, in the memory of *out* if there is some.
    """
    # The one product of int8 that torch has without its quantized tensors, which go away.
    if out is None:
        return torch._int_mm(lines, rows.T)  # noqa: SLF001
    sums: Tensor = torch._int_mm(lines, rows.T, out=out)  # noqa: SLF001
    return sums


def sums_exactly(rows: Tensor) -> bool:
    """Say whether `products` with these *rows* are right on this machine, to the last bit.

    Processors without instructions for it may add pairs in 16 bits, which the largest overflow.
    """
    generator = torch.Generator().manual_seed(0)
    signs = torch.randint(0, 2, (5, rows.shape[1]), generator=generator, dtype=torch.int8)
    lines = (2 * signs - 1) * _MOST
    lines[0] = _MOST
    extreme = rows.clone()
    extreme[:64] = _MOST
    try:
        found = products(lines, extreme)[:, :4096]
    except RuntimeError:
        return False
    return torch.equal(found, (lines.double() @ extreme[:4096].double().T).int())


def adds_exactly() -> bool:
    """Say whether this machine's `products` are right for rows of a usual width."""
    return sums_exactly(torch.zeros(256, 384, dtype=torch.int8))
