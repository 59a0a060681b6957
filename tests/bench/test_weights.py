import re
from pathlib import Path

import numpy as np
import pytest
import whisper
from whisper.model import ModelDimensions
from whisper.tokenizer import get_tokenizer

from bench.weights import random_checkpoint, random_model, script

SMALL = ModelDimensions(80, 1500, 64, 2, 2, 51864, 448, 64, 2, 2)


def test_a_script_is_of_words_and_says_none_twice() -> None:
    said = script(448)

    words = [get_tokenizer(multilingual=False).decode([token]) for token in said]
    assert len(set(words)) == 448
    assert all(re.fullmatch(r" [a-z]+", word) for word in words)


@pytest.mark.parametrize("loudness", [0.0, 0.1])
def test_stock_says_the_script_whatever_it_hears(loudness: float) -> None:
    model = random_model(SMALL)
    noise = np.random.default_rng(1).normal(0, loudness, 30 * 16_000).astype(np.float32)
    options = whisper.DecodingOptions(
        language="en", without_timestamps=True, fp16=False, sample_len=20
    )

    heard = model.decode(whisper.log_mel_spectrogram(noise), options)

    # Behind start of transcript and no timestamps stands the second token of the script.
    assert heard.tokens == list(script(448)[1:21])
    assert heard.avg_logprob > -1.0


def test_a_checkpoint_is_the_same_each_time(tmp_path: Path) -> None:
    one, two = (
        whisper.load_model(str(random_checkpoint(SMALL, tmp_path / name)), device="cpu")
        for name in ("one.pt", "two.pt")
    )

    weights = two.state_dict()
    assert all(bool((weights[name] == value).all()) for name, value in one.state_dict().items())
