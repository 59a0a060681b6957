"""The converter of the bench: what it writes is what faster-whisper reads."""

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import tokenizers
from faster_whisper import WhisperModel
from hypothesis import given
from hypothesis import strategies as st
from whisper.tokenizer import Tokenizer, get_tokenizer

from bench import ctranslate2_model
from wsserver.recognition.models import find
from wsserver.speech import Samples

Read = Callable[[str], Samples]

Pairs = dict[str, tuple[Tokenizer, tokenizers.Tokenizer]]

VOCABULARIES = {"english": (False, 99), "multilingual": (True, 99), "large-v3": (True, 100)}


def test_faster_whisper_itself_transcribes_with_the_folder(folder: Path, sample: Read) -> None:
    model = WhisperModel(str(folder), device="cpu", compute_type="float32", cpu_threads=1)

    segments, info = model.transcribe(
        sample("en-us-my-uncle-sold"), beam_size=1, without_timestamps=True, word_timestamps=True
    )

    (segment, *_) = segments
    assert segment.text == " My uncle sold his house by the sea."
    assert segment.words is not None
    assert len(segment.words) == 8
    assert info.language == "en"


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    """Stock's tokenizers, and those of the tokenizers library that were made of them."""
    made = {}
    for name, (multilingual, languages) in VOCABULARIES.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # stock never closes its file
            known = get_tokenizer(multilingual, num_languages=languages)
        made[name] = (known, ctranslate2_model.tokenizer_of(known))
    return made


@pytest.mark.parametrize("name", VOCABULARIES)
def test_every_token_keeps_its_number(pairs: Pairs, name: str) -> None:
    known, made = pairs[name]

    spelled = [ctranslate2_model.spelled(known, token) for token in range(known.encoding.n_vocab)]

    assert [made.id_to_token(token) for token in range(known.encoding.n_vocab)] == spelled
    assert made.get_vocab_size() == known.encoding.n_vocab


@given(text=st.text(), name=st.sampled_from(list(VOCABULARIES)))
def test_any_text_has_the_same_tokens(pairs: Pairs, name: str, text: str) -> None:
    known, made = pairs[name]

    tokens = made.encode(text, add_special_tokens=False).ids

    assert tokens == known.encoding.encode(text, allowed_special="all")
    assert made.decode(tokens, skip_special_tokens=False) == text


def test_the_configuration_names_what_stock_knows(multilingual_folder: Path) -> None:
    config = json.loads((multilingual_folder / "config.json").read_text("utf-8"))

    assert len(config["lang_ids"]) == 99
    assert config["suppress_ids_begin"] == [220, 50257]
    assert config["alignment_heads"] == [[1, 0], [1, 1]]


def test_quantized_weights_take_less_room(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.ctranslate2_model", find("practice").source]

    subprocess.run([*command, tmp_path / "int8", "--type", "int8"], check=True)

    sizes = [(each / "model.bin").stat().st_size for each in (tmp_path / "int8", folder)]
    assert sizes[0] < sizes[1] / 3
