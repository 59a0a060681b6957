"""One model in the formats of all peers.

Knows files; knows nothing of who loads them.
"""

import shutil
from pathlib import Path

import torch
import whisper

from bench.ctranslate2_model import convert
from bench.peers.recipes import Weights
from wsserver.errors import ModelError
from wsserver.recognition import models

_SMALLEST_MULTILINGUAL_VOCABULARY = 51_865


def prepare(model: str, folder: Path) -> Weights:
    """Write what *model* means, converted, into a folder in *folder*; raise `ModelError`."""
    checkpoint = _checkpoint(models.find(model))
    # Peers tell an English-only model by its name alone.
    name = "weights" if _is_multilingual(checkpoint) else "weights.en"
    converted = convert(checkpoint, folder / name)
    shutil.copy(checkpoint, converted / f"{name}.pt")
    return Weights(converted)


def _checkpoint(found: models.Found) -> Path:
    published = found.source in whisper.available_models()
    path = models.cache_folder() / f"{found.source}.pt" if published else Path(found.source)
    if not path.is_file():
        raise ModelError(f"found no checkpoint of {found.source} at {path}; give its path instead")
    return path


def _is_multilingual(checkpoint: Path) -> bool:
    state = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=True)
    return int(state["dims"]["n_vocab"]) >= _SMALLEST_MULTILINGUAL_VOCABULARY
