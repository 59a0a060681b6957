"""Have speakers say things for some minutes of one corpus: the same for the same seed.

Knows texts, voices, sounds and features; knows nothing of processes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np

from tools.practice.chance import Chance, happens, pick
from tools.practice.corpus import store
from tools.practice.corpus.features import log_mel
from tools.practice.sound import levels, noise
from tools.practice.sound.spoiling import USUAL, Likelihoods, spoiled
from tools.practice.speech import FRAMES_PER_SECOND, RATE, Mel, Samples, Utterance, Word
from tools.practice.text import grammar, writer
from tools.practice.voices import roster
from tools.practice.voices.voice import NothingSaid

CORPORA = ("espeak", "flite", "digits", "noise")

_LONGEST_S = 28.0
_PASSAGES = 0.22
_TAIL_S = (0.0, 0.3)
_UTTERANCES = 8
"""Of one speaker in one manner and one recording; they can be joined to long windows."""

# Recordings of people have rooms and microphones of their own.
_DIGITS = Likelihoods(room=0.15, line=0.2, noise=0.1)
_NOISE_S = (1.0, 30.0)
_NOISE_DB = (-65.0, -10.0)
_BABBLE = 0.15

Spoken = tuple[Mel, str, tuple[Word, ...]]


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a corpus."""

    corpus: str
    number: int
    minutes: float
    seed: int
    path: Path
    """Without the endings that the store gives."""

    @property
    def is_made(self) -> bool:
        """Tell whether its files are there."""
        return store.exists(self.path)


def make(shard: Shard) -> int:
    """Write a shard; give how many utterances it has.

    The same samples come only from a process in which the engines have not spoken before.
    """
    shard.path.parent.mkdir(parents=True, exist_ok=True)
    return store.write(shard.path, _until(shard.minutes, _spoken(shard)))


def _until(minutes: float, spoken: Iterator[Spoken]) -> Iterator[Spoken]:
    frames = 0
    for mel, voice, words in spoken:
        yield mel, voice, words
        frames += len(mel)
        if frames >= minutes * 60 * FRAMES_PER_SECOND:
            return


def _spoken(shard: Shard) -> Iterator[Spoken]:
    rng = np.random.default_rng([shard.seed, crc32(shard.corpus.encode()), shard.number])
    session = 0
    while True:
        for utterance in _SOURCES[shard.corpus](shard.corpus, rng):
            speaker = f"{utterance.voice}#{shard.number}.{session}"
            yield log_mel(utterance.samples), speaker, utterance.words
        session += 1


def _session(engine: str, rng: Chance) -> Iterator[Utterance]:
    """Let one speaker say a few things."""
    name, manner = roster.draw(engine, rng)
    recording = int(rng.integers(2**32))
    for _ in range(_UTTERANCES):
        try:
            said = roster.voice(name).say(_text(engine, rng), manner)
        except NothingSaid:
            continue
        if len(said.samples) < _LONGEST_S * RATE:
            likelihoods = _DIGITS if engine == "digits" else USUAL
            yield spoiled(_padded(said, rng), recording, rng, likelihoods)


def _text(engine: str, rng: Chance) -> str:
    if engine == "digits":
        return grammar.digits(rng)
    if happens(_PASSAGES, rng):
        return writer.passage(rng, int(rng.integers(2, 4)))
    return writer.sentence(rng)


def _padded(utterance: Utterance, rng: Chance) -> Utterance:
    """Let it begin anywhere within a mel frame, and a room ring on behind it."""
    lead = int(rng.integers(RATE // FRAMES_PER_SECOND))
    tail = round(rng.uniform(*_TAIL_S) * RATE)
    samples = np.pad(utterance.samples, (lead, tail))
    words = tuple(_later(word, lead / RATE) for word in utterance.words)
    return Utterance(samples, words, utterance.voice)


def _later(word: Word, seconds: float) -> Word:
    phones = tuple(
        replace(phone, start=phone.start + seconds, end=phone.end + seconds)
        for phone in word.phones
    )
    return Word(word.text, word.start + seconds, word.end + seconds, phones)


def _noises(_: str, rng: Chance) -> Iterator[Utterance]:
    """Make a sound that nobody speaks."""
    count = round(rng.uniform(*_NOISE_S) * RATE)
    sound = _babble(count, rng) if happens(_BABBLE, rng) else noise.any_kind(count, rng)
    # What is next to nothing stays so; any other level is as likely as another.
    loud = levels.loudness_db(sound) > -65
    sound = levels.at_level(sound, rng.uniform(*_NOISE_DB)) if loud else sound
    yield Utterance(np.clip(sound, -1, 1), (), "noise")


def _babble(count: int, rng: Chance) -> Samples:
    said: list[Samples] = []
    for _ in range(int(rng.integers(5, 9))):
        name, manner = roster.draw("espeak", rng)
        said.append(roster.voice(name).say(writer.sentence(rng), manner).samples)
    return noise.babble([voice[:: pick((1, -1), rng)] for voice in said], count, rng)


_SOURCES: dict[str, Callable[[str, Chance], Iterator[Utterance]]] = {
    "espeak": _session,
    "flite": _session,
    "digits": _session,
    "noise": _noises,
}
