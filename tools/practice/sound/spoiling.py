"""Spoil an utterance as life does: a room, noise, a microphone, a line, a level.

Knows all that can happen to sound; words keep their times.
"""

from dataclasses import dataclass, replace

import numpy as np

from tools.practice.chance import Chance, happens
from tools.practice.sound import codecs, levels, noise, rooms
from tools.practice.speech import Samples, Utterance

_LEVEL_DB = (-34.0, -14.0)
_RATIO_DB = (3.0, 30.0)


@dataclass(frozen=True, slots=True)
class Likelihoods:
    """How often each thing happens to an utterance."""

    room: float = 0.25
    microphone: float = 0.3
    noise: float = 0.15
    line: float = 0.25
    clipping: float = 0.06


USUAL = Likelihoods()


def spoiled(
    utterance: Utterance, recording: int, rng: Chance, likelihoods: Likelihoods = USUAL
) -> Utterance:
    """Let happen what happens, in the order of life, and set a level.

    Utterances of one *recording*, a number, share room, microphone, line and level; noise is each
    one's own.
    """
    room, microphone, clipping, line, level = (
        np.random.default_rng([recording, part]) for part in range(5)
    )
    samples = utterance.samples
    if happens(likelihoods.room, room):
        samples = rooms.reverberated(samples, room)
    if happens(likelihoods.noise, rng):
        samples = _noisy(samples, rng)
    if happens(likelihoods.microphone, microphone):
        samples = rooms.through_microphone(samples, microphone)
    if happens(likelihoods.clipping, clipping):
        samples = levels.clipped(samples, clipping)
    samples = levels.limited(levels.at_level(samples, level.uniform(*_LEVEL_DB)))
    if happens(likelihoods.line, line):
        samples = codecs.transmitted(samples, line)
    return replace(utterance, samples=samples)


def _noisy(samples: Samples, rng: Chance) -> Samples:
    disturbance = noise.any_kind(len(samples), rng)
    if not np.any(disturbance):
        return samples
    return levels.with_noise(samples, disturbance, rng.uniform(*_RATIO_DB))
