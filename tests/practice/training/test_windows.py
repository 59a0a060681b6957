import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.practice.corpus import store
from tools.practice.speech import Word
from tools.practice.training.shelves import Library
from tools.practice.training.windows import FLOOR, LEAST_HEARD_S, Scene, compose

FRAMES = st.integers(1, 400).map(lambda half: 2 * half)


@pytest.fixture(scope="module")
def scenes(books: Library) -> list[Scene]:
    rng = np.random.default_rng(3)
    return [compose(books, frames, rng) for frames in (60, 150, 300, 700) for _ in range(150)]


def test_words_are_where_they_are_heard(scenes: list[Scene]) -> None:
    for scene in scenes:
        for word in scene.words:
            assert word.start >= -LEAST_HEARD_S
            assert word.end <= scene.end / 100 + LEAST_HEARD_S
            middle = round((word.start + word.end) * 50)
            assert scene.power[middle].max() > FLOOR


def test_a_word_that_is_cut_off_is_not_said(scenes: list[Scene]) -> None:
    cut = [scene for scene in scenes if scene.broken and scene.broken[-1].end > scene.end / 100]

    assert len(cut) > 100
    for scene in cut:
        assert scene.cut
        assert all(word.end <= scene.broken[-1].start for word in scene.words)


def test_a_recording_that_ends_is_followed_by_digital_silence(scenes: list[Scene]) -> None:
    early = [scene for scene in scenes if scene.end < len(scene.power)]

    assert len(early) > 100
    assert all((scene.power[scene.end :] == FLOOR).all() for scene in early)


def test_some_windows_are_whole_and_some_are_silent(scenes: list[Scene]) -> None:
    silent = [scene for scene in scenes if not scene.words and not scene.broken]
    whole = [scene for scene in scenes if scene.words and not scene.cut]

    assert 20 < len(silent) < 120
    assert len(whole) > 100
    assert {float(level) for scene in silent for level in np.unique(scene.power)} == {FLOOR, -3}


def test_a_pause_sounds_like_the_room(books: Library) -> None:
    mel = np.full((100, 80), -6, np.float16)
    mel[20:80] = 0
    spoken = store.Entry(0, 100, "someone", (Word("Where", 0.2, 0.8),))
    noisy = Library.of([store.Corpus(mel, (spoken,))])
    rng = np.random.default_rng(1)

    scenes = [compose(noisy, 400, rng) for _ in range(200)]

    paused = [scene for scene in scenes if len(scene.words) > 2 and scene.end == 400]
    assert len(paused) > 10
    for scene in paused:
        last = int(scene.words[-1].end * 100)
        assert (scene.power[:last] > -7).all()


def test_a_window_that_begins_midway_tells_what_was_said_before(scenes: list[Scene]) -> None:
    midway = [scene for scene in scenes if scene.before]

    assert len(midway) > 20
    assert {scene.before.split()[0] for scene in midway} <= {"Open", "Close", "The", "Where"}


@given(FRAMES, st.integers(0, 2**32))
def test_sentences_share_out_the_words(books: Library, frames: int, seed: int) -> None:
    scene = compose(books, frames, np.random.default_rng(seed))

    assert sum(scene.sentences) == len(scene.words)
    assert scene.power.shape == (frames, 80)
    assert scene.power.dtype == np.float32
