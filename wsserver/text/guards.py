"""Hold back what Whisper invents: text over silence, loops, more words than anyone can say.

Knows a hypothesis and how long its audio is; knows nothing of the audio itself.

The first three limits and the ladder are those of openai-whisper's `transcribe`
(`compression_ratio_threshold`, `logprob_threshold`, `no_speech_threshold`, `temperature`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from annotated_types import Ge, Gt, Interval, Le

from wsserver.speech import Hypothesis, Word
from wsserver.text.stabilizer import normalize

LADDER = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Temperatures that are tried in turn for a final that a guard suspects."""


class Verdict(StrEnum):
    """What a guard thinks of a hypothesis; the value is the `reason` of an empty final."""

    HEARD = "heard"
    NO_SPEECH = "no_speech"
    LOW_CONFIDENCE = "low_confidence"
    REPETITION = "repetition"
    TOO_MANY_WORDS = "too_many_words"

    @property
    def is_suspect(self) -> bool:
        """True if another temperature may hear better; silence stays silence."""
        return self not in (Verdict.HEARD, Verdict.NO_SPEECH)


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """Where a hypothesis stops being believed."""

    max_compression_ratio: Annotated[float, Gt(1)] = 2.4
    """Size of the text over its size compressed by zlib; loops compress well (Whisper: 2.4)."""

    min_avg_logprob: Annotated[float, Le(0)] = -1.0
    """Mean log probability of the tokens; below it the model is guessing (Whisper: -1.0)."""

    max_no_speech_prob: Annotated[float, Interval(ge=0, le=1)] = 0.6
    """Above it, and with the log probability too low, there was no speech (Whisper: 0.6)."""

    max_words_per_second: Annotated[float, Gt(0)] = 12.0
    """Fast readers reach 6 words a second; windows under a second count as one second."""

    max_repeats: Annotated[int, Ge(2)] = 6
    """How often the same words may follow one another before it is a loop."""


def judge(hypothesis: Hypothesis, seconds: float, limits: GuardLimits) -> Verdict:
    """Say whether *hypothesis* can be believed for a window of *seconds* of audio."""
    if not hypothesis.text:
        return Verdict.NO_SPEECH
    doubtful = hypothesis.avg_logprob < limits.min_avg_logprob
    if doubtful and hypothesis.no_speech_prob > limits.max_no_speech_prob:
        return Verdict.NO_SPEECH
    if hypothesis.compression_ratio > limits.max_compression_ratio:
        return Verdict.REPETITION
    if _longest_loop(hypothesis.words) > limits.max_repeats:
        return Verdict.REPETITION
    if len(hypothesis.words) > limits.max_words_per_second * max(seconds, 1.0):
        return Verdict.TOO_MANY_WORDS
    return Verdict.LOW_CONFIDENCE if doubtful else Verdict.HEARD


def next_temperature(temperature: float) -> float | None:
    """Give the ladder's next step, or None at its end."""
    higher = [step for step in LADDER if step > temperature]
    return higher[0] if higher else None


def _longest_loop(words: tuple[Word, ...]) -> int:
    """Count how often the most repeated run of up to eight words follows itself."""
    spoken = [normalize(word.text) for word in words]
    return max((_repeats(spoken, length) for length in range(1, 9)), default=0)


def _repeats(spoken: list[str], length: int) -> int:
    longest = same = 0
    for here, there in zip(spoken, spoken[length:], strict=False):
        same = same + 1 if here == there else 0
        longest = max(longest, same // length + 1)
    return longest
