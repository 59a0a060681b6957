from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.speech import SAMPLE_RATE, Hypothesis, Word
from wsserver.text.guards import LADDER, GuardLimits, Verdict, judge, next_temperature

SECONDS = 5.0


def hear(text: str, over_s: float = SECONDS, **figures: float) -> Hypothesis:
    """Hear *text* spread evenly over the first *over_s* seconds."""
    said = text.split()
    each = round(over_s * SAMPLE_RATE / max(1, len(said)))
    words = tuple(Word(f" {w}", i * each, (i + 1) * each, 0.9) for i, w in enumerate(said))
    sure = Hypothesis(text, tuple(range(len(said))), words, "en", 1.0, -0.2, 0.01, 1.2)
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
        (hear(" ".join(str(n) for n in range(61))), Verdict.TOO_MANY_WORDS),
        (hear(" ".join(str(n) for n in range(60))), Verdict.HEARD),
    ],
)
def test_judges_a_window_of_five_seconds(hypothesis: Hypothesis, verdict: Verdict) -> None:
    assert judge(hypothesis, SECONDS, GuardLimits()) is verdict


@pytest.mark.parametrize(
    "text",
    [
        "Thank you.",
        "Thank you. Thank you. Thank you.",
        "THANKS FOR WATCHING!",
        "Thanks for watching, and I'll see you next time.",
        "you you you you",
        "okay okay okay",
        "Sottotitoli creati dalla comunità Amara.org",
        "Продолжение следует...",
        "ご視聴ありがとうございました",
        "♪♪",
        "...",
    ],
)
def test_a_habit_is_taken_for_silence_only_where_silence_is_the_likelier(text: str) -> None:
    heard = [hear(text, 2.0, no_speech_prob=p, avg_logprob=-0.38) for p in (0.88, 0.51, 0.5, 0.02)]

    verdicts = [judge(each, SECONDS, GuardLimits()) for each in heard]

    assert verdicts == [Verdict.NO_SPEECH, Verdict.NO_SPEECH, Verdict.HEARD, Verdict.HEARD]


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "No, no, no.",
        "Thank you for the coat.",
        "You lost the key.",
        "So we sold the house.",
        "Okay, red.",
        "Bye, Anna.",
    ],
)
def test_other_words_are_believed_although_they_were_hardly_heard(text: str) -> None:
    faint = hear(text, no_speech_prob=0.7, avg_logprob=-0.4)

    assert judge(faint, SECONDS, GuardLimits()) is Verdict.HEARD


@pytest.mark.parametrize(
    ("text", "over_s", "verdict"),
    [
        ("no " * 7, 0.9, Verdict.REPETITION),
        ("no " * 7, 1.1, Verdict.HEARD),
        ("no " * 6, 0.1, Verdict.HEARD),
        ("No, no. " * 4, 1.0, Verdict.REPETITION),
        ("ha " * 10, 2.0, Verdict.HEARD),
        ("very " * 4 + "good", 1.0, Verdict.HEARD),
        ("one one one two " * 2, 2.0, Verdict.HEARD),
        ("thanks for talking " * 7, 2.0, Verdict.REPETITION),
        ("thanks for talking " * 6, 2.0, Verdict.HEARD),
        ("we lost the " + "key to " * 7 + "door", 2.0, Verdict.REPETITION),
    ],
)
def test_words_are_repeated_no_faster_than_anyone_can(
    text: str, over_s: float, verdict: Verdict
) -> None:
    assert judge(hear(text, over_s), SECONDS, GuardLimits()) is verdict


def test_a_loop_counts_by_its_own_time_within_other_words() -> None:
    words = hear("he put the hot plate on", 4.0).words
    looped = replace(hear("", 0), text="he put", words=words + piled_up("on", 7, words[-1].end))

    assert judge(looped, SECONDS, GuardLimits()) is Verdict.REPETITION


def piled_up(text: str, count: int, at: int) -> tuple[Word, ...]:
    """Give words without a length, as the attention shows what was not spoken."""
    return (Word(f" {text}", at, at, 0.9),) * count


REPEATED = hear("door " * 10, compression_ratio=4.0, temperature=0.4)


@pytest.mark.parametrize(
    ("heard", "verdict"),
    [
        (REPEATED, Verdict.HEARD),
        (replace(REPEATED, temperature=1.0), Verdict.HEARD),
        (replace(REPEATED, temperature=0.2), Verdict.REPETITION),
        (replace(REPEATED, temperature=0.0), Verdict.REPETITION),
        (replace(REPEATED, avg_logprob=-1.01), Verdict.REPETITION),
        (replace(REPEATED, no_speech_prob=0.61), Verdict.REPETITION),
        (replace(REPEATED, tokens=tuple(range(222))), Verdict.REPETITION),
        (replace(REPEATED, words=REPEATED.words * 4), Verdict.REPETITION),
    ],
)
def test_what_repeats_itself_up_to_the_third_step_is_believed_if_it_can_have_been_said(
    heard: Hypothesis, verdict: Verdict
) -> None:
    assert judge(heard, SECONDS, GuardLimits()) is verdict


def test_a_short_window_counts_as_a_second() -> None:
    assert judge(hear("yes we can", 0.2), 0.2, GuardLimits()) is Verdict.HEARD


@given(
    words=st.lists(st.sampled_from(["no", "yes", "door", ""]), max_size=40),
    logprob=st.floats(-3, 0),
    no_speech=st.floats(0, 1),
)
def test_a_model_that_hears_speech_for_sure_is_never_taken_for_silence(
    words: list[str], logprob: float, no_speech: float
) -> None:
    heard = hear(" ".join(words), avg_logprob=logprob, no_speech_prob=no_speech)

    verdict = judge(heard, SECONDS, GuardLimits())

    assert verdict is not Verdict.NO_SPEECH or no_speech > 0.5 or not heard.text


def test_only_what_may_be_heard_better_is_tried_again() -> None:
    suspects = [verdict for verdict in Verdict if verdict.is_suspect]

    assert suspects == [Verdict.LOW_CONFIDENCE, Verdict.REPETITION, Verdict.TOO_MANY_WORDS]


def test_the_ladder_is_climbed_step_by_step_and_ends() -> None:
    steps: list[float | None] = [0.0]
    while steps[-1] is not None:
        steps.append(next_temperature(steps[-1]))

    assert tuple(steps[:-1]) == LADDER
