from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
from whisper.model import Whisper

from tests.conftest import read_samples
from wsserver.errors import UnsupportedFormat
from wsserver.recognition.engines import EngineSpec, build
from wsserver.recognition.engines.ctranslate2_.engine import CTranslate2Engine
from wsserver.recognition.engines.ctranslate2_.load import load
from wsserver.recognition.engines.whisper_.stock import stock_decode
from wsserver.speech import DecodeOptions, Hypothesis, Priority, Samples, Window

Read = Callable[[str], Samples]

SAID = {s.path.stem: s.said for s in read_samples() if "long" not in s.path.stem}
NAMES = tuple(SAID)
ENGLISH = DecodeOptions(language="en")
LONG_PROMPT = "the key to the kitchen door, " * 60


def final(audio: Samples, options: DecodeOptions = ENGLISH, start: int = 0) -> Window:
    return Window("s", 1, Priority.FINAL, start, audio, options)


def partial(audio: Samples, options: DecodeOptions = ENGLISH, start: int = 0) -> Window:
    return Window("s", 1, Priority.PARTIAL, start, audio, options, exact=False)


def assert_words_fit(heard: Hypothesis, window: Window) -> None:
    times = [time for word in heard.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert all(window.start <= time <= window.end for time in times)
    assert "".join(word.text for word in heard.words).strip() == heard.text
    assert all(0 <= word.probability <= 1 for word in heard.words)


@pytest.mark.parametrize("name", NAMES[::2])  # every voice; the other engine hears them all
def test_a_sample_is_heard_right_and_as_stock_hears_it(
    engine: CTranslate2Engine, stock: Whisper, sample: Read, name: str
) -> None:
    window = final(sample(name), start=1000)

    [heard] = engine.recognize([window])

    expected = stock_decode(stock, window)
    assert heard.text == expected.text == SAID[name]
    assert list(heard.tokens) == expected.tokens
    assert heard.language == "en"
    assert heard.compression_ratio == expected.compression_ratio
    assert heard.avg_logprob == pytest.approx(expected.avg_logprob, abs=1e-3)
    assert heard.no_speech_prob == pytest.approx(expected.no_speech_prob, rel=1e-2, abs=1e-6)
    assert_words_fit(heard, window)


@pytest.mark.parametrize(
    "options",
    [
        DecodeOptions("en", prompt="red"),
        DecodeOptions("en", prompt=LONG_PROMPT),
        DecodeOptions("en", carry=(464, 3234, 11, -5, 60_000)),
        DecodeOptions("en", prompt="<|endoftext|> is no mark", carry=tuple(range(300))),
    ],
    ids=["a word", "more than fits", "tokens", "letters and tokens"],
)
def test_a_prompt_is_heard_as_stock_hears_it(
    engine: CTranslate2Engine, stock: Whisper, sample: Read, options: DecodeOptions
) -> None:
    window = final(sample(NAMES[1]), options)

    [heard] = engine.recognize([window])

    assert list(heard.tokens) == stock_decode(stock, window).tokens


def unlike_windows(sample: Read) -> list[Window]:
    audio = [sample(name) for name in NAMES]
    return [
        final(audio[0]),
        partial(audio[1] * 0.03),
        final(audio[1] * 0.03, DecodeOptions("en", prompt="red")),
        final(audio[2] * 3.0, DecodeOptions("en", prompt=LONG_PROMPT)),
        partial(audio[3][:20_000], DecodeOptions(prompt="a letter about a house"), start=77),
        final(audio[3][:0]),
        final(np.concatenate(audio[4:11])[:480_000]),
        partial(audio[5], start=160_000),
        partial(audio[6]),
        final(audio[7], DecodeOptions()),
        partial(audio[8], replace(ENGLISH, prompt="red")),
        partial(np.zeros(100, np.float32)),
    ]


@pytest.mark.parametrize("stored", ["float32", "int8"])
def test_an_exact_window_is_heard_in_a_batch_as_alone(
    engine: CTranslate2Engine, folder: Path, sample: Read, stored: str
) -> None:
    weights = ctranslate2.models.Whisper(str(folder), compute_type=stored, intra_threads=1)
    engine = CTranslate2Engine(replace(engine.model, weights=weights), engine.info)
    windows = unlike_windows(sample)

    together = engine.recognize(windows)

    for window, heard in zip(windows, together, strict=True):
        if window.exact:
            assert [heard] == engine.recognize([window])
        assert_words_fit(heard, window)


def test_partials_go_together_and_are_heard_right(engine: CTranslate2Engine, sample: Read) -> None:
    windows = [partial(sample(name), start=500 * place) for place, name in enumerate(NAMES)]

    heard = engine.recognize(windows)

    assert [each.text for each in heard] == list(SAID.values())
    for window, each in zip(windows, heard, strict=True):
        assert_words_fit(each, window)


def test_nothing_is_heard_in_no_windows(engine: CTranslate2Engine) -> None:
    assert engine.recognize([]) == []


def test_words_are_timed_by_what_the_model_listened_to(
    engine: CTranslate2Engine, sample: Read
) -> None:
    windows = [final(sample(name), start=16_000) for name in NAMES[:3]]
    ours = build(EngineSpec(model="practice", device="cpu", threads=1))

    for heard, expected in zip(engine.recognize(windows), ours.recognize(windows), strict=True):
        assert [word.text for word in heard.words] == [word.text for word in expected.words]
        for word, other in zip(heard.words, expected.words, strict=True):
            assert abs(word.start - other.start) <= 2400
            assert abs(word.end - other.end) <= 2400
            assert word.probability == pytest.approx(other.probability, abs=0.1)


def test_words_are_spread_where_a_folder_names_no_heads(
    engine: CTranslate2Engine, sample: Read
) -> None:
    deaf = CTranslate2Engine(replace(engine.model, heads=()), engine.info)
    window = final(sample(NAMES[0]))

    [heard] = deaf.recognize([window])

    lengths = {word.end - word.start for word in heard.words}
    assert max(lengths) - min(lengths) <= 1
    assert_words_fit(heard, window)


@pytest.mark.parametrize("exact", [True, False])
def test_above_temperature_zero_it_draws(
    engine: CTranslate2Engine, sample: Read, exact: bool
) -> None:
    options = DecodeOptions("en", temperature=2.0, seed=3)
    window = replace(final(sample(NAMES[0]), options), exact=exact)

    heard = engine.recognize([window, window])

    # So hot a draw of the same sentence would come once in many millions of years.
    assert all(each.text != SAID[NAMES[0]] for each in heard)
    assert all(each.temperature == 2.0 for each in heard)
    for each in heard:
        assert_words_fit(each, window)


def test_the_language_is_detected_as_stock_detects_it(
    multilingual: CTranslate2Engine, multilingual_stock: Whisper, sample: Read
) -> None:
    window = final(sample(NAMES[0]), DecodeOptions())

    [heard] = multilingual.recognize([window])

    expected = stock_decode(multilingual_stock, window)
    assert heard.language == expected.language
    assert list(heard.tokens) == expected.tokens
    assert 0 < heard.language_probability < 1


def test_the_language_is_detected_among_those_that_may_be_heard(
    multilingual_folder: Path, sample: Read
) -> None:
    spec = EngineSpec(
        kind="ctranslate2", model=str(multilingual_folder), device="cpu", languages=("fr", "de")
    )
    engine = load(spec)

    heard = engine.recognize([final(sample(NAMES[0]), DecodeOptions(task="translate"))] * 2)

    assert engine.info.languages == ("de", "fr")
    assert {each.language for each in heard} < {"de", "fr"}
    assert all(each.language_probability >= 0.5 for each in heard)


def test_a_given_language_is_not_detected(multilingual: CTranslate2Engine, sample: Read) -> None:
    options = (DecodeOptions("ja"), DecodeOptions(), DecodeOptions("fr", task="translate"))
    windows = [partial(sample(NAMES[0]), each) for each in options]

    heard = multilingual.recognize(windows)

    assert [each.language for each in heard][::2] == ["ja", "fr"]
    assert [each.language_probability == 1.0 for each in heard] == [True, False, True]
    for window, each in zip(windows, heard, strict=True):
        assert_words_fit(each, window)


def test_a_language_that_the_model_does_not_know_is_told(
    multilingual: CTranslate2Engine, sample: Read
) -> None:
    with pytest.raises(UnsupportedFormat, match="'tlh' is not among the 99"):
        multilingual.recognize([final(sample(NAMES[0]), DecodeOptions("tlh"))])


def test_turbo_is_given_the_full_context(engine: CTranslate2Engine, sample: Read) -> None:
    from wsserver.recognition.engines.ctranslate2_ import engine as module

    wide = np.zeros((1, 2, 1280), np.float32)

    assert module._bears_short_context(wide, replace(engine.model, heads=((25, 6),)))
    assert not module._bears_short_context(wide, replace(engine.model, heads=((3, 6),)))
