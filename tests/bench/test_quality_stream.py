from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.quality_stream import Listener, hear
from bench.quality_words import steadiness
from wsserver.config import Config
from wsserver.recognition.engines.fake import FakeEngine, Script
from wsserver.speech import SAMPLE_RATE, EngineInfo, Hypothesis, Samples, Window

LOUD = np.full(SAMPLE_RATE // 10, 3000, "<i2").tobytes()
SILENT = bytes(len(LOUD))
TWO_UTTERANCES = [LOUD] * 20 + [SILENT] * 30 + [LOUD] * 10


class LevelVoice:
    """Takes whatever is loud for voice."""

    frame_samples = 512

    def initial_state(self) -> object:
        return None

    def __call__(self, frames: Samples, state: object) -> tuple[NDArray[np.float32], object]:
        return (np.abs(frames).mean(axis=1) > 0.01).astype(np.float32), state


class AttentiveEngine:
    """Hears what a fake engine does, and notes how."""

    def __init__(self, script: Script) -> None:
        self._fake = FakeEngine(script)
        self.windows: list[Window] = []

    @property
    def info(self) -> EngineInfo:
        return self._fake.info

    def recognize(self, windows: Sequence[Window]) -> list[Hypothesis]:
        self.windows += windows
        return self._fake.recognize(windows)


def listener(engine: FakeEngine | AttentiveEngine, full_context: bool = False) -> Listener:
    return Listener(engine, LevelVoice(), Config(), "en", full_context)


def test_every_utterance_comes_with_its_readings_and_its_final() -> None:
    script = Script(said={1: "the cat sat", 2: "on a mat"})

    heard = hear(TWO_UTTERANCES, SAMPLE_RATE, listener(FakeEngine(script)))

    assert [one.final.words for one in heard.utterances] == [
        ("the", "cat", "sat"),
        ("on", "a", "mat"),
    ]
    assert all(one.readings and len(one.ends) == 3 for one in heard.utterances)


def test_readings_are_timed_by_the_audio_that_had_come() -> None:
    heard = hear(TWO_UTTERANCES, SAMPLE_RATE, listener(FakeEngine(Script())))

    first = heard.utterances[0]
    times = [reading.at for reading in first.readings]
    assert times == sorted(times)
    assert times[0] < 1.0
    assert 2.0 < first.final.at < 5.0


def test_the_same_audio_is_heard_alike_each_time() -> None:
    once, again = (
        hear(TWO_UTTERANCES, SAMPLE_RATE, listener(FakeEngine(Script()))) for _ in range(2)
    )

    assert once == again


def test_partials_are_decoded_in_the_full_context_only_if_asked_for() -> None:
    engines = [AttentiveEngine(Script()), AttentiveEngine(Script())]

    for engine, full_context in zip(engines, (False, True), strict=True):
        hear(TWO_UTTERANCES, SAMPLE_RATE, listener(engine, full_context))

    short, full = ([window.exact for window in engine.windows] for engine in engines)
    assert not all(short)
    assert all(full)
    assert len(short) == len(full)


def test_a_final_that_a_guard_held_back_is_counted() -> None:
    loop = Script(said={1: "again " * 40})

    heard = hear([LOUD] * 20, SAMPLE_RATE, listener(FakeEngine(loop)))

    assert heard.held_back == 1
    assert steadiness(heard.utterances).words == 0


def test_silence_holds_no_utterance() -> None:
    heard = hear([SILENT] * 20, SAMPLE_RATE, listener(FakeEngine(Script())))

    assert heard.utterances == ()
