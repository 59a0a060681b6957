from dataclasses import replace

import numpy as np
import pytest
from whisper.tokenizer import get_tokenizer

from tools.practice.speech import Phone, Word
from tools.practice.training import targets
from tools.practice.training.shelves import Library
from tools.practice.training.targets import IGNORED, Line, line, sounds
from tools.practice.training.windows import Scene

STOCK = get_tokenizer(multilingual=False)


def _word(text: str, start: float, end: float) -> Word:
    middle = (start + end) / 2
    return Word(text, start, end, (Phone("AA", start, middle), Phone("B", middle, end)))


OPEN = (_word("Open", 0.2, 0.4), _word("the", 0.4, 0.5), _word("door.", 0.5, 0.9))
IS_IT = (_word("Is", 1.5, 1.7), _word("it", 1.7, 1.9))
SILENT = Scene(np.zeros((200, 80), np.float32), (), end=200)
SPEECH = replace(SILENT, words=OPEN, sentences=(3,))
TWO = replace(SILENT, words=OPEN + IS_IT, sentences=(3, 2), cut=True)
BROKEN = replace(SILENT, broken=(_word("Open", 1.9, 2.3),), cut=True)
LONG = replace(TWO, power=np.zeros((2400, 80), np.float32), end=2400)


def _said(line: Line, books: Library) -> str:
    labels = [label for label in line.labels if label != IGNORED]
    return str(STOCK.decode_with_timestamps([books.tokens.used[label] for label in labels]))


@pytest.mark.parametrize(
    ("scene", "plain", "timed"),
    [
        (SILENT, "<|nospeech|>", "<|nospeech|>"),
        (BROKEN, "<|notimestamps|>", "<|0.00|>"),
        (SPEECH, "<|notimestamps|> Open the door.", "<|0.00|> Open the door.<|0.90|>"),
        (
            TWO,
            "<|notimestamps|> Open the door. Is it",
            "<|0.00|> Open the door.<|0.90|><|1.50|> Is it<|1.90|>",
        ),
        (
            LONG,
            "<|notimestamps|> Open the door. Is it",
            "<|0.00|> Open the door.<|0.90|><|1.50|>",
        ),
    ],
)
def test_what_is_said_of_a_window(scene: Scene, plain: str, timed: str, books: Library) -> None:
    rng = np.random.default_rng(0)

    said = {_said(line(scene, books, rng), books).replace("\n", "") for _ in range(60)}

    assert said == {plain + "<|endoftext|>", timed + "<|endoftext|>"}


def test_nothing_is_said_by_ending_at_once_or_by_a_line_break(books: Library) -> None:
    rng = np.random.default_rng(0)

    said = [_said(line(SILENT, books, rng), books) for _ in range(60)]

    assert 5 < sum("\n" in text for text in said) < 30


def test_the_decoder_reads_what_it_should_have_said(books: Library) -> None:
    rng = np.random.default_rng(0)
    lines = [line(scene, books, rng) for scene in (SPEECH, TWO, SILENT) for _ in range(30)]

    prompted = [each for each in lines if each.inputs[0] == books.tokens.previous]
    assert 2 < len(prompted) < 30
    for each in lines:
        start = each.inputs.index(books.tokens.start)
        assert set(each.labels[:start]) <= {IGNORED}
        assert each.labels[start + 1 : -1] == each.inputs[start + 2 :]
        assert len(each.inputs) == len(each.labels) == len(each.spans)


def test_a_window_midway_is_prompted_by_what_was_said_before(books: Library) -> None:
    rng = np.random.default_rng(0)
    midway = replace(SPEECH, before="The door")

    inputs = [line(midway, books, rng).inputs[:3] for _ in range(40)]

    real = [books.tokens.previous, *books.tokens.write("The"), *books.tokens.write("door")]
    assert 10 < inputs.count(real) < 35


def test_tokens_are_looked_for_where_they_sound(books: Library) -> None:
    rng = np.random.default_rng(1)
    shown = line(SPEECH, books, rng)
    while shown.inputs[0] != books.tokens.start or books.tokens.no_timestamps not in shown.inputs:
        shown = line(SPEECH, books, rng)

    (_, opened, _, door, stop, end) = shown.spans

    assert opened == pytest.approx((0.14, 0.46))
    assert door == pytest.approx((0.44, 0.96))
    assert stop == pytest.approx((0.84, 1.3))
    assert end == pytest.approx((0.84, 1.3))


def test_the_end_of_a_window_cut_off_is_looked_for_up_to_the_cut(books: Library) -> None:
    assert targets.line(TWO, books, np.random.default_rng(0)).spans[-1] == pytest.approx(
        (1.84, 2.4)
    )


def test_positions_are_labeled_with_phones_and_words(books: Library) -> None:
    heard = sounds(replace(SPEECH, broken=BROKEN.broken), books)

    assert heard.sequence == (1, 2, 1, 2, 1, 2, 1)
    assert heard.phones[[9, 10, 15, 26, 40, 50, 96]].tolist() == [0, 1, 2, 1, 2, 0, 1]
    assert heard.words[[9, 10, 30, 96]].tolist() == [
        0,
        books.words["open"],
        books.words["door"],
        0,
    ]
