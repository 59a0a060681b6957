import math

import pytest
import torch

from tools.practice.training.losses import attention_loss, with_unused
from tools.practice.training.model import Prediction

NONE = torch.zeros(0)
NAN = math.nan


def test_unused_tokens_are_one_class_with_the_weight_of_their_number() -> None:
    logits = torch.tensor([[3.0, 1.0]])
    spread = torch.cat([logits, torch.zeros(1, 500)], 1)

    together = with_unused(logits, 500)

    assert torch.allclose(together.softmax(-1)[:, :2], spread.softmax(-1)[:, :2])


@pytest.mark.parametrize(
    ("span", "loss"),
    [((1.0, 2.0), -math.log(0.75)), ((-5.0, 9.0), 0.0), ((3.5, 3.9), 0.0), ((NAN, NAN), 0.0)],
)
def test_a_head_is_blamed_for_what_it_looks_at_elsewhere(
    span: tuple[float, float], loss: float
) -> None:
    attention = torch.tensor([0.25, 0.5, 0.25, 0.0]).expand(1, 2, 1, 4)
    prediction = Prediction(NONE, attention, torch.arange(4), NONE, NONE, NONE)

    blamed = attention_loss(prediction, torch.tensor([[span]]))

    assert float(blamed) == pytest.approx(loss, abs=1e-6)
