from pathlib import Path

import numpy as np
import pytest
import whisper
from hypothesis import given
from hypothesis import strategies as st
from whisper.model import ModelDimensions

from bench import stock
from bench.forced import ForcedEngine, build, tokens_in, wrong_in_places
from bench.weights import random_checkpoint, script
from wsserver.recognition.engines import EngineSpec
from wsserver.speech import SAMPLE_RATE, DecodeOptions, Priority, Window

SMALL = ModelDimensions(80, 1500, 64, 2, 2, 51864, 448, 64, 2, 2)
SAID = script(448)[1:]
"""What comes behind start of transcript and no timestamps."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_checkpoint(SMALL, tmp_path_factory.mktemp("weights") / "random.pt")


@pytest.fixture(scope="module")
def engine(checkpoint: Path) -> ForcedEngine:
    return build(EngineSpec(model=str(checkpoint)), draft_share=0.7)


def window(seconds: float, exact: bool = False, draft: tuple[int, ...] = ()) -> Window:
    noise = np.random.default_rng(5).normal(0, 0.1, round(seconds * SAMPLE_RATE))
    audio, options = noise.astype(np.float32), DecodeOptions(language="en")
    return Window("s", 1, Priority.PARTIAL, 0, audio, options, exact, draft)


@pytest.mark.parametrize(("seconds", "count"), [(0.0, 0), (0.2, 0), (1.0, 3), (2.0, 7), (8.0, 28)])
def test_people_say_seven_tokens_in_two_seconds(seconds: float, count: int) -> None:
    assert tokens_in(round(seconds * SAMPLE_RATE)) == count


@given(st.lists(st.integers(0, 50_000), max_size=200), st.floats(0, 1))
def test_the_asked_share_of_a_draft_is_wrong(tokens: list[int], share: float) -> None:
    spoiled = wrong_in_places(tokens, share)

    wrong = sum(one != other for one, other in zip(tokens, spoiled, strict=True))
    assert wrong == round(len(tokens) * (1 - share))


def test_wrong_places_are_spread_evenly() -> None:
    spoiled = wrong_in_places([0] * 20, 0.8)

    assert [place for place, token in enumerate(spoiled) if token] == [2, 7, 12, 17]


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("draft", [(), SAID[:10], SAID[3:40]])
def test_a_window_says_as_much_of_the_script_as_it_is_long(
    engine: ForcedEngine, exact: bool, draft: tuple[int, ...]
) -> None:
    heard = engine.recognize([window(4.0, exact, draft)])[0]

    assert heard.tokens == SAID[:14]
    assert len(heard.text.split()) == len(heard.words) == 14


def test_windows_of_unlike_length_share_a_batch(engine: ForcedEngine) -> None:
    heard = engine.recognize([window(seconds) for seconds in (0.1, 2.0, 6.0)])

    assert [each.tokens for each in heard] == [(), SAID[:7], SAID[:21]]


def test_stock_says_as_much(checkpoint: Path, engine: ForcedEngine) -> None:
    model, spoken = whisper.load_model(str(checkpoint), device="cpu"), window(4.0)

    said = engine.recognize([spoken])[0].text

    assert stock.transcribe(model, spoken.audio) == said
    assert stock.decode(model, spoken.audio).startswith(said)
