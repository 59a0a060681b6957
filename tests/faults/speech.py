"""Long dictations made of the samples, in every format, with flushes; and what came of them.

Knows sound and messages; knows nothing of servers and faults.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import TypeAlias

import numpy as np
import soundfile
import soxr

from tests.conftest import read_samples
from wsserver.audio.pcm import Format, decode
from wsserver.messages import Ack, Done, Final, Flushed, Ready, ServerMessage, Start
from wsserver.speech import SAMPLE_RATE, Samples

STARTS = (
    Start(words=True),
    Start(encoding="s16le", sample_rate=44_100, words=True, partials=False),
    Start(encoding="f32le", sample_rate=48_000, channels=2, partials=False),
    Start(encoding="mulaw", sample_rate=8_000, endpointing="captioning"),
    Start(encoding="alaw", sample_rate=8_000, words=True, language="en"),
)
_BLOCK_S = 0.1
_END_OF_SILENCE_S = 6.0


@dataclass(frozen=True)
class Block:
    """Some audio, and whether a flush follows it."""

    end: int
    """Samples per channel from the beginning."""

    data: bytes
    flush: str | None


@dataclass(frozen=True)
class Speech:
    """What a client is going to say."""

    start: Start
    pcm: bytes
    flushes: tuple[int, ...]
    """Samples per channel."""

    @property
    def sample_bytes(self) -> int:
        return Format.of(
            self.start.encoding, self.start.sample_rate, self.start.channels
        ).sample_bytes

    @property
    def seconds(self) -> float:
        return len(self.pcm) / self.sample_bytes / self.start.sample_rate

    def flushed_also_at(self, at: int) -> "Speech":
        """Give the same with one flush more."""
        return replace(self, flushes=tuple(sorted({*self.flushes, at})))

    def blocks(self) -> Iterator[Block]:
        """Cut it into blocks as a microphone gives them; each flush ends one."""
        end, size = len(self.pcm) // self.sample_bytes, self.sample_bytes
        step = int(self.start.sample_rate * _BLOCK_S)
        edges = sorted({*range(0, end, step), *self.flushes, end})
        for begin, after in pairwise(edges):
            name = f"f{after}" if after in self.flushes else None
            yield Block(after, self.pcm[begin * size : after * size], name)


Outcome: TypeAlias = list[Final | Done]


@dataclass(frozen=True)
class Heard:
    """All messages of a session, over all its connections."""

    messages: list[ServerMessage]

    @property
    def outcome(self) -> Outcome:
        """What a fault must not change: all of every final but its cursor, and the end."""
        return [
            replace(m, cursor=None) if isinstance(m, Final) else m
            for m in self.messages
            if isinstance(m, Final | Done)
        ]

    @property
    def flushed(self) -> list[str | None]:
        return [m.id for m in self.messages if isinstance(m, Flushed)]

    @property
    def marks(self) -> set[int]:
        """Where the session stood at any time."""
        return {m.through for m in self.messages if isinstance(m, Ack | Final | Ready)}

    @property
    def resumed_at(self) -> list[int]:
        return [m.through for m in self.messages if isinstance(m, Ready)]

    def check_once(self) -> None:
        """Nothing is said twice: utterances, times and positions only grow."""
        finals = [m for m in self.messages if isinstance(m, Final)]
        assert [m.utterance for m in finals] == list(range(1, len(finals) + 1))
        assert all(a.end <= b.start + 1e-9 for a, b in pairwise(finals))
        through = [m.through for m in self.messages if isinstance(m, Ack | Final | Ready)]
        assert through == sorted(through), f"found {through}, expected it to grow"
        assert len({*self.flushed}) == len(self.flushed)
        assert isinstance(self.messages[-1], Done)


def long_speech(start: Start, seconds: float, random: Random) -> Speech:
    """Say samples in random order, with pauses of all lengths and some flushes in all places."""
    parts, length = list[Samples](), 0
    recordings = [_at_16k(sample.path) for sample in read_samples()]
    while length < (seconds - _END_OF_SILENCE_S) * SAMPLE_RATE:
        pause = np.zeros(int(random.choice([0.15, 0.4, 0.9, 1.5, 6.5]) * SAMPLE_RATE), np.float32)
        parts += [random.choice(recordings), pause]
        length += sum(map(len, parts[-2:]))
    parts.append(np.zeros(int(_END_OF_SILENCE_S * SAMPLE_RATE), np.float32))
    whole = np.concatenate(parts)
    whole = soxr.resample(whole, SAMPLE_RATE, start.sample_rate).astype(np.float32)
    flushes = sorted(random.sample(range(1, len(whole)), k=max(1, int(seconds / 15))))
    return Speech(start, _encode(whole, start), tuple(flushes))


def _at_16k(path: object) -> Samples:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono: Samples = soxr.resample(samples.mean(axis=1), rate, SAMPLE_RATE).astype(np.float32)
    return mono


def _encode(samples: Samples, start: Start) -> bytes:
    samples = np.clip(np.repeat(samples, start.channels), -1, 1).astype("<f4")
    match start.encoding:
        case "f32le":
            pcm: bytes = samples.tobytes()
        case "s16le":
            pcm = np.rint(samples * 32_767).astype("<i2").tobytes()
        case _:
            pcm = _nearest_octets(samples, start.encoding)
    return pcm


def _nearest_octets(samples: Samples, encoding: str) -> bytes:
    values = decode(bytes(range(256)), Format.of(encoding, 8_000, 1)).samples
    order = np.argsort(values)
    edges = (values[order][:-1] + values[order][1:]) / 2
    octets: bytes = order[np.searchsorted(edges, samples)].astype("u1").tobytes()
    return octets
