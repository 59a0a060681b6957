"""Make the batch of a step, from nothing but the seed, the step and the shard.

Knows windows and their targets; knows nothing of models.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from tools.practice.training import augment, schedule
from tools.practice.training.schedule import POSITIONS, SAMPLED, Shape
from tools.practice.training.settings import Settings
from tools.practice.training.shelves import Library, Rng
from tools.practice.training.targets import (
    IGNORED,
    POSITIONS_PER_SECOND,
    Line,
    Sounds,
    line,
    sounds,
)
from tools.practice.training.windows import FLOOR, Power, Scene, compose

_ZERO_PADDED_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of as many rows; times are encoder positions of 20 ms."""

    mel: Tensor
    """Shape (rows, frames, 80): as Whisper's encoder takes it, but for the order."""

    padding: Tensor
    """What pads each row to 30 s, shape (rows, 1, 1)."""

    places: Tensor
    """Positions sampled from the padding, ascending; none if there is no padding."""

    inputs: Tensor
    """Small tokens that the decoder reads, shape (rows, tokens)."""

    labels: Tensor
    """What it should say next; -100 where that is not learned."""

    spans: Tensor
    """First and last position to look at for that, NaN for anywhere, shape (rows, tokens, 2)."""

    phones: Tensor
    """The phone of each position, 0 for none, shape (rows, positions)."""

    words: Tensor
    """Likewise the word."""

    sequence: Tensor
    """The phones of all rows, laid end to end."""

    sequence_lengths: Tensor

    def to(self, device: torch.device) -> "Batch":
        """Move everything to *device*."""
        moved = {f.name: getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)}
        return replace(self, **moved)

    @property
    def seconds(self) -> float:
        """How much audio there is."""
        return self.mel.shape[0] * self.mel.shape[1] / 100


def make(library: Library, settings: Settings, step: int, shard: int) -> Batch:
    """Make one of the batches of a step."""
    shared = np.random.default_rng((settings.seed, step))
    progress = step / settings.steps
    shape = schedule.shape(progress, settings.audio_s, shared)
    rng = np.random.default_rng((settings.seed, step, 1 + shard))
    scenes = [_heard(compose(library, shape.frames, rng), rng) for _ in range(shape.rows)]
    lines = [line(scene, library, rng) for scene in scenes]
    return _batch(shape, scenes, lines, [sounds(scene, library) for scene in scenes], rng)


def normalized(power: Power) -> Power:
    """Scale a window as Whisper does: the loudest at 80 dB above the floor, -1 to 1 or so."""
    power = np.maximum(power, FLOOR)
    scaled: Power = (np.maximum(power, power.max() - 8) + 4) / 4
    return scaled


def _heard(scene: Scene, rng: Rng) -> Scene:
    """Let the scene pass through the world; what comes after its end stays digital silence."""
    if scene.words or scene.broken:
        augment.speech(scene.power, rng)
    else:
        augment.silence(scene.power, rng)
    scene.power[scene.end :] = FLOOR
    return scene


def _batch(
    shape: Shape, scenes: Sequence[Scene], lines: Sequence[Line], heard: list[Sounds], rng: Rng
) -> Batch:
    mel = np.stack([normalized(scene.power) for scene in scenes])
    floor = np.maximum(mel.max((1, 2)) - 2, (FLOOR + 4) / 4)
    # Stock's transcribe() pads the scaled mel with 0.
    zero = rng.random(len(floor)) < _ZERO_PADDED_SHARE
    padding = np.where(zero, 0, floor).astype(np.float32)[:, None, None]
    sequence = [phone for row in heard for phone in row.sequence]
    return Batch(
        mel=torch.from_numpy(mel),
        padding=torch.from_numpy(padding),
        places=torch.from_numpy(_places(shape, rng)),
        inputs=_padded([row.inputs for row in lines], 0),
        labels=_padded([row.labels for row in lines], IGNORED),
        spans=_spans(lines),
        phones=torch.from_numpy(np.stack([row.phones for row in heard])),
        words=torch.from_numpy(np.stack([row.words for row in heard])),
        sequence=torch.tensor(sequence, dtype=torch.long),
        sequence_lengths=torch.tensor([len(row.sequence) for row in heard]),
    )


def _places(shape: Shape, rng: Rng) -> np.ndarray:
    if not shape.padded:
        return np.zeros(0, np.int64)
    first = shape.frames // 2 + schedule.MARGIN
    return first + np.sort(rng.choice(POSITIONS - first, SAMPLED, replace=False))


def _padded(rows: list[list[int]], blank: int) -> Tensor:
    table = np.full((len(rows), max(map(len, rows))), blank, np.int64)
    for row, values in zip(table, rows, strict=True):
        row[: len(values)] = values
    return torch.from_numpy(table)


def _spans(lines: Sequence[Line]) -> Tensor:
    longest = max(len(row.spans) for row in lines)
    table = np.full((len(lines), longest, 2), np.nan, np.float32)
    for row, values in zip(table, lines, strict=True):
        row[: len(values.spans)] = np.array(values.spans) * POSITIONS_PER_SECOND
    return torch.from_numpy(table)
