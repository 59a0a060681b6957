"""What the speakers say: sentences, alone or a few in one breath, and the pauses between.

Knows the samples; knows nothing of sockets or servers.
"""

from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from wsserver.sound_file import open_sound, to_s16le
from wsserver.speech import SAMPLE_RATE, Samples

TALKING = 0.6
"""Share of the time that people speak."""

_SAMPLES = Path(__file__).parent.parent / "tests" / "samples"
MOST_SENTENCES = 3
"""Sentences of 3 s in one breath at most."""

_QUIET = 0.01
_EDGE = SAMPLE_RATE // 10
"""Samples kept beside the voice."""

_LAST_WORDS = 4 * SAMPLE_RATE
"""Bytes, two seconds of audio, that are kept for the words in which the day breaks off."""


def talk(seed: int, seconds: float) -> bytes:
    """Give *seconds* of somebody's day, as s16le at 16 kHz; it breaks off in mid-speech."""
    chance, pieces, length = Random(seed), list[bytes](), 0  # noqa: S311 - no secret
    most = 2 * int(seconds * SAMPLE_RATE)
    while True:
        breath = chance.randint(1, MOST_SENTENCES)
        said = b"".join(chance.choice(sentences()) for _ in range(breath))
        room = most - length - _LAST_WORDS
        if len(said) > room:
            return b"".join([*pieces, bytes(max(0, room)), said])[:most]
        wanted = len(said) * (1 - TALKING) / TALKING * chance.uniform(0.5, 1.5)
        pause = bytes(2 * int(min(wanted, room - len(said)) / 2))
        pieces += [said, pause]
        length += len(said) + len(pause)


@cache
def sentences() -> tuple[bytes, ...]:
    """Give the samples' sentences as s16le at 16 kHz, without the silence around them."""
    paths = [path for path in sorted(_SAMPLES.glob("*.wav")) if "long" not in path.stem]
    return tuple(to_s16le(_without_silence(_read(path))) for path in paths)


def _read(path: Path) -> Samples:
    with open_sound(path) as sound:
        return np.concatenate(list(sound.blocks()))


def _without_silence(audio: Samples) -> Samples:
    """Cut off what is before and after the voice, so that sentences can follow in one breath."""
    loud = np.flatnonzero(np.abs(audio) > _QUIET)
    return audio[max(0, loud[0] - _EDGE) : loud[-1] + _EDGE]
