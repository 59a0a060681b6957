import logging
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import huggingface_hub.constants
import pytest

from wsserver.errors import ModelError
from wsserver.recognition.engines import EngineSpec, build
from wsserver.recognition.engines.ctranslate2_.engine import CTranslate2Engine
from wsserver.recognition.engines.ctranslate2_.load import load
from wsserver.speech import EngineInfo

SPEC = EngineSpec(kind="ctranslate2", device="cpu", threads=1)


def test_a_folder_says_what_it_is(folder: Path) -> None:
    engine = build(replace(SPEC, model=str(folder)))

    assert isinstance(engine, CTranslate2Engine)
    assert engine.info == EngineInfo("practice", ("en",), "cpu", "fp32")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache on a machine without a network."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(("model", "name"), [("auto", "base"), ("base", "base")])
def test_a_published_model_is_found_in_the_cache(
    folder: Path, cache: Path, model: str, name: str
) -> None:
    kept, revision = cache / "models--Systran--faster-whisper-base", "0" * 40
    shutil.copytree(folder, kept / "snapshots" / revision)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(revision)

    assert load(replace(SPEC, model=model)).info.model == name


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("auto", "model base is not in the cache and cannot be fetched: .*; configure the path"),
        ("tiny.en", "model tiny.en is not in the cache and cannot be fetched"),
        ("practice", "'practice' is neither an existing folder nor one of auto, tiny.en, tiny"),
        ("some/one", "'some/one' is neither an existing folder nor one of auto"),
    ],
)
def test_a_model_that_is_not_to_be_had_is_told(cache: Path, model: str, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        load(replace(SPEC, model=model))


def test_a_checkpoint_of_openai_whisper_is_told_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "base.pt").touch()

    with pytest.raises(ModelError, match=r"base.pt is a file; .* wants engine.kind: whisper"):
        load(replace(SPEC, model=str(tmp_path / "base.pt")))


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").touch()

    with pytest.raises(ModelError, match=r"has no model.bin, tokenizer.json; expected a folder in"):
        load(replace(SPEC, model=str(tmp_path)))


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("model.bin", "Unsupported model binary version"),
        ("tokenizer.json", "ValueError: tokenizer.json: "),
        ("vocabulary.json", "cannot load the model"),
    ],
)
def test_a_damaged_folder_is_told(folder: Path, tmp_path: Path, file: str, told: str) -> None:
    damaged = shutil.copytree(folder, tmp_path / "damaged")
    (damaged / file).write_text("no such thing")

    with pytest.raises(ModelError, match=told):
        load(replace(SPEC, model=str(damaged)))


def test_a_folder_without_a_preprocessor_is_loaded(folder: Path, tmp_path: Path) -> None:
    older = shutil.copytree(folder, tmp_path / "older")
    (older / "preprocessor_config.json").unlink()

    assert load(replace(SPEC, model=str(older))).info.model == "older"


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (replace(SPEC, precision="fp16"), "precision is fp16, but .* only in float32, int"),
        (replace(SPEC, languages=("de", "fr")), "knows none of the languages de, fr; it knows en"),
    ],
    ids=["precision", "languages"],
)
def test_what_the_model_cannot_do_is_told(folder: Path, spec: EngineSpec, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        load(replace(spec, model=str(folder)))


def test_a_device_that_is_not_there_is_told(folder: Path) -> None:
    import ctranslate2

    if ctranslate2.get_cuda_device_count():
        pytest.skip("this machine has a CUDA device")

    with pytest.raises(ModelError, match="CTranslate2 finds no CUDA device"):
        load(replace(SPEC, model=str(folder), device="cuda"))


def test_a_folder_in_single_precision_is_computed_in_8_bits_if_asked(folder: Path) -> None:
    spec = replace(SPEC, model=str(folder), precision=cast("Any", "int8"))

    assert load(spec).info.precision == "int8_float32"


def test_languages_are_limited_to_those_the_model_knows(
    multilingual_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spec = replace(SPEC, model=str(multilingual_folder), languages=("fr", "de", "tlh"))

    with caplog.at_level(logging.WARNING):
        info = load(spec).info

    assert info.languages == ("de", "fr")
    assert "knows of the languages fr, de, tlh only de, fr" in caplog.text


def test_a_missing_library_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    engines = "wsserver.recognition.engines.ctranslate2_"
    for name in [name for name in sys.modules if name.startswith(engines)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ctranslate2", None)

    with pytest.raises(ModelError, match=r"pip install 'wsserver\[faster-whisper\]'"):
        build(SPEC)


def test_torch_is_not_loaded(folder: Path) -> None:
    script = (
        "from wsserver.recognition.engines import *; import sys; "
        f"build(EngineSpec(kind='ctranslate2', model={str(folder)!r}, device='cpu')); "
        "sys.exit(bool({'torch', 'whisper'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
