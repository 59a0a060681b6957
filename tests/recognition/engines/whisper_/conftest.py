"""Stock models, and our engine on the same weights."""

import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
import torch
import whisper
from whisper.model import ModelDimensions, Whisper
from whisper.tokenizer import Tokenizer, get_tokenizer

from wsserver.recognition.engines import EngineSpec
from wsserver.recognition.engines.whisper_.alignment import set_heads
from wsserver.recognition.engines.whisper_.engine import WhisperEngine
from wsserver.recognition.engines.whisper_.load import load
from wsserver.recognition.models import find

TINY = ModelDimensions(80, 1500, 384, 6, 4, 51865, 448, 384, 6, 4)
TINY_EN = ModelDimensions(80, 1500, 384, 6, 4, 51864, 448, 384, 6, 4)
SMALLEST = ModelDimensions(80, 1500, 64, 2, 2, 51865, 448, 64, 2, 2)


@dataclass(frozen=True, slots=True)
class Pair:
    """One checkpoint, loaded by stock and by us."""

    stock: Whisper
    engine: WhisperEngine


def random_weights(dims: ModelDimensions, pull: float) -> Whisper:
    """Make a model that depends on all it is given; positions *pull* it towards the end of text.

    Embeddings are small against positions, lest every token repeat itself; queries are sharp and
    the audio loud, lest all audio sound alike.  The pull is random, so that rows end at unlike
    lengths; without one they never end.
    """
    torch.manual_seed(1)
    model = Whisper(dims)
    positions, embedding = model.decoder.positional_embedding, model.decoder.token_embedding.weight
    with torch.no_grad():
        embedding.normal_(0, 0.1)
        positions.normal_(0, 1.0)
        model.encoder.conv1.weight.mul_(4)
        model.encoder.conv2.weight.mul_(4)
        for block in [*model.encoder.blocks, *model.decoder.blocks]:
            for attention in filter(None, (block.attn, block.cross_attn)):
                attention.query.weight.mul_(4)
                attention.key.weight.mul_(4)
                attention.out.weight.mul_(6)
        places = torch.arange(dims.n_text_ctx)
        pulls = torch.rand(dims.n_text_ctx) * pull * (places % 4 == 3)
        positions += pulls[:, None] * embedding[50257 if model.is_multilingual else 50256]
    return model


def saved(model: Whisper, path: Path) -> Path:
    """Write *model* as openai-whisper's checkpoints are written."""
    torch.save({"dims": asdict(model.dims), "model_state_dict": model.state_dict()}, path)
    return path


def pair(model: str) -> Pair:
    """Load a checkpoint both ways.

    With one thread: several wait for each other whenever something else runs on the machine.
    """
    stock = whisper.load_model(find(model).source, device="cpu")
    set_heads(stock)
    spec = EngineSpec(model=model, device="cpu", partials="fp32", threads=1)
    return Pair(stock, load(spec))


@pytest.fixture(scope="session")
def practice() -> Pair:
    return pair("practice")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Random weights at the dimensions of tiny."""
    path = tmp_path_factory.mktemp("models") / "random-tiny.pt"
    return pair(str(saved(random_weights(TINY, pull=19), path)))


@pytest.fixture(scope="session")
def tiny_en(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Random weights at the dimensions of tiny.en."""
    path = tmp_path_factory.mktemp("models") / "random-tiny.en.pt"
    return pair(str(saved(random_weights(TINY_EN, pull=19), path)))


@pytest.fixture(scope="session")
def endless_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of little size that never end."""
    return saved(random_weights(SMALLEST, pull=0), tmp_path_factory.mktemp("models") / "endless.pt")


@pytest.fixture(scope="session")
def endless(endless_path: Path) -> Pair:
    return pair(str(endless_path))


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    """Stock's tokenizer of multilingual models."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it never closes its file
        return get_tokenizer(True)
