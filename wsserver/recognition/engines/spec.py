"""Which engine is wanted, as a value that travels to the process that builds it.

Knows nothing of what an engine is made of, and loads no heavy library until one is built.
"""

from dataclasses import dataclass
from typing import Literal

from wsserver.errors import ModelError
from wsserver.recognition.engines.fake import FakeEngine, Script
from wsserver.speech import Engine


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """All that decides which engine is built; may be pickled."""

    kind: Literal["whisper", "ctranslate2", "fake"] = "whisper"
    model: str = "auto"
    """`auto`, `practice`, a name of openai-whisper or a path to a checkpoint.

    For ctranslate2 `auto`, a name of faster-whisper or a path to a folder in its format.
    """

    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["fp32", "fp16", "bf16", "int8"] = "fp32"
    """Of finals, and of all with ctranslate2.  Of whisper all but fp32 are for cuda only; int8 is
    for ctranslate2."""

    partials: Literal["auto", "fp32", "bf16", "int8", "fp16"] = "auto"
    """The precision of partials with whisper: `auto` measures which is the fastest."""

    threads: int = 0
    """Threads of one computation; 0 leaves the choice to torch."""

    languages: tuple[str, ...] = ()
    """ISO 639-1 codes that may be heard; empty for all that the model knows."""

    script: Script = Script()
    """What the fake engine does; the others ignore it."""


def build(spec: EngineSpec) -> Engine:
    """Build and load the engine of *spec*; may take seconds, or minutes for a download.

    Raises:
        ModelError: its model cannot be loaded.
    """
    if spec.kind == "fake":
        return FakeEngine(spec.script, spec.languages)
    if spec.kind == "ctranslate2":
        return _build_ctranslate2(spec)
    from wsserver.recognition.engines.whisper_.load import load

    return load(spec)


def _build_ctranslate2(spec: EngineSpec) -> Engine:
    try:
        from wsserver.recognition.engines.ctranslate2_.load import load
    except ModuleNotFoundError as error:
        raise ModelError(
            f"engine.kind ctranslate2 finds no {error.name}; pip install 'wsserver[faster-whisper]'"
        ) from error
    return load(spec)
