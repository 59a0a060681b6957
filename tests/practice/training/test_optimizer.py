import pytest
import torch
from torch import nn

from tools.practice.training.optimizer import Muon, orthogonalized


@pytest.mark.parametrize("shape", [(3, 16, 16), (2, 16, 64), (2, 64, 16)])
def test_an_orthogonalized_matrix_stretches_nothing_much(shape: tuple[int, ...]) -> None:
    torch.manual_seed(1)

    stretches = torch.linalg.svdvals(orthogonalized(torch.randn(shape)))

    assert stretches.shape == (shape[0], 16)
    assert ((stretches > 0.1) & (stretches < 1.3)).all()
    assert (stretches > 0.6).float().mean() > 0.9


def _learners(count: int) -> list[nn.Parameter]:
    torch.manual_seed(2)
    matrices = [nn.Parameter(torch.randn(16, 16)) for _ in range(count)]
    matrices += [nn.Parameter(torch.randn(64, 16))]
    for matrix in matrices:
        matrix.grad = torch.randn_like(matrix)
    return matrices


def test_shares_of_two_processes_make_the_whole_update() -> None:
    alone, shared = _learners(3), _learners(3)
    theirs: list[torch.Tensor] = []
    Muon(_learners(3), rank=1, world=2).step(0.1, theirs.append)

    Muon(alone).step(0.1, lambda tensor: None)
    Muon(shared, rank=0, world=2).step(0.1, lambda tensor: torch.add(tensor, theirs[0], out=tensor))

    for one, other in zip(alone, shared, strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_a_step_is_as_long_as_one_of_adam() -> None:
    (matrix, *_) = matrices = _learners(3)
    before = matrix.detach().clone()

    Muon(matrices).step(0.01, lambda tensor: None)

    length = (matrix.detach() - before * (1 - 0.01 * 0.05)).square().mean().sqrt()
    assert 0.1 < float(length) / 0.01 < 0.3
