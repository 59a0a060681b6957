"""What a training may be asked for, and what is asked where nobody says otherwise.

Knows numbers only.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """The dimensions of the model; heads are 64 wide, as in every Whisper."""

    width: int = 192
    encoder_layers: int = 4
    decoder_layers: int = 2


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole training.  The same settings and corpora give the same weights on one machine."""

    steps: int = 10_000
    """How long it takes is no part of the plan: a slow machine trains longer, not less."""

    seed: int = 1
    size: Size = Size()

    shards: int = 2
    """Batches per step, whose gradients are averaged; each may have a process of its own."""

    audio_s: float = 64.0
    """Audio per batch, padding counted in; so a step takes `shards` times as much.

    What does not depend on it, Muon's orthogonalization above all, is a seventh of a step's time.
    """

    learning_rate: float = 2e-3

    checkpoint_every: int = 200
    """Steps between two checkpoints."""


USUAL = Settings()
"""About two hours and a quarter on two cores."""
