"""Checkpoints in faster-whisper's format, and the engine on them."""

from dataclasses import asdict
from pathlib import Path

import pytest
import torch
import whisper
from whisper.model import ModelDimensions, Whisper

from bench.ctranslate2_model import convert
from wsserver.recognition.engines import EngineSpec
from wsserver.recognition.engines.ctranslate2_.engine import CTranslate2Engine
from wsserver.recognition.engines.ctranslate2_.load import load
from wsserver.recognition.models import find

SMALL = ModelDimensions(80, 1500, 64, 2, 2, 51865, 448, 64, 2, 2)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The practice model."""
    return convert(Path(find("practice").source), tmp_path_factory.mktemp("models") / "practice")


@pytest.fixture(scope="session")
def engine(folder: Path) -> CTranslate2Engine:
    return load(EngineSpec(kind="ctranslate2", model=str(folder), device="cpu", threads=1))


@pytest.fixture(scope="session")
def stock() -> Whisper:
    """The practice model as openai-whisper runs it."""
    return whisper.load_model(find("practice").source, device="cpu")


@pytest.fixture(scope="session")
def multilingual_stock() -> Whisper:
    """Random weights of little size that know 99 languages."""
    torch.manual_seed(1)
    model = Whisper(SMALL)
    with torch.no_grad():
        model.decoder.token_embedding.weight.normal_(0, 0.3)
        model.decoder.positional_embedding.normal_()  # which torch leaves as it finds it
    return model


@pytest.fixture(scope="session")
def multilingual_folder(
    multilingual_stock: Whisper, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("models")
    state = {"dims": asdict(SMALL), "model_state_dict": multilingual_stock.state_dict()}
    torch.save(state, folder / "random.pt")
    return convert(folder / "random.pt", folder / "random")


@pytest.fixture(scope="session")
def multilingual(multilingual_folder: Path) -> CTranslate2Engine:
    spec = EngineSpec(kind="ctranslate2", model=str(multilingual_folder), device="cpu", threads=1)
    return load(spec)
