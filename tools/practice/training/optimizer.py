"""Two ways to follow a gradient: Muon for the matrices between layers, AdamW for all else.

Knows parameters and gradients; knows nothing of what they are for.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from tools.practice.training.model import Net

_MOMENTUM = 0.95
_MATRIX_DECAY = 0.05
_OTHER_DECAY = 0.01
_LIKE_ADAM = 0.2
"""With it an update is as large as AdamW's (arXiv:2502.16982)."""

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5

Exchange = Callable[[Tensor], object]
"""Adds up a tensor over all processes, in place."""


def orthogonalized(matrices: Tensor) -> Tensor:
    """Give the nearly orthogonal matrices nearest to a stack of them, wide ones for speed.

    Newton-Schulz iteration as in Muon (https://kellerjordan.github.io/posts/muon/), but all
    matrices of a shape at once and in their own precision: torch's goes one by one in bfloat16,
    which takes twice as long on a processor without AMX.
    """
    if matrices.shape[1] > matrices.shape[2]:
        turned: Tensor = orthogonalized(matrices.mT).mT
        return turned
    a, b, c = _COEFFICIENTS
    x: Tensor = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(_ITERATIONS):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return x


class Muon:
    """Muon with Nesterov's momentum; each of several processes works out its share."""

    def __init__(self, matrices: Sequence[nn.Parameter], rank: int = 0, world: int = 1) -> None:
        self._rank, self._world = rank, world
        by_shape: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
        for matrix in matrices:
            by_shape[matrix.shape].append(matrix)
        self._groups = list(by_shape.values())
        self._momenta = [
            torch.zeros(len(group), *group[0].shape, device=group[0].device)
            for group in self._groups
        ]

    @torch.no_grad()
    def step(self, rate: float, exchange: Exchange) -> None:
        """Update all matrices by their gradients; *exchange* brings the shares together."""
        updates = [self._update(*pair) for pair in zip(self._groups, self._momenta, strict=True)]
        if self._world > 1:
            together = torch.cat([update.flatten() for update in updates])
            exchange(together)
            parts = torch.split(together, [update.numel() for update in updates])
            updates = [p.view_as(u) for p, u in zip(parts, updates, strict=True)]
        for group, update in zip(self._groups, updates, strict=True):
            size = _LIKE_ADAM * max(group[0].shape) ** 0.5
            torch._foreach_mul_(list(group), 1 - rate * _MATRIX_DECAY)
            torch._foreach_add_(list(group), list(update.unbind()), alpha=-rate * size)

    def _update(self, group: list[nn.Parameter], momenta: Tensor) -> Tensor:
        gradients = torch.stack([parameter.grad for parameter in group])  # type: ignore[misc]
        momenta.lerp_(gradients, 1 - _MOMENTUM)
        update = gradients.lerp(momenta, _MOMENTUM)
        own = slice(self._rank, None, self._world)
        shared = update if self._world == 1 else torch.zeros_like(update)
        if len(update[own]):
            shared[own] = orthogonalized(update[own])
        return shared

    def state(self) -> list[Tensor]:
        """Give what to keep in a checkpoint."""
        return self._momenta

    def load(self, state: list[Tensor]) -> None:
        """Take a checkpoint's state over."""
        for momenta, kept in zip(self._momenta, state, strict=True):
            momenta.copy_(kept)


class Optimizer:
    """Both together, for all parameters of a net."""

    def __init__(self, net: Net, rank: int = 0, world: int = 1) -> None:
        named = list(net.named_parameters())
        matrices = [p for name, p in named if p.ndim == 2 and ".blocks." in name]
        own = {id(matrix) for matrix in matrices}
        rest = [p for _, p in named if id(p) not in own]
        self._muon = Muon(matrices, rank, world)
        self._adam = torch.optim.AdamW(
            rest, lr=0.0, betas=(0.9, 0.98), weight_decay=_OTHER_DECAY, fused=True
        )

    def step(self, rate: float, exchange: Exchange) -> None:
        """Follow the gradients at learning rate *rate*, and forget them."""
        for group in self._adam.param_groups:
            group["lr"] = rate
        self._adam.step()
        self._muon.step(rate, exchange)

    def state(self) -> dict[str, Any]:
        """Give what to keep in a checkpoint."""
        return {"muon": self._muon.state(), "adam": self._adam.state_dict()}

    def load(self, state: dict[str, Any]) -> None:
        """Take a checkpoint's state over."""
        self._muon.load(state["muon"])
        self._adam.load_state_dict(state["adam"])
