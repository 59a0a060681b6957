import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
import torch

from wsserver.errors import ModelError
from wsserver.recognition.engines import EngineSpec
from wsserver.recognition.engines.whisper_.load import load
from wsserver.speech import EngineInfo

if TYPE_CHECKING:
    from tests.recognition.engines.whisper_.conftest import Pair


def test_the_practice_model_says_what_it_is(practice: "Pair") -> None:
    assert practice.engine.info == EngineInfo("practice", ("en",), "cpu", "fp32", practice=True)


def test_a_checkpoint_goes_by_the_name_of_its_file(tiny: "Pair") -> None:
    info = tiny.engine.info

    assert info.model == "random-tiny.pt"
    assert len(info.languages) == 99
    assert not info.practice


@pytest.fixture
def threads_before() -> Iterator[int]:
    before = torch.get_num_threads()
    yield before
    torch.set_num_threads(before)


def test_the_number_of_threads_is_torchs_or_left_alone(threads_before: int) -> None:
    load(EngineSpec(model="practice", device="cpu", threads=threads_before + 1))
    chosen = torch.get_num_threads()
    load(EngineSpec(model="practice", device="cpu", threads=0))

    assert chosen == torch.get_num_threads() == threads_before + 1


def test_languages_are_limited_to_those_the_model_knows(
    endless_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spec = EngineSpec(model=str(endless_path), device="cpu", languages=("fr", "de", "tlh"))

    with caplog.at_level(logging.WARNING):
        info = load(spec).info

    assert info.languages == ("de", "fr")
    assert "knows of the languages fr, de, tlh only de, fr" in caplog.text


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            EngineSpec(model="practice", precision="fp16", device="cpu"),
            "precision is fp16, but the device is cpu; use fp32",
        ),
        (
            EngineSpec(model="practice", precision="bf16", device="cpu"),
            "precision is bf16, but the device is cpu; use fp32",
        ),
        (
            EngineSpec(model="practice", partials="fp16", device="cpu"),
            "partials is fp16, but the device is cpu; use auto or fp32 or int8 or bf16",
        ),
        (EngineSpec(model="practice", device="cuda"), "torch finds no CUDA device"),
        (
            EngineSpec(model="practice", device="cpu", languages=("de", "fr")),
            "knows none of the languages de, fr; it knows en",
        ),
    ],
)
def test_what_cannot_be_had_is_told(spec: EngineSpec, told: str) -> None:
    if spec.device == "cuda" and torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")

    with pytest.raises(ModelError, match=told):
        load(spec)


@pytest.mark.parametrize(
    ("partials", "told"),
    [("fp32", "fp32"), ("int8", "fp32, partials int8"), ("bf16", "fp32, partials bf16")],
)
def test_an_engine_says_in_which_precision_it_hears(
    partials: Literal["fp32", "int8", "bf16"], told: str
) -> None:
    info = load(EngineSpec(model="practice", device="cpu", partials=partials)).info

    assert info.precision == told


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_half_precision_hears_on_cuda() -> None:
    spec = EngineSpec(model="practice", device="cuda", precision="fp16", partials="fp16")
    engine = load(spec)

    assert (engine.info.device, engine.info.precision) == ("cuda", "fp16")
