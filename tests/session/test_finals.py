from dataclasses import replace

import numpy as np
import pytest

from wsserver.audio.intake import Stance
from wsserver.messages import Done, Final, Flushed
from wsserver.session.actions import Action, Close, Recognize, Send
from wsserver.session.finals import Finals, FinalSettings, Spoken
from wsserver.speech import SAMPLE_RATE, DecodeOptions, Hypothesis, Priority, Window, Word
from wsserver.text.guards import LADDER, GuardLimits
from wsserver.text.transcript import Transcript

SETTINGS = FinalSettings(
    session="s",
    priority=Priority.FINAL,
    options=DecodeOptions(prompt="names"),
    guards=GuardLimits(),
    carry_tokens=3,
    words=False,
)


def spoken(utterance: int) -> Spoken:
    audio = np.zeros(2 * SAMPLE_RATE, np.float32)
    stance = Stance(through=utterance * 1000, resend_from=utterance * 1000 - 7)
    return Spoken(utterance, utterance * 10 * SAMPLE_RATE, audio, stance)


def hear(text: str, *tokens: int, **figures: float) -> Hypothesis:
    words = tuple(Word(f" {w}", 10 * i, 10 * i + 5, 0.98765) for i, w in enumerate(text.split()))
    sure = Hypothesis(text, tokens, words, "de", 1.0, -0.2, 0.01, 1.2)
    return replace(sure, **figures)  # type: ignore[arg-type]


def window(actions: list[Action]) -> Window:
    (action,) = (a for a in actions if isinstance(a, Recognize))
    return action.window


def finals(actions: list[Action]) -> list[Final]:
    messages = (a.message for a in actions if isinstance(a, Send))
    return [m for m in messages if isinstance(m, Final)]


def test_an_utterance_becomes_a_window_and_its_hypothesis_the_final() -> None:
    queue = Finals(SETTINGS, Transcript())

    asked = window(queue.add(spoken(1)))
    (final,) = finals(queue.settle(asked, hear("guten Tag", 1, 2)))

    assert asked.exact
    assert (asked.start, asked.end) == (10 * SAMPLE_RATE, 12 * SAMPLE_RATE)
    assert (final.text, final.start, final.end) == ("guten Tag", 10.0, 12.0)
    assert (final.language, final.through, final.reason) == ("de", 1000, None)


def test_the_next_utterance_waits_for_the_final_it_depends_on() -> None:
    queue = Finals(SETTINGS, Transcript())
    first = window(queue.add(spoken(1)))

    waiting = queue.add(spoken(2))
    second = window(queue.settle(first, hear("guten Tag", 1, 2, 3, 4)))

    assert waiting == []
    assert second.utterance == 2
    assert second.options == DecodeOptions(language="de", prompt="names", carry=(2, 3, 4))


def test_what_is_queued_behind_an_utterance_comes_after_its_final() -> None:
    queue = Finals(SETTINGS, Transcript())
    asked = window(queue.add(spoken(1)))
    flushed = Send(Flushed(id="a"))

    waiting = queue.add(flushed)
    actions = queue.settle(asked, hear("yes"))

    assert waiting == []
    assert actions[1:] == [flushed]


def test_without_anything_to_wait_for_an_action_comes_at_once() -> None:
    assert Finals(SETTINGS, Transcript()).add(Send(Flushed(id=None))) == [Send(Flushed(id=None))]


def test_a_suspect_is_decoded_again_up_the_ladder_and_then_left_empty() -> None:
    queue = Finals(SETTINGS, Transcript())
    asked, tried = window(queue.add(spoken(1))), [0.0]

    while len(tried) < len(LADDER):
        asked = window(queue.settle(asked, hear("you", avg_logprob=-2.0)))
        tried.append(asked.options.temperature)
    (final,) = finals(queue.settle(asked, hear("you", avg_logprob=-2.0)))

    assert tuple(tried) == LADDER
    assert (final.text, final.reason, final.language) == ("", "low_confidence", None)


def test_whoever_decodes_it_again_is_told_which_guard_wants_it() -> None:
    queue = Finals(SETTINGS, Transcript())
    (first,) = queue.add(spoken(1))
    assert isinstance(first, Recognize)

    (again,) = queue.settle(first.window, hear("you", avg_logprob=-2.0))

    assert isinstance(again, Recognize)
    assert (first.doubt, again.doubt) == (None, "low_confidence")


def test_a_suspect_heard_better_at_a_higher_temperature_is_final() -> None:
    queue = Finals(SETTINGS, Transcript())
    asked = window(queue.add(spoken(1)))

    asked = window(queue.settle(asked, hear("you " * 20, compression_ratio=4.0)))
    (final,) = finals(queue.settle(asked, hear("you are here")))

    assert asked.options.temperature == 0.2
    assert (final.text, final.reason) == ("you are here", None)


def test_what_no_engine_can_decode_is_left_empty_and_the_next_utterance_goes_on() -> None:
    queue = Finals(SETTINGS, Transcript())
    asked = window(queue.add(spoken(1)))
    queue.add(spoken(2))

    actions = queue.skip(asked)
    again = queue.skip(asked)

    (final,) = finals(actions)
    assert (final.utterance, final.text, final.reason) == (1, "", "unrecognizable")
    assert final.through == 1000
    assert window(actions).utterance == 2
    assert again == []


def test_silence_is_final_at_once_and_nothing_is_carried_on() -> None:
    queue = Finals(SETTINGS, Transcript())
    asked = window(queue.add(spoken(1)))

    (final,) = finals(queue.settle(asked, hear("", 7)))

    assert (final.text, final.reason) == ("", "no_speech")
    assert queue.options() == SETTINGS.options


def test_words_are_told_when_asked_for() -> None:
    queue = Finals(replace(SETTINGS, words=True), Transcript())
    asked = window(queue.add(spoken(1)))

    (final,) = finals(queue.settle(asked, hear("guten Tag")))

    assert final.words is not None
    assert [(w.text, w.start, w.probability) for w in final.words] == [
        (" guten", 0.0, 0.988),
        (" Tag", 0.000625, 0.988),
    ]


def test_a_hypothesis_that_was_not_asked_for_changes_nothing() -> None:
    queue = Finals(SETTINGS, Transcript())
    asked = window(queue.add(spoken(1)))
    queue.settle(asked, hear("yes"))
    before = queue.transcript

    assert queue.settle(asked, hear("no")) == []
    assert queue.transcript is before


def test_counts_the_audio_that_waits() -> None:
    queue = Finals(SETTINGS, Transcript())
    asked = window(queue.add(spoken(1)))
    queue.add(spoken(2))

    before = queue.waiting_samples
    queue.settle(asked, hear("yes"))

    assert (before, queue.waiting_samples) == (4 * SAMPLE_RATE, 2 * SAMPLE_RATE)


@pytest.mark.parametrize("later", [True, False])
def test_a_second_farewell_takes_the_place_of_the_first(later: bool) -> None:
    queue = Finals(SETTINGS, Transcript())
    asked = window(queue.add(spoken(1)))
    queue.add(Send(Flushed(id="kept")))
    queue.end(Send(Done(duration=1, utterances=1)), Close(1000, "done"))

    waiting = queue.end(Close(1008, "bad_order")) if later else []
    actions = queue.settle(asked, hear("yes"))

    assert waiting == []
    assert actions[1] == Send(Flushed(id="kept"))
    assert actions[-1] == (Close(1008, "bad_order") if later else Close(1000, "done"))
    assert len(actions) == (3 if later else 4)


def early(queue: Finals, utterance: int) -> Window:
    ahead = spoken(utterance)
    return window(queue.foresee(utterance, ahead.start, ahead.audio))


def test_an_utterance_decoded_ahead_is_final_at_its_endpoint() -> None:
    queue = Finals(SETTINGS, Transcript())
    ahead = early(queue, 1)

    heard = queue.settle(ahead, hear("guten Tag", 1, 2))
    actions = queue.add(spoken(1))

    assert (ahead.priority, ahead.exact) == (Priority.EARLY_FINAL, True)
    assert heard == []
    assert [final.text for final in finals(actions)] == ["guten Tag"]
    assert queue.options().language == "de"


def test_what_was_decoded_ahead_is_forgotten_if_voice_comes_back() -> None:
    queue = Finals(SETTINGS, Transcript())
    queue.settle(early(queue, 1), hear("guten"))
    longer = replace(spoken(1), audio=np.zeros(3 * SAMPLE_RATE, np.float32))

    asked = window(queue.add(longer))

    assert asked.priority is Priority.FINAL
    assert asked.audio is longer.audio


def test_an_answer_ahead_that_comes_after_the_endpoint_is_not_taken_for_the_final() -> None:
    queue = Finals(SETTINGS, Transcript())
    ahead = early(queue, 1)
    asked = window(queue.add(spoken(1)))

    late = queue.settle(ahead, hear("guten"))
    (final,) = finals(queue.settle(asked, hear("guten Tag")))

    assert late == []
    assert final.text == "guten Tag"


def test_a_suspect_ahead_climbs_the_ladder_from_its_endpoint_on() -> None:
    queue = Finals(SETTINGS, Transcript())
    queue.settle(early(queue, 1), hear("you", avg_logprob=-2.0))

    asked = window(queue.add(spoken(1)))

    assert (asked.priority, asked.options.temperature) == (Priority.FINAL, 0.2)


def test_the_same_end_is_not_decoded_ahead_twice() -> None:
    queue = Finals(SETTINGS, Transcript())
    early(queue, 1)
    same = spoken(1)

    assert queue.foresee(1, same.start, same.audio) == []


def test_nothing_is_decoded_ahead_while_an_earlier_final_is_due_or_for_a_file() -> None:
    queue, bulk = (
        Finals(SETTINGS, Transcript()),
        Finals(replace(SETTINGS, priority=Priority.BULK), Transcript()),
    )
    queue.add(spoken(1))
    second = spoken(2)

    assert queue.foresee(2, second.start, second.audio) == []
    assert bulk.foresee(2, second.start, second.audio) == []
