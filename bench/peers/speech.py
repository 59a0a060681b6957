"""What a speaker says, and when each word of it is over.

Knows the samples and one engine that places their words; knows nothing of servers.
"""

from dataclasses import dataclass
from functools import cache
from random import Random

import numpy as np

from bench.quality_corpus import own_recordings, read
from bench.quality_words import words_of
from bench.talk import TALKING
from wsserver.recognition.engines import EngineSpec, build
from wsserver.sound_file import to_s16le
from wsserver.speech import SAMPLE_RATE, DecodeOptions, Priority, Samples, Window, seconds
from wsserver.text.stabilizer import normalize

AFTER_LAST_WORD_S = 0.2
"""People take so long to stop once they have said all; no server is to be asked for more."""


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """A recorded sentence."""

    samples: Samples
    words: tuple[str, ...]
    ends: tuple[float, ...]
    """Where each word is over, in seconds."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Sentences with pauses between them, up to the last word."""

    pcm: bytes
    """s16le at 16 kHz."""

    words: tuple[str, ...]
    ends: tuple[float, ...]


def speech(sentences: tuple[Sentence, ...], seed: int, at_least_s: float) -> Speech:
    """Say whole sentences until *at_least_s* have passed, and no more silence after the last."""
    chance = Random(seed)  # noqa: S311 - no secret
    pieces: list[Samples] = []
    words: list[str] = []
    ends: list[float] = []
    while True:
        said = chance.choice(sentences)
        before = seconds(sum(map(len, pieces)))
        words += said.words
        ends += [before + end for end in said.ends]
        if before + seconds(len(said.samples)) >= at_least_s:
            last = int((said.ends[-1] + AFTER_LAST_WORD_S) * SAMPLE_RATE)
            pieces.append(said.samples[:last])
            return Speech(to_s16le(np.concatenate(pieces)), tuple(words), tuple(ends))
        pause = len(said.samples) * (1 - TALKING) / TALKING * chance.uniform(0.5, 1.5)
        pieces += [said.samples, np.zeros(int(pause), np.float32)]


@cache
def sentences() -> tuple[Sentence, ...]:
    """Give the short samples that the practice model hears right, with its times of their words."""
    engine = build(EngineSpec(model="practice"))
    found = []
    for recording in own_recordings():
        samples = read(recording.path).samples
        if "long" in recording.path.stem or recording.said is None:
            continue
        window = Window("", 1, Priority.FINAL, 0, samples, DecodeOptions(language="en"))
        words = [(normalize(word.text), word.end) for word in engine.recognize([window])[0].words]
        if words_of(recording.said) == tuple(word for word, _ in words):
            ends = tuple(seconds(end) for _, end in words)
            found.append(Sentence(samples, words_of(recording.said), ends))
    return tuple(found)


def length_s(said: Speech) -> float:
    """Give how long it is."""
    return len(said.pcm) / 2 / SAMPLE_RATE
