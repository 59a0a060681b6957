"""All that a training has learned so far: what a checkpoint keeps and a break must not change.

Knows nets and optimizers, and by what to tell corpora apart; knows nothing of processes.
"""

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from tools.practice.training.export import export
from tools.practice.training.model import Net
from tools.practice.training.optimizer import Optimizer
from tools.practice.training.settings import Settings
from tools.practice.training.shelves import Library
from wsserver.errors import OperatorError

_AVERAGED_STEPS = 300
"""About how far back the exported average of the weights reaches."""


class OtherTraining(OperatorError):
    """A checkpoint belongs to a training with other settings or corpora."""

    code = "other_training"


class State:
    """A net in training: where it stands, and the running average of its weights."""

    def __init__(
        self, net: Net, optimizer: Optimizer, settings: Settings, library: Library
    ) -> None:
        self.net = net
        self.optimizer = optimizer
        self.step = 0
        """Steps done."""

        self.audio_s = 0.0
        """Audio heard, by all processes."""

        self._identity = {
            "settings": asdict(settings),
            "tokens": library.tokens.used,
            "corpora": library.lengths,
        }
        self._tokens = library.tokens
        self._parameters: list[Tensor] = list(net.parameters())
        self._average = [p.detach().clone() for p in self._parameters]

    def advance(self, audio_s: float) -> None:
        """Count a step, after its update."""
        self.step += 1
        self.audio_s += audio_s
        share = max(1 / _AVERAGED_STEPS, 1 / (1 + self.step / 10))
        with torch.no_grad():
            torch._foreach_lerp_(self._average, self._parameters, share)

    def save(self, path: Path) -> None:
        """Keep everything; the file is replaced only by a whole one."""
        draft = path.with_name(f"{path.name}.draft")
        torch.save(
            {
                **self._identity,
                "step": self.step,
                "audio_s": self.audio_s,
                "net": self.net.state_dict(),
                "average": self._average,
                "optimizer": self.optimizer.state(),
            },
            draft,
        )
        draft.replace(path)

    def load(self, path: Path) -> None:
        """Go on where a checkpoint was written; raises `OtherTraining` if that is elsewhere."""
        kept = torch.load(path, map_location=self._average[0].device, weights_only=True)
        for name, own in self._identity.items():
            if kept.get(name) != own:
                raise OtherTraining(
                    f"{path} was written with other {name}: found {_short(kept[name])}, "
                    f"expected {_short(own)}; remove it or train into another folder"
                )
        self.step, self.audio_s = kept["step"], kept["audio_s"]
        self.net.load_state_dict(kept["net"])
        self.optimizer.load(kept["optimizer"])
        for average, value in zip(self._average, kept["average"], strict=True):
            average.copy_(value)

    def export(self, path: Path) -> None:
        """Write the averaged model as openai-whisper's checkpoint."""
        export(path, self.net.dims, self._averaged(), self._tokens)

    def _averaged(self) -> dict[str, Tensor]:
        prefix = "whisper."
        names = [name for name, _ in self.net.named_parameters()]
        averages = dict(zip(names, self._average, strict=True))
        everything = {**self.net.state_dict(), **averages}
        return {
            name.removeprefix(prefix): weight
            for name, weight in everything.items()
            if name.startswith(prefix)
        }


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) < 300 else f"{text[:300]}..."
