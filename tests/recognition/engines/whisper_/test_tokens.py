from dataclasses import dataclass

import pytest
from whisper.decoding import DecodingOptions, DecodingTask
from whisper.model import ModelDimensions, Whisper
from whisper.tokenizer import Tokenizer

from wsserver.errors import UnsupportedFormat
from wsserver.recognition.engines.whisper_.tokens import (
    Vocabulary,
    blank,
    drafted,
    opening,
    prompt_tokens,
    suppressed,
    vocabulary_of,
)
from wsserver.speech import DecodeOptions

pytestmark = pytest.mark.usefixtures("tokenizer")


def model(vocabulary: int) -> Whisper:
    """A stock model as small as can be."""
    return Whisper(ModelDimensions(80, 1500, 64, 1, 1, vocabulary, 448, 64, 1, 1))


MULTILINGUAL = model(51865)
ENGLISH = model(51864)
LARGE_V3 = model(51866)


@pytest.mark.parametrize(
    ("stock", "languages", "has_cantonese"),
    [(ENGLISH, 1, False), (MULTILINGUAL, 99, False), (LARGE_V3, 100, True)],
)
def test_the_size_of_a_vocabulary_tells_the_languages(
    stock: Whisper, languages: int, has_cantonese: bool
) -> None:
    vocabulary = vocabulary_of(stock)

    assert len(vocabulary.languages) == languages
    assert ("yue" in vocabulary.languages) is has_cantonese
    assert vocabulary.languages[:3] == ("en", "zh", "de")[:languages]


@pytest.mark.parametrize("stock", [ENGLISH, MULTILINGUAL, LARGE_V3])
@pytest.mark.parametrize(
    "options",
    [
        DecodeOptions(),
        DecodeOptions("de"),
        DecodeOptions("ja", "translate"),
        DecodeOptions(prompt=" Dr. Weiß, Zürich "),
        DecodeOptions(prompt="a name", carry=(1000, 2000)),
        DecodeOptions(carry=tuple(range(1000, 1300))),
        DecodeOptions(prompt="so many words " * 200, carry=(1000, 2000)),
        DecodeOptions(prompt="   "),
    ],
)
def test_a_row_opens_as_stock_opens_it(stock: Whisper, options: DecodeOptions) -> None:
    vocabulary = vocabulary_of(stock)

    begin = opening(vocabulary, options, options.language or "en")

    task = DecodingTask(
        stock,
        DecodingOptions(
            task=options.task,
            language=options.language or "en",
            prompt=prompt_tokens(vocabulary, options) or None,
            without_timestamps=True,
        ),
    )
    assert begin.tokens == task.initial_tokens
    assert begin.start == task.sot_index


@pytest.mark.parametrize("stock", [ENGLISH, MULTILINGUAL, LARGE_V3])
def test_what_is_never_sampled_is_what_stock_suppresses(stock: Whisper) -> None:
    tokenizer = vocabulary_of(stock).tokenizer
    task = DecodingTask(stock, DecodingOptions(language="en", without_timestamps=True))

    at_first, always = task.logit_filters

    assert suppressed(tokenizer) == always.suppress_tokens
    assert blank(tokenizer) == [*at_first.tokenizer.encode(" "), at_first.tokenizer.eot]


@dataclass(frozen=True)
class Cut:
    prompt: int
    carry: int
    prompt_kept: int
    carry_kept: int


@pytest.mark.parametrize(
    "cut",
    [
        Cut(prompt=0, carry=0, prompt_kept=0, carry_kept=0),
        Cut(prompt=3, carry=4, prompt_kept=3, carry_kept=4),
        Cut(prompt=3, carry=220, prompt_kept=3, carry_kept=220),
        Cut(prompt=3, carry=300, prompt_kept=3, carry_kept=220),
        Cut(prompt=223, carry=5, prompt_kept=223, carry_kept=0),
        Cut(prompt=300, carry=5, prompt_kept=223, carry_kept=0),
    ],
)
def test_the_prompt_stays_and_the_carry_is_cut_on_its_left(cut: Cut) -> None:
    vocabulary = vocabulary_of(MULTILINGUAL)
    spoken = [f" {number % 10}" for number in range(cut.prompt)]
    text = "".join(spoken)
    assert len(vocabulary.tokenizer.encode(text)) == cut.prompt
    carry = tuple(range(1000, 1000 + cut.carry))

    tokens = prompt_tokens(vocabulary, DecodeOptions(prompt=text, carry=carry))

    kept = vocabulary.tokenizer.encode(text)[cut.prompt - cut.prompt_kept :]
    assert tokens == [*kept, *carry[cut.carry - cut.carry_kept :]]


def test_special_tokens_are_no_text(tokenizer: Tokenizer) -> None:
    vocabulary = vocabulary_of(MULTILINGUAL)
    carry = (1000, tokenizer.eot, tokenizer.sot, tokenizer.timestamp_begin + 5, -1, 2000)

    tokens = prompt_tokens(vocabulary, DecodeOptions(prompt="<|endoftext|>", carry=carry))

    assert tokens[-2:] == [1000, 2000]
    assert tokenizer.decode(tokens[:-2]) == " <|endoftext|>"
    assert max(tokens) < tokenizer.eot


def test_an_unknown_language_is_told() -> None:
    with pytest.raises(UnsupportedFormat, match="'yue' is not among the 99"):
        vocabulary_of(MULTILINGUAL).tokenizer_for("yue", "transcribe")


def test_english_only_ignores_language_and_task() -> None:
    vocabulary: Vocabulary = vocabulary_of(ENGLISH)

    assert opening(vocabulary, DecodeOptions("de", "translate"), "en") == opening(
        vocabulary, DecodeOptions(), "en"
    )


@pytest.mark.parametrize(("stock", "end"), [(MULTILINGUAL, 50_257), (ENGLISH, 50_256)])
def test_of_a_draft_whatever_can_be_fed_is_taken(stock: Whisper, end: int) -> None:
    vocabulary = vocabulary_of(stock)
    last = stock.dims.n_vocab - 1

    taken = drafted(vocabulary, (-1, 0, 13, end - 1, end, end + 1, last, last + 1, 10**12))

    assert taken == (0, 13, end - 1, end + 1, last)
