"""A scripted engine for tests and demonstrations: hears from positions, not from sounds.

Knows no model and no heavy library.  Deterministic, and able to fail in every way a real one can.
"""

import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from wsserver.errors import EngineError
from wsserver.speech import EngineInfo, Hypothesis, Window, Word

WORD_SAMPLES = 6_400
"""Samples of one word: word k is spoken from k * 6400 on, wherever there is sound."""

_SILENCE = 1e-3
"""A word whose loudest sample is below this is not heard."""

Fault = Literal["raise", "hang", "exit", "short"]
"""Raise an `EngineError`, never return, kill the process, or return a hypothesis too few."""


@dataclass(frozen=True, slots=True)
class Script:
    """What a fake engine does."""

    said: Mapping[int, str] = field(default_factory=dict)
    """Utterance number to its text, instead of words from positions."""

    faults: Mapping[int, Fault] = field(default_factory=dict)
    """Utterance number to what goes wrong in a batch that holds it."""

    once: Path | None = None
    """A file that is made when a fault strikes; while it exists, none does: so a fault can strike
    one process and spare the next."""

    delay_s: float = 0.0
    """Seconds that each window takes."""

    batch_s: float = 0.0
    """Seconds that each batch takes beside: what is shared, as the reading of a GPU's weights."""

    batch_bytes: int = 0
    """Memory that each batch has to be given, as a model does for what it works out on the way."""


class FakeEngine:
    """Hears the word "w7" in the eighth 0.4 s of a session, if there is any sound in them.

    The tokens of a hypothesis are the bytes of its text.
    """

    def __init__(self, script: Script, languages: tuple[str, ...] = ()) -> None:
        """Follow *script*; without *languages* it knows English and German."""
        self._script = script
        self._info = EngineInfo("fake", languages or ("en", "de"), "cpu", "fp32")

    @property
    def info(self) -> EngineInfo:
        """Say that no model hears."""
        return self._info

    def recognize(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """Give one hypothesis for each window, unless the script says otherwise.

        Raises:
            EngineError: the script says so.
            MemoryError: there is less memory than the script takes.
        """
        np.empty(self._script.batch_bytes, np.uint8)
        time.sleep(self._script.batch_s + self._script.delay_s * len(windows))
        fault = self._fault(windows)
        if fault == "raise":
            raise EngineError("the script says that this batch fails")
        if fault == "hang":
            threading.Event().wait()
        if fault == "exit":
            os._exit(70)
        heard = [self._hear(window) for window in windows]
        return heard[1:] if fault == "short" else heard

    def _fault(self, windows: Sequence[Window]) -> Fault | None:
        faults = self._script.faults
        struck = [window.utterance for window in windows if window.utterance in faults]
        fault = faults[struck[0]] if struck else None
        once = self._script.once
        if fault is None or once is None:
            return fault
        if once.exists():
            return None
        once.touch()
        return fault

    def _hear(self, window: Window) -> Hypothesis:
        said = self._script.said.get(window.utterance)
        words = _spoken(window) if said is None else _spread(said, window)
        text = "".join(word.text for word in words).strip()
        options = window.options
        return Hypothesis(
            text,
            tuple(text.encode()),
            words,
            language=options.language or self._info.languages[0],
            language_probability=1.0 if options.language else 0.9,
            avg_logprob=-0.1,
            no_speech_prob=0.0 if words else 1.0,
            compression_ratio=1.0,
            temperature=options.temperature,
        )


def _spoken(window: Window) -> tuple[Word, ...]:
    """Find the words whose middle lies in the window and that are not silent."""
    middle = WORD_SAMPLES // 2
    first = -(-(window.start - middle) // WORD_SAMPLES)
    words = []
    for number in range(max(0, first), (window.end - middle - 1) // WORD_SAMPLES + 1):
        start = max(window.start, number * WORD_SAMPLES)
        end = min(window.end, (number + 1) * WORD_SAMPLES)
        sound = window.audio[start - window.start : end - window.start]
        if np.abs(sound).max() >= _SILENCE:
            words.append(Word(f" w{number}", start, end, 0.9))
    return tuple(words)


def _spread(said: str, window: Window) -> tuple[Word, ...]:
    """Spread the words of a text evenly over the window."""
    texts = said.split()
    edges = np.linspace(window.start, window.end, len(texts) + 1).astype(int).tolist()
    return tuple(
        Word(f" {text}", start, end, 0.9)
        for text, start, end in zip(texts, edges[:-1], edges[1:], strict=True)
    )
