"""Which heads of a model listen along while it speaks.

Knows nothing of tensors or audio.  Stock knows them by a model's name alone; a checkpoint given
by its path is recognized by its dimensions.
"""

from typing import Any

import whisper
from whisper.model import Whisper

from wsserver.recognition.engines.whisper_.decoder import Heads

# n_audio_state, n_text_layer and n_mels of every model whose heads stock knows; n_vocab, left
# out, tells ".en" from the rest.  large-v1 and large-v2 are missing: they have the same
# dimensions and different heads, and wrong heads are worse than stock's default.
_SIZES = {
    "tiny": (384, 4, 80),
    "base": (512, 6, 80),
    "small": (768, 12, 80),
    "medium": (1024, 24, 80),
    "large-v3": (1280, 32, 128),
    "large-v3-turbo": (1280, 4, 128),
}


def twin(dims: Any) -> str | None:
    """Name the one published model that has these dimensions, or None."""
    for name, size in _SIZES.items():
        if size == (dims.n_audio_state, dims.n_text_layer, dims.n_mels):
            english = dims.n_vocab == 51864 and not name.startswith("large")
            return f"{name}.en" if english else name
    return None


def set_heads(model: Whisper) -> None:
    """Set the alignment heads of a checkpoint that came by its path; else leave stock's choice.

    The default of stock is every head of the later half of the layers.
    """
    name = twin(model.dims)
    if name is not None:
        model.set_alignment_heads(whisper._ALIGNMENT_HEADS[name])  # noqa: SLF001 - its only table


def heads_of(model: Whisper) -> Heads:
    """Read the alignment heads off a stock model."""
    return tuple((layer, head) for layer, head in model.alignment_heads.indices().T.tolist())
