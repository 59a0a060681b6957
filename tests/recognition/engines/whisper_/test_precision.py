import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest
import torch

from wsserver.errors import ModelError
from wsserver.recognition.engines import EngineSpec
from wsserver.recognition.engines.whisper_.engine import WhisperEngine
from wsserver.recognition.engines.whisper_.load import load
from wsserver.recognition.engines.whisper_.precision import (
    check_finals,
    check_partials,
    fastest,
    weights_in,
)
from wsserver.recognition.engines.whisper_.weights import weights_of
from wsserver.speech import DecodeOptions, Priority, Samples, Window

if TYPE_CHECKING:
    from tests.recognition.engines.whisper_.conftest import Pair

Read = Callable[[str], Samples]
Rounded = Literal["int8", "bf16"]

NAMES = (
    "en-us-my-uncle-sold",
    "en-us-the-farmer-sold",
    "en-gb-x-rp-f3-she-bought-a",
    "flite-slt-what-did-the",
    "flite-rms-the-old-man",
)


@pytest.fixture(scope="module", params=["int8", "bf16"])
def rounded(request: pytest.FixtureRequest) -> WhisperEngine:
    partials: Rounded = request.param
    return load(EngineSpec(model="practice", device="cpu", partials=partials, threads=1))


def window(audio: Samples, exact: bool) -> Window:
    return Window("s", 1, Priority.PARTIAL, 0, audio, DecodeOptions("en"), exact)


def test_partials_are_heard_nearly_as_in_float(
    practice: "Pair", rounded: WhisperEngine, sample: Read
) -> None:
    audio = [sample(name) for name in NAMES]
    windows = [window(a[: len(a) * part // 3], exact=False) for a in audio for part in (2, 3)]

    heard, expected = rounded.recognize(windows), practice.engine.recognize(windows)

    same = [h.text == e.text for h, e in zip(heard, expected, strict=True)]
    assert sum(same) >= 0.8 * len(same)
    for one, other in zip(heard, expected, strict=True):
        assert "".join(word.text for word in one.words).strip() == one.text
        assert one.avg_logprob == pytest.approx(other.avg_logprob, abs=0.2)


def test_finals_never_touch_the_precision_of_partials(
    practice: "Pair", rounded: WhisperEngine, sample: Read
) -> None:
    windows = [window(sample(name), exact=True) for name in NAMES]

    assert rounded.recognize(windows) == practice.engine.recognize(windows)


def test_what_is_drawn_is_drawn_in_the_precision_of_finals(
    practice: "Pair", rounded: WhisperEngine, sample: Read
) -> None:
    options = DecodeOptions("en", temperature=1.0, seed=3)
    drawn = replace(window(sample(NAMES[0]), exact=False), options=options)

    assert rounded.recognize([drawn]) == practice.engine.recognize([drawn])


def test_a_language_is_heard_in_every_precision(tiny: "Pair", sample: Read) -> None:
    spoken = replace(window(sample(NAMES[0]), exact=False), options=DecodeOptions())
    engine = WhisperEngine(tiny.engine.model, tiny.engine.info, weights_in(tiny.stock, "bf16"))

    [heard] = engine.recognize([spoken])

    assert heard.language in tiny.engine.info.languages


def test_in_eight_bits_a_window_is_heard_alike_alone_and_in_a_batch(sample: Read) -> None:
    engine = load(EngineSpec(model="practice", device="cpu", partials="int8", threads=1))
    windows = [window(sample(name) * 3**place, exact=False) for place, name in enumerate(NAMES)]

    together = engine.recognize(windows)

    for spoken, heard in zip(windows, together, strict=True):
        assert engine.recognize([spoken])[0].text == heard.text


def test_auto_takes_what_it_measured_to_be_fastest_and_tells(
    practice: "Pair", caplog: pytest.LogCaptureFixture
) -> None:
    plain, threads = weights_of(practice.stock, torch.float32), torch.get_num_threads()

    with caplog.at_level(logging.INFO):
        name, weights = fastest(practice.stock, plain, "fp32")

    assert name in ("fp32", "int8", "bf16")
    assert (weights is plain) == (name == "fp32")
    assert f"partials are heard in {name}; on one cpu an update takes in fp32 " in caplog.text
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    ("precision", "device", "told"),
    [
        ("fp16", "cpu", "precision is fp16, but the device is cpu; use fp32"),
        ("int8", "cpu", "precision is int8, but the device is cpu; use fp32"),
        ("int8", "cuda", "precision is int8, but the device is cuda; use fp32 or fp16 or bf16"),
    ],
)
def test_finals_are_heard_only_where_rows_do_not_touch(
    precision: str, device: str, told: str
) -> None:
    with pytest.raises(ModelError, match=told):
        check_finals(precision, device)


@pytest.mark.parametrize(
    ("precision", "device", "told"),
    [
        ("fp16", "cpu", "partials is fp16, but the device is cpu; use auto or fp32 or int8"),
        ("int8", "cuda", "partials is int8, but the device is cuda; use auto or fp32 or fp16"),
    ],
)
def test_partials_are_heard_only_in_what_the_device_can(
    precision: str, device: str, told: str
) -> None:
    with pytest.raises(ModelError, match=told):
        check_partials(precision, device)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_what_every_device_can_is_let_through(precision: str, device: str) -> None:
    check_partials(precision, device)
    check_partials("auto", device)
    check_finals("fp32", device)
