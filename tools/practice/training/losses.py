"""How wrong a prediction is: the text, the sounds, and where it looked for them.

Knows predictions and batches; knows nothing of how either was made.
"""

import math
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from tools.practice.training.batches import Batch
from tools.practice.training.model import WORD_STRIDE, Prediction
from tools.practice.training.targets import IGNORED

_ATTENTION_WEIGHT = 0.3
_SOUND_WEIGHT = 0.7
_LEAST_SEEN = 1e-4
"""No token is blamed for more than looking away altogether."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Means over what there is to predict; `correct` is a share."""

    text: Tensor
    attention: Tensor
    phones: Tensor
    words: Tensor
    sequence: Tensor
    correct: Tensor

    def total(self, sequence_weight: float) -> Tensor:
        """Add them up, weighted."""
        sounds = _SOUND_WEIGHT * (self.phones + self.words) + sequence_weight * self.sequence
        return self.text + _ATTENTION_WEIGHT * self.attention + sounds

    def stacked(self) -> Tensor:
        """Give all in one tensor, in their order here, cut off from what they came from."""
        return torch.stack([getattr(self, field.name).detach() for field in fields(self)])


def measure(
    prediction: Prediction, batch: Batch, unused_count: int, *, sequence: bool = True
) -> Losses:
    """Compare a prediction with what it should be; the *sequence* of phones only if asked for."""
    zero = prediction.text.new_zeros(())
    logits = with_unused(prediction.text, unused_count)
    return Losses(
        F.cross_entropy(logits.flatten(0, 1), batch.labels.flatten(), ignore_index=IGNORED),
        attention_loss(prediction, batch.spans),
        _frame_loss(prediction.phones, batch.phones),
        _frame_loss(prediction.words, batch.words[:, 1::WORD_STRIDE]),
        sequence_loss(prediction.sequence, batch) if sequence else zero,
        _correct(logits, batch.labels),
    )


def with_unused(logits: Tensor, count: int) -> Tensor:
    """Add one class for the *count* tokens that nobody says.

    In the exported embedding their rows are zero, so that each has the logit 0 and all together
    have log(count); a model that has learned against that never says one.
    """
    logits = logits.float()
    return F.pad(logits, (0, 1), value=math.log(count))


def attention_loss(prediction: Prediction, spans: Tensor) -> Tensor:
    """Blame every head for what it looks at outside of where the token is said."""
    places = prediction.positions.float()
    inside = (places >= spans[..., :1]) & (places <= spans[..., 1:])
    asked = inside.any(-1)
    seen = (prediction.attention * inside[:, None]).sum(-1).clamp_min(_LEAST_SEEN)
    return -(seen.log().mean(1) * asked).sum() / asked.sum().clamp_min(1)


def sequence_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Give the connectionist temporal classification of the phones, per phone."""
    chances = logits.float().log_softmax(-1).transpose(0, 1)
    rows = chances.shape[1]
    lengths = torch.full((rows,), len(chances), device=chances.device)
    loss = F.ctc_loss(
        chances,
        batch.sequence,
        lengths,
        batch.sequence_lengths,
        reduction="sum",
        zero_infinity=True,
    )
    return loss / max(1, len(batch.sequence))


def _frame_loss(logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), label_smoothing=0.05)


def _correct(logits: Tensor, labels: Tensor) -> Tensor:
    with torch.no_grad():
        asked = labels != IGNORED
        return ((logits.argmax(-1) == labels) & asked).sum() / asked.sum()
