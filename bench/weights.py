"""Checkpoints of random weights that all the same say something: the same script every time.

Knows stock's model and tokenizer; knows nothing of engines or benches.

A random model repeats itself and never ends, so nothing can be learned from it about drafts or
loops.  Here the positions of the decoder are planted: whatever is heard, the likeliest token behind
position p is the script's p-th.  All is computed as ever, by whoever loads the checkpoint: stock,
CTranslate2 or ours, in any precision; the cost does not depend on the weights.
"""

import dataclasses
import re
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from random import Random

import torch
from torch import nn
from whisper.model import ModelDimensions, Whisper
from whisper.tokenizer import get_tokenizer

DIMENSIONS = {
    "tiny.en": ModelDimensions(80, 1500, 384, 6, 4, 51864, 448, 384, 6, 4),
    "base.en": ModelDimensions(80, 1500, 512, 8, 6, 51864, 448, 512, 8, 6),
    "small.en": ModelDimensions(80, 1500, 768, 12, 12, 51864, 448, 768, 12, 12),
    "large": ModelDimensions(80, 1500, 1280, 20, 32, 51864, 448, 1280, 20, 32),
    "turbo": ModelDimensions(80, 1500, 1280, 20, 32, 51864, 448, 1280, 20, 4),
}
"""Whisper's own, by the names of its models; the large ones with the English tokens."""

_WORD = re.compile(r" [a-z]{4,}")
_SEED = 7
_SPREAD = 2.0
"""Standard deviation of the logits of what is not said, about that of a trained model."""

_SAID = 17.0
"""Logit of what is said: 8 above the likeliest of 50,000 others, for a probability of about 0.95;
a guard takes less than 0.37 for a guess."""


def script(count: int) -> tuple[int, ...]:
    """Give tokens that are a word each, none twice: a text that does not resemble itself."""
    tokenizer = get_tokenizer(multilingual=False)
    words = [token for token in range(tokenizer.eot) if _WORD.fullmatch(tokenizer.decode([token]))]
    return tuple(Random(_SEED).sample(words, count))  # noqa: S311 - no secret


def random_model(dims: ModelDimensions) -> Whisper:
    """Build a model with random weights and a planted script."""
    generator = torch.Generator().manual_seed(_SEED)
    model = Whisper(dims).eval()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Linear | nn.Conv1d):
                for parameter in module.parameters():
                    # Faint, so that the position is still to be seen behind the last block.
                    parameter.normal_(std=0.4 / sqrt(dims.n_text_state), generator=generator)
        _plant(model, script(dims.n_text_ctx), generator)
    return model


def _plant(model: Whisper, said: Sequence[int], generator: torch.Generator) -> None:
    positions, tokens = model.decoder.positional_embedding, model.decoder.token_embedding.weight
    size = sqrt(positions.shape[1])  # of what the last norm gives
    positions.normal_(generator=generator)
    tokens.normal_(std=_SPREAD / size, generator=generator)
    tokens[list(said)] = nn.functional.normalize(positions, dim=-1) * (_SAID / size)


def save_checkpoint(model: Whisper, path: Path) -> Path:
    """Save *model* in openai's format."""
    state = {"dims": dataclasses.asdict(model.dims), "model_state_dict": model.state_dict()}
    torch.save(state, path)
    return path


def random_checkpoint(dims: ModelDimensions, path: Path) -> Path:
    """Save a model with random weights that says its script."""
    return save_checkpoint(random_model(dims), path)
