"""How people talk: stretches of voice and the silence between them.

Knows durations and chance; knows nothing of endpoints, windows or engines.

`conversation` is ITU-T P.59 (03/93), artificial conversational speech, after P. T. Brady, "A Model
for Generating On-Off Speech Patterns in Two-Way Conversation", BSTJ 48 (1969): talk spurts of
1.004 s and pauses of 1.587 s on average, both exponential; a person speaks 38.5 % of the time.

`dictation` is what the benches' speakers say (`bench.talk`): one to three sentences in a breath,
then a pause, so that they speak 60 % of the time.  How voice is spread over each sentence was
measured from tests/samples with Silero by `python -m bench.capacity measure-talk`.

`hesitation` is made up to be hard to serve: people listen at first, then speak 60 % of the time in
utterances of 1.2 to 6 s, and in three of ten they pause so that their end is foreseen in vain.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np

from bench.capacity.cues import FRAME, Spurts
from bench.talk import MOST_SENTENCES, TALKING
from wsserver.speech import SAMPLE_RATE, Samples, VoiceModel

SPURT_SECONDS, PAUSE_SECONDS = 1.004, 1.587
"""Means of P.59, table 1."""

HESITATING = 0.3
"""Share of utterances with a pause that is not their end."""

HESITATION_SECONDS = 0.5
"""Longer than the padding, so that a final is decoded ahead, and too short to be an end."""

MEASURED = Path(__file__).parent / "dictation.json"
_ON, _OFF = 0.5, 0.35
"""The endpointer's thresholds."""

Pattern = Sequence[int]
"""Milliseconds of silence, voice, silence, voice ... silence."""


def conversation(chance: Random, seconds: float) -> Spurts:
    """Give one side of a telephone call."""
    durations: list[float] = [chance.expovariate(1 / PAUSE_SECONDS)]
    while sum(durations) < seconds:
        durations += (chance.expovariate(1 / each) for each in (SPURT_SECONDS, PAUSE_SECONDS))
    return _spurts(durations)


def dictation(chance: Random, seconds: float) -> Spurts:
    """Give what somebody dictates."""
    durations = [0.0]
    while sum(durations) < seconds:
        begun = sum(durations)
        for _ in range(chance.randint(1, MOST_SENTENCES)):
            # A sentence begins and ends in silence, and so it goes on alternating.
            before, *rest = (each / 1000 for each in chance.choice(_patterns()))
            durations[-1] += before
            durations += rest
        said = sum(durations) - begun
        durations[-1] += said * (1 - TALKING) / TALKING * chance.uniform(0.5, 1.5)
    return _spurts(durations)


def hesitation(chance: Random, seconds: float) -> Spurts:
    """Give what somebody says who pauses in the midst of it."""
    durations = [chance.uniform(5.0, 9.0)]
    while sum(durations) < seconds:
        said = chance.uniform(1.2, 6.0)
        hesitates = chance.random() < HESITATING
        durations += [said / 2, HESITATION_SECONDS, said / 2] if hesitates else [said]
        durations.append(chance.uniform(0.8, 4.0))
    return _spurts(durations)


TALKS: dict[str, Callable[[Random, float], Spurts]] = {
    "dictation": dictation,
    "conversation": conversation,
    "hesitation": hesitation,
}


def voice_pattern(audio: Samples, model: VoiceModel) -> list[int]:
    """Measure where *audio* has voice: silence, voice, silence ... in milliseconds."""
    whole = len(audio) // model.frame_samples
    frames = audio[: whole * model.frame_samples].reshape(whole, -1)
    probabilities, _ = model(frames, model.initial_state())
    flags, voiced = [], False
    for probability in probabilities:
        voiced = bool(probability >= (_OFF if voiced else _ON))
        flags.append(voiced)
    turns = np.flatnonzero(np.diff([False, *flags, False])) * FRAME * 1000 // SAMPLE_RATE
    edges = [0, *map(int, turns), whole * FRAME * 1000 // SAMPLE_RATE]
    return [after - before for before, after in pairwise(edges)]


def measure(said: Iterable[bytes], model: VoiceModel, path: Path = MEASURED) -> int:
    """Measure sentences, s16le at 16 kHz; save their patterns and give their number."""
    patterns = [voice_pattern(_samples(each), model) for each in said]
    lines = ",\n".join(f"  {pattern}" for pattern in patterns)
    path.write_text(
        '{\n "of": "the sentences of tests/samples, cut to 0.1 s beside the voice",\n'
        f' "sentences_ms": [\n{lines}\n ]\n}}\n'
    )
    return len(patterns)


def _samples(data: bytes) -> Samples:
    return np.frombuffer(data, np.int16).astype(np.float32) / np.float32(32_768)


@cache
def _patterns() -> Sequence[Pattern]:
    patterns: Sequence[Pattern] = json.loads(MEASURED.read_text())["sentences_ms"]
    return patterns


def _spurts(durations: Sequence[float]) -> Spurts:
    """Turn silence, voice, silence ... in seconds into where voice is, in samples."""
    return list(_voiced(round(each * SAMPLE_RATE) for each in durations))


def _voiced(samples: Iterator[int]) -> Iterator[tuple[int, int]]:
    at = 0
    for silence in samples:
        begin = at + silence
        voice = next(samples, 0)
        if voice:
            yield begin, begin + voice
        at = begin + voice
