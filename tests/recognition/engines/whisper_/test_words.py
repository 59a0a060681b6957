from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from whisper.audio import log_mel_spectrogram, pad_or_trim
from whisper.timing import find_alignment, merge_punctuations
from whisper.tokenizer import Tokenizer, get_tokenizer

from wsserver.recognition.engines.whisper_.words import Spoken, words_of
from wsserver.speech import DecodeOptions, Priority, Samples, Window

if TYPE_CHECKING:
    from tests.recognition.engines.whisper_.conftest import Pair

Read = Callable[[str], Samples]


def window(audio: Samples, start: int = 0, options: DecodeOptions | None = None) -> Window:
    return Window("s", 1, Priority.FINAL, start, audio, options or DecodeOptions("en"))


@pytest.mark.parametrize(
    "name", ["en-us-my-uncle-sold", "flite-slt-we-walked-along", "flite-rms-they-could-hear"]
)
def test_times_are_close_to_those_of_stocks_second_pass(
    practice: "Pair", sample: Read, name: str
) -> None:
    audio = sample(name)
    tokenizer = get_tokenizer(False)

    [heard] = practice.engine.recognize([window(audio)])

    mel = log_mel_spectrogram(pad_or_trim(audio))
    tokens = list(heard.tokens)
    stock = find_alignment(practice.stock, tokenizer, tokens, mel, len(audio) // 160)
    merge_punctuations(stock, "", ".,?!")
    expected = [timing for timing in stock if timing.word]
    assert [word.text for word in heard.words] == [timing.word for timing in expected]
    starts = np.array([word.start for word in heard.words])
    differences = np.abs(starts - [timing.start * 16_000 for timing in expected])
    assert np.median(differences) <= 320
    assert differences.max() <= 3200
    for word, timing in zip(heard.words, expected, strict=True):
        assert word.probability == pytest.approx(timing.probability, abs=0.05)


def test_words_follow_each_other_inside_the_window(practice: "Pair", sample: Read) -> None:
    audio = sample("en-us-we-lost-the")
    windows = [
        window(audio, start=123_456),
        window(audio[:0], start=7),
        window(audio[:10], start=7),
        window(audio[:25_000], start=1_000_000),
        window(audio, options=DecodeOptions("en", prompt="The key.", temperature=1.5)),
    ]

    heard = practice.engine.recognize(windows)

    for hypothesis, spoken in zip(heard, windows, strict=True):
        words = hypothesis.words
        assert "".join(word.text for word in words).strip() == hypothesis.text
        assert all(spoken.start <= word.start <= word.end <= spoken.end for word in words)
        assert all(before.end <= after.start for before, after in pairwise(words))
        assert all(0 <= word.probability <= 1 for word in words)


def test_a_later_window_has_later_words(practice: "Pair", sample: Read) -> None:
    audio = sample("en-us-we-lost-the")

    [early] = practice.engine.recognize([window(audio)])
    [late] = practice.engine.recognize([window(audio, start=160_000)])

    assert [word.start + 160_000 for word in early.words] == [word.start for word in late.words]
    assert [word.end + 160_000 for word in early.words] == [word.end for word in late.words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" Well, that is it.", [" Well,", " that", " is", " it."]),
        (' He said "no" (twice)!', [" He", " said", ' "no"', " (twice)!"]),
        (" ", []),
        ("", []),
    ],
)
def test_punctuation_belongs_to_a_word(tokenizer: Tokenizer, text: str, words: list[str]) -> None:
    tokens = tokenizer.encode(text)

    heard = words_of(window(np.zeros(80_000, np.float32)), spoken(tokens), tokenizer)

    assert [word.text for word in heard] == words


def test_a_row_that_met_its_limit_ends_with_the_window(tokenizer: Tokenizer) -> None:
    tokens = tokenizer.encode(" one two three")

    ended = words_of(window(np.zeros(80_000, np.float32)), spoken(tokens), tokenizer)
    limited = words_of(
        window(np.zeros(80_000, np.float32)), spoken(tokens, fed=len(tokens) - 1), tokenizer
    )

    assert [(word.start, word.end) for word in ended] == times(16_000, 32_000, 48_000)
    assert [(word.start, word.end) for word in limited] == times(16_000, 32_000, 80_000)


def spoken(tokens: list[int], fed: int | None = None) -> Spoken:
    """Tokens of which each looks at the next second of 5 s; then the end looks at the rest."""
    lines = 4 + (len(tokens) if fed is None else fed)
    attention = np.zeros((1, lines, 250), np.float32)
    for line in range(3, lines):
        attention[0, line, (line - 3) * 50 : (line - 2) * 50] = 1
    attention[0, -1, (lines - 3) * 50 :] = 1
    return Spoken(tuple(tokens), (0.5,) * len(tokens), attention, 3, "en")


def times(*ends: int) -> list[tuple[int, int]]:
    return list(pairwise((0, *ends)))
