from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whisper.audio import log_mel_spectrogram, pad_or_trim
from whisper.decoding import DecodingResult

from tests.conftest import read_samples
from wsserver.errors import UnsupportedFormat
from wsserver.recognition.engines.whisper_.engine import WhisperEngine
from wsserver.recognition.engines.whisper_.stock import stock_decode
from wsserver.speech import LONGEST_WINDOW, DecodeOptions, Hypothesis, Priority, Samples, Window

if TYPE_CHECKING:
    from tests.recognition.engines.whisper_.conftest import Pair

Read = Callable[[str], Samples]

NAMES = (
    "en-us-my-uncle-sold",
    "en-us-the-farmer-sold",
    "en-us-nothing-is-more",
    "en-us-we-lost-the",
    "en-gb-x-rp-f3-she-bought-a",
    "en-gb-x-rp-f3-he-put-the",
    "flite-slt-what-did-the",
    "flite-slt-we-walked-along",
    "flite-rms-the-old-man",
    "flite-rms-they-could-hear",
    "flite-awb-he-put-the",
)
SAID = {sample.path.stem: sample.said for sample in read_samples()}
ENGLISH = DecodeOptions(language="en")
LONG_PROMPT = "the key to the kitchen door, " * 60


def window(audio: Samples, options: DecodeOptions = ENGLISH, start: int = 0) -> Window:
    return Window("s", 1, Priority.FINAL, start, audio, options)


def assert_equals_stock(heard: Hypothesis, stock: DecodingResult) -> None:
    assert list(heard.tokens) == stock.tokens
    assert heard.text == stock.text
    assert heard.language == stock.language
    assert heard.compression_ratio == stock.compression_ratio
    assert heard.temperature == stock.temperature
    assert heard.avg_logprob == pytest.approx(stock.avg_logprob, abs=1e-4)
    assert heard.no_speech_prob == pytest.approx(stock.no_speech_prob, rel=1e-3, abs=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_one_window_says_what_stock_says(practice: "Pair", sample: Read, name: str) -> None:
    spoken = window(sample(name))

    [heard] = practice.engine.recognize([spoken])

    assert heard.text == SAID[name]
    assert_equals_stock(heard, stock_decode(practice.stock, spoken))


def test_a_batch_of_unlike_windows_says_what_stock_says_of_each_alone(
    practice: "Pair", sample: Read
) -> None:
    audio = [sample(name) for name in NAMES]
    whole = np.concatenate([*audio[:8], *audio[:8]])[:480_000]
    windows = [
        window(audio[0]),
        window(audio[1] * 0.03, DecodeOptions("en", prompt="red")),
        window(audio[2] * 3.0, DecodeOptions("en", prompt=LONG_PROMPT)),
        window(audio[3][:0]),
        window(audio[4][:100]),
        window(audio[4][:24_000]),
        window(audio[5][:16_000], DecodeOptions("en", carry=tuple(range(1000, 1400)))),
        window(whole),
        window(np.zeros(32_000, np.float32)),
        window(audio[6], DecodeOptions("en", prompt="A question:", carry=(464, 1468, 582))),
        *(window(heard) for heard in audio[7:]),
    ]

    heard = practice.engine.recognize(windows)

    assert len({len(hypothesis.tokens) for hypothesis in heard}) > 4
    for hypothesis, spoken in zip(heard, windows, strict=True):
        assert_equals_stock(hypothesis, stock_decode(practice.stock, spoken))


def test_draws_are_those_of_stock_with_the_same_seed_alone(practice: "Pair", sample: Read) -> None:
    windows = [
        window(sample(NAMES[place % 3]), DecodeOptions("en", temperature=t, seed=place))
        for place, t in enumerate((0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0, 1.5, 2.0))
    ]

    heard = practice.engine.recognize(windows)

    assert len({hypothesis.tokens for hypothesis in heard}) > 4
    for hypothesis, spoken in zip(heard, windows, strict=True):
        assert_equals_stock(hypothesis, stock_decode(practice.stock, spoken))


def test_the_same_window_is_heard_alike_every_time(practice: "Pair", sample: Read) -> None:
    spoken = window(sample(NAMES[0]), DecodeOptions("en", temperature=1.0, seed=3))

    once, again = (practice.engine.recognize([spoken]) for _ in range(2))

    assert once == again


def test_languages_and_tasks_side_by_side_say_what_stock_says(tiny: "Pair", sample: Read) -> None:
    audio = [sample(name) for name in (NAMES[0], NAMES[10], NAMES[8], NAMES[4])]
    windows = [
        window(audio[0], DecodeOptions()),
        window(audio[1], DecodeOptions("de")),
        window(audio[2], DecodeOptions("de", "translate")),
        window(audio[3], DecodeOptions(task="translate", prompt="Guten Tag")),
        window(audio[3], DecodeOptions()),
        window(audio[0], DecodeOptions("ja", carry=(5000, 6000, 7000))),
        window(audio[1], DecodeOptions("fr", temperature=0.7, seed=11)),
    ]

    heard = tiny.engine.recognize(windows)

    assert len({hypothesis.language for hypothesis in heard}) > 4
    for hypothesis, spoken in zip(heard, windows, strict=True):
        assert_equals_stock(hypothesis, stock_decode(tiny.stock, spoken))


def test_a_detected_language_has_stocks_probability(tiny: "Pair", sample: Read) -> None:
    audio = sample(NAMES[0])
    _, expected = tiny.stock.detect_language(log_mel_spectrogram(pad_or_trim(audio)))

    detected, given = tiny.engine.recognize(
        [window(audio, DecodeOptions()), window(audio, DecodeOptions("de"))]
    )

    assert detected.language_probability == pytest.approx(expected[detected.language], rel=1e-3)
    assert given.language_probability == 1.0


def test_only_the_configured_languages_are_detected(tiny: "Pair", sample: Read) -> None:
    spoken = window(sample(NAMES[0]), DecodeOptions())
    [free] = tiny.engine.recognize([spoken])
    others = tuple(code for code in tiny.engine.info.languages if code != free.language)
    limited = WhisperEngine(tiny.engine.model, replace(tiny.engine.info, languages=others))

    [heard] = limited.recognize([spoken])

    assert heard.language in others
    assert heard.language_probability > free.language_probability / 100


def test_an_english_model_hears_english_whatever_it_is_asked(tiny_en: "Pair", sample: Read) -> None:
    audio = sample(NAMES[0])
    asked = (DecodeOptions(), DecodeOptions("de", "translate"), DecodeOptions("en"))

    heard = tiny_en.engine.recognize([window(audio, options) for options in asked])

    expected = stock_decode(tiny_en.stock, window(audio, DecodeOptions("en")))
    for hypothesis in heard:
        assert_equals_stock(hypothesis, expected)
        assert hypothesis.language_probability == 1.0


def test_a_language_the_model_does_not_know_is_told(tiny: "Pair") -> None:
    spoken = window(np.zeros(16_000, np.float32), DecodeOptions("tlh"))

    with pytest.raises(UnsupportedFormat, match="'tlh' is not among the 99"):
        tiny.engine.recognize([spoken])


@pytest.mark.parametrize("carried", [0, 500])
def test_a_row_without_end_stops_where_stock_stops(
    endless: "Pair", sample: Read, carried: int
) -> None:
    options = DecodeOptions("en", carry=tuple(range(1000, 1000 + carried)))
    spoken = window(sample(NAMES[0]), options)

    [heard] = endless.engine.recognize([spoken])

    assert len(heard.tokens) == (221 if carried else 224)
    assert_equals_stock(heard, stock_decode(endless.stock, spoken))
    assert "".join(word.text for word in heard.words).strip() == heard.text


def test_no_windows_give_no_hypotheses(practice: "Pair") -> None:
    assert practice.engine.recognize([]) == []


def test_audio_that_must_not_be_written_to_is_only_read(practice: "Pair", sample: Read) -> None:
    audio = np.resize(sample(NAMES[0]), LONGEST_WINDOW)
    audio.flags.writeable = False

    [heard] = practice.engine.recognize([window(audio)])

    assert heard.text


def partial(audio: Samples, draft: tuple[int, ...] = (), prompt: str = "") -> Window:
    options = DecodeOptions("en", prompt=prompt)
    return Window("s", 1, Priority.PARTIAL, 0, audio, options, exact=False, draft=draft)


def assert_hears_alike(heard: Hypothesis, expected: Hypothesis) -> None:
    assert heard.tokens == expected.tokens
    assert heard.text == expected.text
    assert [(word.text, word.start, word.end) for word in heard.words] == [
        (word.text, word.start, word.end) for word in expected.words
    ]
    assert [word.probability for word in heard.words] == pytest.approx(
        [word.probability for word in expected.words], abs=1e-4
    )
    assert heard.avg_logprob == pytest.approx(expected.avg_logprob, abs=1e-4)
    assert heard.no_speech_prob == pytest.approx(expected.no_speech_prob, rel=1e-3, abs=1e-7)


PROMPTS = ("", "red")
JUNK = (-1, 13, 464, 50_255, 50_256, 50_257, 50_363, 51_863, 51_864, 10**9)

Undrafted = dict[tuple[str, str], tuple[Window, Hypothesis]]


@pytest.fixture(scope="module")
def undrafted(practice: "Pair", sample: Read) -> Undrafted:
    """What is heard without a draft, by sample and prompt."""
    spoken = list(product(NAMES[:4], PROMPTS))
    windows = [partial(sample(name), prompt=prompt) for name, prompt in spoken]
    heard = practice.engine.recognize(windows)
    return dict(zip(spoken, zip(windows, heard, strict=True), strict=True))


rows = st.tuples(
    st.sampled_from(NAMES[:4]),
    st.sampled_from(PROMPTS),
    st.sampled_from(NAMES[:4]),
    st.integers(0, 20),
    st.lists(st.sampled_from(JUNK), max_size=5),
)


@settings(max_examples=12, deadline=None)
@given(st.lists(rows, min_size=1, max_size=4))
def test_a_batch_of_unlike_drafts_says_what_no_draft_says(
    practice: "Pair", undrafted: Undrafted, rows: list[tuple[str, str, str, int, list[int]]]
) -> None:
    windows, expected = [], []
    for name, prompt, other, cut, junk in rows:
        window, right = undrafted[name, prompt]
        wrong = undrafted[other, prompt][1].tokens
        windows.append(replace(window, draft=(*right.tokens[:cut], *junk, *wrong[cut:])))
        expected.append(right)

    heard = practice.engine.recognize(windows)

    for hypothesis, without_draft in zip(heard, expected, strict=True):
        assert_hears_alike(hypothesis, without_draft)


def test_an_exact_window_ignores_its_draft_to_the_bit(practice: "Pair", sample: Read) -> None:
    spoken = window(sample(NAMES[0]))
    [expected] = practice.engine.recognize([spoken])

    for draft in (expected.tokens, (50_000,) * 9):
        assert practice.engine.recognize([replace(spoken, draft=draft)]) == [expected]


@pytest.mark.parametrize("name", NAMES)
def test_a_short_context_gives_text_and_times_of_the_full_one(
    practice: "Pair", sample: Read, name: str
) -> None:
    audio = sample(name)

    [full], [short] = (
        practice.engine.recognize([spoken]) for spoken in (window(audio), partial(audio))
    )

    assert short.text == full.text
    assert [word.text for word in short.words] == [word.text for word in full.words]
    assert all(0 <= word.start <= word.end <= len(audio) for word in short.words)
    edges = [[(word.start, word.end) for word in heard.words] for heard in (short, full)]
    # Attention may waver at one place, and then a word or two lie elsewhere.
    assert np.mean(np.abs(np.subtract(edges[0], edges[1])) > 800) <= 0.25


def test_partials_of_unlike_length_are_heard_as_alone_and_leave_finals_alone(
    practice: "Pair", sample: Read
) -> None:
    one, two, three = (sample(name) for name in NAMES[:3])
    windows = [
        partial(one[:9_000]),
        window(two),
        partial(np.concatenate([two, three, one])),
        partial(three[:0]),
        window(three),
        partial(np.resize(one, LONGEST_WINDOW)),
        partial(three),
    ]

    together = practice.engine.recognize(windows)

    for heard, spoken in zip(together, windows, strict=True):
        [alone] = practice.engine.recognize([spoken])
        assert_hears_alike(heard, alone)
        if spoken.exact:
            assert_equals_stock(heard, stock_decode(practice.stock, spoken))


def test_only_windows_that_need_not_be_exact_get_a_short_context(practice: "Pair") -> None:
    model = practice.engine.model
    turbo = replace(model, bears_short_context=False)
    audio = np.zeros(128_000, np.float32)

    contexts = [
        (of.context(window(audio)), of.context(partial(audio)), of.context(partial(audio[:0])))
        for of in (model, turbo)
    ]

    assert contexts == [(1500, 464, 64), (1500, 1500, 1500)]
