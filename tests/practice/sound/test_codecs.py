from collections.abc import Callable

import numpy as np
import pytest

from tools.practice.chance import Chance
from tools.practice.sound import codecs, filters, levels
from tools.practice.speech import RATE, Samples

CODINGS = (*codecs._TELEPHONE, *codecs._WIDE, *codecs._MUSIC)


@pytest.fixture(scope="module")
def speech() -> Samples:
    """Syllables of noise below 3 kHz, a quarter of a second each."""
    rng = np.random.default_rng(1)
    noise = filters.band(rng.standard_normal(2 * RATE).astype(np.float32), 300, 3_000)
    syllables = np.sin(np.pi * np.arange(2 * RATE) / (RATE / 4)) ** 2
    return levels.at_level((noise * syllables).astype(np.float32), -20)


def _name(coding: codecs.Coding) -> str:
    return f"{coding.subtype} at {coding.rate}"


@pytest.mark.parametrize("coding", CODINGS, ids=_name)
def test_what_is_coded_comes_back_in_step(coding: codecs.Coding, speech: Samples) -> None:
    heard = codecs.coded(speech, coding, 0.3)

    assert len(heard) == len(speech)
    assert heard.dtype == np.float32
    assert np.corrcoef(heard, speech)[0, 1] > 0.5


@pytest.mark.parametrize("line", [line for _, line in codecs.LINES])
def test_a_line_keeps_length_and_time(
    line: Callable[[Samples, Chance], Samples], speech: Samples
) -> None:
    rng = np.random.default_rng(2)

    for _ in range(3):
        heard = line(speech, rng)

        assert heard.shape == speech.shape
        assert np.isfinite(heard).all()
        assert np.corrcoef(heard, speech)[0, 1] > 0.5


def test_a_telephone_has_no_high_tones() -> None:
    noise = 0.1 * np.random.default_rng(3).standard_normal(RATE).astype(np.float32)

    heard = codecs.telephone(noise, np.random.default_rng(4))

    spectrum = np.abs(np.fft.rfft(heard))
    assert spectrum[5_000:].mean() < 0.05 * spectrum[1_000:3_000].mean()


def test_every_second_sample_alone_leaves_images(speech: Samples) -> None:
    heard = codecs.repeated(speech, np.random.default_rng(5))

    high = [np.abs(np.fft.rfft(sound))[10_500:].mean() for sound in (speech, heard)]
    assert high[1] > 2 * high[0]


def test_silence_passes_every_line() -> None:
    silence = np.zeros(RATE, np.float32)
    rng = np.random.default_rng(6)

    for _, line in codecs.LINES:
        assert np.abs(line(silence, rng)).max() < 0.02
