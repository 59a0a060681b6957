"""From a specification to a CTranslate2 engine that is ready to hear.

Knows nothing of windows.
"""

import json
import logging
from pathlib import Path
from typing import Any

import ctranslate2
import tokenizers

from wsserver.errors import ModelError
from wsserver.recognition.engines.ctranslate2_.engine import CTranslate2Engine, Model
from wsserver.recognition.engines.ctranslate2_.folder import find, name_of
from wsserver.recognition.engines.ctranslate2_.tokens import vocabulary_of
from wsserver.recognition.engines.spec import EngineSpec
from wsserver.speech import EngineInfo

logger = logging.getLogger(__name__)

_TYPES = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}
"""What CTranslate2 calls our precisions; the others it calls as we do."""


def load(spec: EngineSpec) -> CTranslate2Engine:
    """Find, load and warm up the model of *spec*.

    Raises:
        ModelError: the model, its device or its precision cannot be had.
    """
    device = _device(spec)
    computed = _computed(spec, device)
    folder = find(spec.model)
    name = name_of(spec.model, folder)
    model = _model(folder, device, computed, spec.threads)
    languages = _languages(spec, name, model.vocabulary.languages)
    # CTranslate2's own word, which says more: int8 is int8_float32 on a processor.
    chosen = model.weights.compute_type
    precision = {theirs: ours for ours, theirs in _TYPES.items()}.get(chosen, chosen)
    engine = CTranslate2Engine(model, EngineInfo(name, languages, device, precision))
    engine.warm_up()
    return engine


def _device(spec: EngineSpec) -> str:
    available = ctranslate2.get_cuda_device_count() > 0
    device = ("cuda" if available else "cpu") if spec.device == "auto" else spec.device
    if device == "cuda" and not available:
        raise ModelError("device is cuda, but CTranslate2 finds no CUDA device; use auto or cpu")
    return device


def _computed(spec: EngineSpec, device: str) -> str:
    computed = _TYPES.get(spec.precision, spec.precision)
    supported = ctranslate2.get_supported_compute_types(device)
    if computed not in supported:
        raise ModelError(
            f"precision is {spec.precision}, but CTranslate2 computes on this {device} only in "
            f"{', '.join(sorted(supported))}"
        )
    return computed


def _model(folder: Path, device: str, computed: str, threads: int) -> Model:
    try:
        weights = ctranslate2.models.Whisper(
            str(folder), device, compute_type=computed, intra_threads=threads
        )
        known = _tokenizer(folder / "tokenizer.json")
        vocabulary = vocabulary_of(known, weights.is_multilingual)
        return Model(weights, vocabulary, _heads(folder / "config.json"))
    except (OSError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        reason = next(iter(str(error).splitlines()), "")[:200]
        raise ModelError(
            f"cannot load the model {folder}: {type(error).__name__}: {reason}; "
            "expected a Whisper model in faster-whisper's format"
        ) from error


def _tokenizer(path: Path) -> Any:
    try:
        return tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises no other
        raise ValueError(f"{path.name}: {error}") from error


def _heads(path: Path) -> tuple[tuple[int, int], ...]:
    config = json.loads(path.read_text("utf-8"))
    return tuple((layer, head) for layer, head in config.get("alignment_heads") or ())


def _languages(spec: EngineSpec, name: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Give the languages that are asked for and that the model knows, in the model's order."""
    if not spec.languages:
        return languages
    known = tuple(code for code in languages if code in spec.languages)
    asked = ", ".join(spec.languages)
    if not known:
        raise ModelError(
            f"model {name} knows none of the languages {asked}; it knows {', '.join(languages)}"
        )
    if len(known) < len(spec.languages):
        logger.warning("model %s knows of the languages %s only %s", name, asked, ", ".join(known))
    return known
