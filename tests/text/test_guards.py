from dataclasses import replace

import pytest

from wsserver.speech import Hypothesis, Word
from wsserver.text.guards import LADDER, GuardLimits, Verdict, judge, next_temperature


def hear(text: str, **figures: float) -> Hypothesis:
    words = tuple(Word(f" {w}", i, i + 1, 0.9) for i, w in enumerate(text.split()))
    sure = Hypothesis(text, (), words, "en", 1.0, -0.2, 0.01, 1.2)
    return replace(sure, **figures)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hypothesis", "verdict"),
    [
        (hear("we lost the key"), Verdict.HEARD),
        (hear("we lost the key", no_speech_prob=0.9), Verdict.HEARD),
        (hear("you", no_speech_prob=0.9, avg_logprob=-1.5), Verdict.NO_SPEECH),
        (hear(""), Verdict.NO_SPEECH),
        (hear("you", avg_logprob=-1.5), Verdict.LOW_CONFIDENCE),
        (hear("you", compression_ratio=2.5), Verdict.REPETITION),
        (hear("no " * 6), Verdict.HEARD),
        (hear("No, no. " * 4), Verdict.REPETITION),
        (hear("thanks for watching " * 7), Verdict.REPETITION),
        (hear("thanks for watching " * 6), Verdict.HEARD),
        (hear(" ".join(str(n) for n in range(61))), Verdict.TOO_MANY_WORDS),
        (hear(" ".join(str(n) for n in range(60))), Verdict.HEARD),
    ],
)
def test_judges_a_window_of_five_seconds(hypothesis: Hypothesis, verdict: Verdict) -> None:
    assert judge(hypothesis, 5.0, GuardLimits()) is verdict


def test_a_short_window_counts_as_a_second() -> None:
    assert judge(hear("yes we can"), 0.2, GuardLimits()) is Verdict.HEARD


def test_only_what_may_be_heard_better_is_tried_again() -> None:
    suspects = [verdict for verdict in Verdict if verdict.is_suspect]

    assert suspects == [Verdict.LOW_CONFIDENCE, Verdict.REPETITION, Verdict.TOO_MANY_WORDS]


def test_the_ladder_is_climbed_step_by_step_and_ends() -> None:
    steps: list[float | None] = [0.0]
    while steps[-1] is not None:
        steps.append(next_temperature(steps[-1]))

    assert tuple(steps[:-1]) == LADDER
