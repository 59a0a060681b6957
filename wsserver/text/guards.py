"""Hold back what Whisper invents: text over silence, loops, more words than anyone can say.

Knows a hypothesis and how long its audio is; knows nothing of the audio itself.

The first three limits and the ladder are those of openai-whisper's `transcribe`
(`compression_ratio_threshold`, `logprob_threshold`, `no_speech_threshold`, `temperature`).  Where a
hypothesis may be right or invented it is believed: nothing that was spoken is to be lost.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from annotated_types import Ge, Gt, Interval, Le

from wsserver.speech import SAMPLE_RATE, Hypothesis, Word
from wsserver.text.stabilizer import normalize

LADDER = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Temperatures that are tried in turn for a final that a guard suspects."""

THIRD_STEP = LADDER[2]
"""From here on a repetition may be believed.  Chance has had two tries at breaking a loop, and the
words are still the right ones: of a word said for a minute the practice model hears the same up to
0.8, but at 1.0 it guesses (measured)."""

RUNAWAY_TOKENS = 222
"""A loop that does not end by itself ends here: at half of Whisper's 448 positions, two fewer
behind the longest prompt."""

_HABITS = """
you / Thank you. / Thank you very much. / Thank you so much. / Thank you all. / Thanks.
Bye. / Okay. / Oh. / So. / I'm sorry. / The end. / See you next time. / See you in the next video.
Danke. / Vielen Dank. / Das war's. / Bis zum nächsten Mal. / Tschüss.
Merci. / Merci d'avoir regardé cette vidéo ! / Sous-titrage ST' 501
Gracias. / Muchas gracias. / ¡Suscríbete al canal! / Grazie. / Grazie a tutti.
Obrigado. / Tchau. / Dziękuję. / Dziękuję za uwagę. / Teşekkürler. / Дякую за перегляд!
Продолжение следует... / Спасибо за просмотр! / Спасибо.
ご視聴ありがとうございました。 / 谢谢大家 / 谢谢观看 / 시청해주셔서 감사합니다. / 감사합니다.
"""
BOILERPLATE = frozenset(normalize(each) for each in re.split("[/\n]", _HABITS))
"""All that a final says when Whisper invents out of habit, as it is compared; what has neither
letters nor digits, notes or dots say, is the empty string.  Sources: Barański et al.,
"Investigation of Whisper ASR Hallucinations Induced by Non-Speech Audio" (ICASSP 2025), and what
users of Whisper report."""

_CREDITS = """
Amara.org / DimaTorzok / CastingWords / Subtitles by / Untertitelung des ZDF / 不吝点赞
Thanks for watching / Thank you for watching / Gracias por ver / Obrigado por assistir
subscribe to my channel / like and subscribe
"""
CREDITS = frozenset(normalize(each) for each in re.split("[/\n]", _CREDITS)) - {""}
"""Parts of what stands at the end of films, which the model learned to set under silence."""


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

    max_boilerplate_no_speech_prob: Annotated[float, Interval(ge=0, le=1)] = 0.5
    """Above it, however sure the model is, there was no speech if it heard only what it invents out
    of habit: then silence is the likelier.  Of silence, values of 0.88 and 0.98 are published for
    subtitle credits at a log probability of -0.3; of a "thank you" that was said, below 0.02."""

    max_words_per_second: Annotated[float, Gt(0)] = 12.0
    """Fast readers reach 6 words a second; windows under a second count as one second."""

    max_repeats: Annotated[int, Ge(2)] = 6
    """How often the same words may follow one another faster than anyone repeats words."""

    max_repeated_words_per_second: Annotated[float, Gt(0)] = 7.0
    """Nobody repeats a syllable faster, not even "pa-pa-pa" for a speech therapist (5 to 7)."""


def judge(hypothesis: Hypothesis, seconds: float, limits: GuardLimits) -> Verdict:
    """Say whether *hypothesis* can be believed for a window of *seconds* of audio."""
    if not hypothesis.text or _is_silence(hypothesis, limits):
        return Verdict.NO_SPEECH
    if _is_repetitive(hypothesis, limits):
        was_said = _is_repetition_said(hypothesis, seconds, limits)
        return Verdict.HEARD if was_said else Verdict.REPETITION
    if len(hypothesis.words) > limits.max_words_per_second * max(seconds, 1.0):
        return Verdict.TOO_MANY_WORDS
    return Verdict.LOW_CONFIDENCE if _is_guess(hypothesis, limits) else Verdict.HEARD


def next_temperature(temperature: float) -> float | None:
    """Give the ladder's next step, or None at its end."""
    higher = [step for step in LADDER if step > temperature]
    return higher[0] if higher else None


def _is_guess(hypothesis: Hypothesis, limits: GuardLimits) -> bool:
    return hypothesis.avg_logprob < limits.min_avg_logprob


def _is_silence(hypothesis: Hypothesis, limits: GuardLimits) -> bool:
    if _is_guess(hypothesis, limits) and hypothesis.no_speech_prob > limits.max_no_speech_prob:
        return True
    unlikely = hypothesis.no_speech_prob > limits.max_boilerplate_no_speech_prob
    return unlikely and _is_boilerplate(hypothesis.text)


def _is_boilerplate(text: str) -> bool:
    said = normalize(text)
    once = said[: (said + said).find(said, 1)]  # "thankyou" of "thankyouthankyouthankyou"
    return once in BOILERPLATE or any(credit in said for credit in CREDITS)


def _is_repetitive(hypothesis: Hypothesis, limits: GuardLimits) -> bool:
    if hypothesis.compression_ratio > limits.max_compression_ratio:
        return True
    spoken = [normalize(word.text) for word in hypothesis.words]
    return any(
        (end - begin) // length > limits.max_repeats
        and _words_per_second(hypothesis.words[begin:end]) > limits.max_repeated_words_per_second
        for length in range(1, 9)
        for begin, end in _runs(spoken, length)
    )


def _is_repetition_said(hypothesis: Hypothesis, seconds: float, limits: GuardLimits) -> bool:
    """Tell whether somebody may have said what repeats itself at one temperature after another.

    A loop is broken by chance at the higher ones, and one that is not runs on to the last token.
    """
    return (
        hypothesis.temperature >= THIRD_STEP
        and not _is_guess(hypothesis, limits)
        and hypothesis.no_speech_prob <= limits.max_no_speech_prob
        and len(hypothesis.tokens) < RUNAWAY_TOKENS
        and len(hypothesis.words) <= limits.max_repeated_words_per_second * seconds
    )


def _runs(spoken: Sequence[str], length: int) -> Iterator[tuple[int, int]]:
    """Give begin and end of the stretches in which the same *length* words follow themselves."""
    begin = 0
    for at in range(length, len(spoken) + 1):
        if at == len(spoken) or spoken[at] != spoken[at - length]:
            if at - begin > length:
                yield begin, at
            begin = at - length + 1


def _words_per_second(words: tuple[Word, ...]) -> float:
    return len(words) * SAMPLE_RATE / max(1, words[-1].end - words[0].start)
