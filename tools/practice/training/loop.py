"""Train from corpora to a checkpoint of openai-whisper's format; go on after a break.

Knows files, devices and processes; knows nothing of terminals.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from tools.practice.training import batches, initial, schedule, shelves, team
from tools.practice.training.batches import Batch
from tools.practice.training.losses import Losses, measure
from tools.practice.training.model import Net
from tools.practice.training.optimizer import Optimizer
from tools.practice.training.settings import USUAL, Settings
from tools.practice.training.shelves import Library
from tools.practice.training.state import State
from tools.practice.training.team import Team

CHECKPOINT = "training.ck"
"""In the folder given to `train`: what a later call goes on from."""

MODEL = "practice.pt"
"""Likewise: the model, written with every checkpoint, whole once `train` returns."""

_REPORT_EVERY = 10
_LONGEST_GRADIENT = 1.0
_FEEDERS = 8


@dataclass(frozen=True, slots=True)
class Report:
    """How far a training has come."""

    step: int
    steps: int
    audio_h: float
    """Heard since the very beginning."""

    step_s: float
    """What a step took of late."""

    losses: dict[str, float]
    """Means of late, by the names in `losses.Losses`."""


Watch = Callable[[Report], None]


def ignore(report: Report) -> None:
    """Watch nothing."""


def train(
    corpora: Path,
    out: Path,
    settings: Settings = USUAL,
    device: str = "cpu",
    watch: Watch = ignore,
) -> Path:
    """Train on all corpora in a folder and give the path of the model.

    If *out* has the checkpoint of a training that was interrupted, it goes on there and ends with
    the very weights that it would have ended with.  On a CPU each shard has a core of its own, as
    far as there are cores; *watch* is called in this process.

    Raises `NoCorpus`, and `OtherTraining` if *out* belongs to other settings or corpora.
    """
    out.mkdir(parents=True, exist_ok=True)
    world = min(settings.shards, os.cpu_count() or 1) if device == "cpu" else 1
    team.run(work, (corpora, out, settings, device), world, watch=watch)
    return out / MODEL


def work(
    team: Team,
    corpora: Path,
    out: Path,
    settings: Settings,
    device: str,
    watch: Watch = ignore,
) -> None:
    """Do the part of one process."""
    books = shelves.load(corpora)
    trainer = _Trainer(team, books, settings, torch.device(device))
    checkpoint = out / CHECKPOINT
    if checkpoint.exists():
        trainer.state.load(checkpoint)
    meter = _Meter(settings.steps, watch)
    for shards in trainer.feed():
        meter.add(trainer.step(shards), trainer.state)
        due = trainer.state.step % settings.checkpoint_every == 0
        if team.rank == 0 and (due or trainer.state.step == settings.steps):
            # Were the last checkpoint written first, a break between would leave an older model.
            trainer.state.export(out / MODEL)
            trainer.state.save(checkpoint)


class _Trainer:
    """A net, what it learns from, and the steps it takes."""

    def __init__(
        self, team: Team, library: Library, settings: Settings, device: torch.device
    ) -> None:
        self._team, self._library, self._settings, self._device = team, library, settings, device
        with torch.random.fork_rng():
            torch.manual_seed(settings.seed)
            net = Net(settings.size, library)
        initial.prepare(net, batches.make(library, settings, 0, 0).mel)
        net.to(device)
        optimizer = Optimizer(net, team.rank, team.world)
        self.state = State(net, optimizer, settings, library)

    def feed(self) -> Iterator[list[Batch]]:
        """Give this process's batches of each step that is still to be done."""
        shards = range(self._settings.shards)[self._team.rank :: self._team.world]
        order = [
            (step, shard)
            for step in range(self.state.step, self._settings.steps)
            for shard in shards
        ]
        # Beside a GPU, other processes make the batches; on a CPU there is no core to spare.
        feeders = 0 if self._device.type == "cpu" else min(_FEEDERS, os.cpu_count() or 1)
        made = iter(
            DataLoader(
                _Batches(self._library, self._settings, order),
                batch_size=None,
                num_workers=feeders,
                collate_fn=_as_it_is,
            )
        )
        for _ in range(self.state.step, self._settings.steps):
            yield [next(made) for _ in shards]

    def step(self, shards: list[Batch]) -> Tensor:
        """Learn from the batches of a step; gives the mean losses of this process."""
        progress = self.state.step / self._settings.steps
        losses = torch.stack([self._backward(batch, progress) for batch in shards])
        heard_s = torch.tensor([sum(batch.seconds for batch in shards)])
        self._average_gradients(heard_s)
        parameters = list(self.state.net.parameters())
        nn.utils.clip_grad_norm_(parameters, _LONGEST_GRADIENT)
        rate = self._settings.learning_rate * schedule.rate(progress)
        self.state.optimizer.step(rate, self._team.add_up)
        self.state.net.zero_grad(set_to_none=True)
        self.state.advance(float(heard_s))
        return losses.mean(0)

    def _backward(self, batch: Batch, progress: float) -> Tensor:
        batch = batch.to(self._device)
        weight = schedule.sequence_weight(progress)
        # On a processor without AMX bfloat16 is slower: the BF16 dot product of AVX-512 gives 80
        # GFLOP/s a core where float32 gives 150 (measured on matrices of 192 by 768).
        half = self._device.type == "cuda"
        with torch.autocast(self._device.type, torch.bfloat16, enabled=half):
            prediction = self.state.net(batch)
            unused = self._library.tokens.unused_count
            losses = measure(prediction, batch, unused, sequence=weight > 0)
        loss = losses.total(weight) / self._settings.shards
        loss.backward()  # type: ignore[no-untyped-call]
        return losses.stacked()

    def _average_gradients(self, heard_s: Tensor) -> None:
        """Add up all processes' gradients, which are parts of a mean already, and *heard_s*."""
        if self._team.world == 1:
            return
        gradients = [p.grad for p in self.state.net.parameters() if p.grad is not None]
        together = torch.cat([gradient.flatten() for gradient in gradients] + [heard_s])
        self._team.add_up(together)
        *parts, sum_s = torch.split(together, [*(g.numel() for g in gradients), 1])
        summed = [p.view_as(g) for p, g in zip(parts, gradients, strict=True)]
        torch._foreach_copy_(gradients, summed)
        heard_s.copy_(sum_s)


class _Batches(Dataset[Batch]):
    """The batches of steps and shards in order, made when asked for."""

    def __init__(self, library: Library, settings: Settings, order: list[tuple[int, int]]) -> None:
        self._library, self._settings, self._order = library, settings, order

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, place: int) -> Batch:
        return batches.make(self._library, self._settings, *self._order[place])


def _as_it_is(batch: Any) -> Any:
    return batch


class _Meter:
    """Gathers losses and reports their means now and then, since each look stops a GPU."""

    def __init__(self, steps: int, watch: Watch) -> None:
        self._steps, self._watch = steps, watch
        self._gathered: list[Tensor] = []
        self._since = time.monotonic()

    def add(self, losses: Tensor, state: State) -> None:
        self._gathered.append(losses)
        if len(self._gathered) < _REPORT_EVERY and state.step < self._steps:
            return
        now, count = time.monotonic(), len(self._gathered)
        means = torch.stack(self._gathered).mean(0).tolist()
        names = [field.name for field in fields(Losses)]
        self._watch(
            Report(
                state.step,
                self._steps,
                state.audio_s / 3600,
                (now - self._since) / count,
                dict(zip(names, means, strict=True)),
            )
        )
        self._gathered, self._since = [], now
