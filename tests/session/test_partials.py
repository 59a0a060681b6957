from dataclasses import replace

import numpy as np

from wsserver.audio.segmenter import Utterance
from wsserver.messages import Partial
from wsserver.session.actions import Action, Recognize, Send
from wsserver.session.partials import Partials
from wsserver.session.timed import timed
from wsserver.speech import SAMPLE_RATE, DecodeOptions, Hypothesis, Priority, Window, Word
from wsserver.text.guards import GuardLimits

HOP = SAMPLE_RATE // 2


def partials(*, words: bool = False) -> Partials:
    made = Partials("s", HOP, GuardLimits(), words=words)
    made.begin(1)
    return made


def spoken(samples: int) -> Utterance:
    return Utterance(100, 100 + samples, np.zeros(samples, np.float32), complete=False)


def hear(text: str, **figures: float) -> Hypothesis:
    words = tuple(Word(f" {w}", i, i + 1, 0.9) for i, w in enumerate(text.split()))
    sure = Hypothesis(text, tuple(range(len(words))), words, "en", 1.0, -0.2, 0.0, 1.0)
    return replace(sure, **figures)  # type: ignore[arg-type]


def asked(made: Partials, samples: int) -> Window:
    window = made.due(spoken(samples), DecodeOptions)
    assert window is not None
    return window


def texts(actions: list[Action]) -> list[str]:
    told = (action.message for action in actions if isinstance(action, Send))
    return [message.text for message in told if isinstance(message, Partial)]


def test_a_window_is_due_each_hop() -> None:
    made = partials()

    due = [made.due(spoken(n), DecodeOptions) is not None for n in (HOP - 1, HOP, HOP + 1)]

    assert due == [False, True, False]
    assert asked(made, 2 * HOP).end == 100 + 2 * HOP


def test_the_next_window_brings_the_last_hypothesis_as_its_draft() -> None:
    made = partials()
    first = asked(made, HOP)
    made.settle(first, hear("the cat"), first.end)

    second = asked(made, 2 * HOP)

    assert (first.draft, second.draft) == ((), (0, 1))
    assert (second.priority, second.exact) == (Priority.PARTIAL, False)


def test_words_come_with_their_times_if_they_are_asked_for() -> None:
    made = partials(words=True)
    first = asked(made, HOP)

    (said,) = made.settle(first, hear("the cat"), first.end)

    assert isinstance(said, Send)
    assert isinstance(said.message, Partial)
    assert said.message.words == timed(hear("the cat").words)


def test_a_new_utterance_begins_without_a_draft() -> None:
    made = partials()
    first = asked(made, HOP)
    made.settle(first, hear("the cat"), first.end)
    made.begin(2)

    assert asked(made, HOP).draft == ()
    assert made.settle(first, hear("too late"), first.end) == []


def test_what_is_suspect_in_a_short_context_is_decoded_once_more_in_full() -> None:
    made = partials()
    window = asked(made, HOP)

    (again,) = made.settle(window, hear("the cat", compression_ratio=3.0), window.end)

    assert isinstance(again, Recognize)
    assert (again.window.exact, again.window.priority) == (True, Priority.PARTIAL)
    assert again.doubt == "repetition"
    assert made.settle(again.window, hear("the cat", compression_ratio=3.0), window.end) == []
    assert texts(made.settle(again.window, hear("the cat"), window.end)) == ["the cat"]


def test_silence_is_not_shown() -> None:
    made = partials()
    window = asked(made, HOP)

    assert made.settle(window, hear(""), window.end) == []
