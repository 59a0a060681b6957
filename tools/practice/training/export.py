"""Write a net down as openai-whisper writes its models: full vocabulary, half precision.

Knows the format that `whisper.load_model` reads; knows nothing of how the net came to be.  Word
times need no alignment heads of their own: stock takes all of the later half of the decoder's
layers, and the last layer is what training points at the words.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor
from whisper.model import ModelDimensions

from tools.practice.training.tokens import STOCK_COUNT, Tokens

_EMBEDDING = "decoder.token_embedding.weight"


def export(
    path: Path, dims: ModelDimensions, weights: Mapping[str, Tensor], tokens: Tokens
) -> None:
    """Write *weights*, those of a Whisper over *tokens* alone, as a model over all tokens.

    The rows of tokens not in use are zero.  The file appears under its name once it is whole.
    """
    small = weights[_EMBEDDING]
    full = torch.zeros(STOCK_COUNT, small.shape[1])
    full[list(tokens.used)] = small.float().cpu()
    whole = {**weights, _EMBEDDING: full}
    checkpoint = {
        "dims": asdict(replace(dims, n_vocab=STOCK_COUNT)),
        "model_state_dict": {name: weight.half().cpu() for name, weight in whole.items()},
    }
    draft = path.with_name(f"{path.name}.draft")
    torch.save(checkpoint, draft)
    draft.replace(path)
