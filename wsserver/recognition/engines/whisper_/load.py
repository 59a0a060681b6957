"""From a specification to an engine that is ready to hear.

Knows nothing of windows.
"""

import logging

import torch
from whisper.model import Whisper

from wsserver.errors import ModelError
from wsserver.recognition import models
from wsserver.recognition.engines.spec import EngineSpec
from wsserver.recognition.engines.whisper_.alignment import set_heads
from wsserver.recognition.engines.whisper_.engine import WhisperEngine, model_of
from wsserver.recognition.engines.whisper_.precision import (
    TYPES,
    check_finals,
    check_partials,
    fastest,
    weights_in,
)
from wsserver.recognition.engines.whisper_.tokens import Vocabulary
from wsserver.recognition.engines.whisper_.weights import Weights
from wsserver.speech import EngineInfo

logger = logging.getLogger(__name__)


def load(spec: EngineSpec) -> WhisperEngine:
    """Find, load and warm up the model of *spec*.

    Raises:
        ModelError: the model, its device or its precision cannot be had.
    """
    device = _device(spec)
    if spec.threads:
        torch.set_num_threads(spec.threads)
    found = models.find(spec.model)
    stock = models.load(found, device)
    set_heads(stock)
    model = model_of(stock, TYPES[spec.precision])
    languages = _languages(spec, found.name, model.vocabulary)
    quick, weights = _partials(spec, stock, model.weights)
    precision = spec.precision if quick == spec.precision else f"{spec.precision}, partials {quick}"
    info = EngineInfo(found.name, languages, device, precision, found.practice)
    engine = WhisperEngine(model, info, weights)
    engine.warm_up()
    return engine


def _partials(spec: EngineSpec, stock: Whisper, plain: Weights) -> tuple[str, Weights]:
    """Give the precision of partials and the weights in it."""
    if spec.partials == "auto":
        return fastest(stock, plain, spec.precision)
    if spec.partials == spec.precision:
        return spec.precision, plain
    return spec.partials, weights_in(stock, spec.partials)


def _device(spec: EngineSpec) -> str:
    available = torch.cuda.is_available()
    device = ("cuda" if available else "cpu") if spec.device == "auto" else spec.device
    if device == "cuda" and not available:
        raise ModelError("device is cuda, but torch finds no CUDA device; use auto or cpu")
    check_finals(spec.precision, device)
    check_partials(spec.partials, device)
    return device


def _languages(spec: EngineSpec, name: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Give the languages that are asked for and that the model knows, in the model's order."""
    if not spec.languages:
        return vocabulary.languages
    known = tuple(code for code in vocabulary.languages if code in spec.languages)
    asked = ", ".join(spec.languages)
    if not known:
        raise ModelError(
            f"model {name} knows none of the languages {asked}; "
            f"it knows {', '.join(vocabulary.languages)}"
        )
    if len(known) < len(spec.languages):
        logger.warning("model %s knows of the languages %s only %s", name, asked, ", ".join(known))
    return known
