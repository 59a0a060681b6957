"""What becomes of a hypothesis as real Whisper gives them: believed, heard again, or held back."""

import numpy as np
import pytest

from tests.reliability.listener import INVENTED, STUMBLES, Ladder, Said, always, answer, loop
from wsserver.messages import Final, Partial
from wsserver.session.actions import Action, Recognize, Send
from wsserver.session.finals import Finals, FinalSettings, Spoken
from wsserver.session.partials import Partials
from wsserver.speech import SAMPLE_RATE, DecodeOptions, Priority, Window
from wsserver.text.guards import LADDER, GuardLimits

AUDIO = np.zeros(round(2.5 * SAMPLE_RATE), np.float32)
SETTINGS = FinalSettings(
    session="s",
    priority=Priority.FINAL,
    options=DecodeOptions(language="en"),
    guards=GuardLimits(),
    carry_tokens=0,
    words=False,
)
ONCE = (0.0,)
RIGHT = "The artist used red and yellow paint."


def climb(ladder: Ladder, audio: np.ndarray = AUDIO) -> tuple[list[Window], Final]:
    """Have an utterance decoded as *ladder* says; give the windows that were asked for."""
    finals = Finals(SETTINGS)
    actions: list[Action] = finals.add(Spoken(1, 0, audio, through=len(audio)))
    asked: list[Window] = []
    while isinstance(actions[0], Recognize):
        asked.append(actions[0].window)
        actions = finals.settle(asked[-1], answer(ladder, asked[-1]))
    (action,) = actions
    assert isinstance(action, Send)
    assert isinstance(action.message, Final)
    return asked, action.message


def temperatures(asked: list[Window]) -> tuple[float, ...]:
    return tuple(window.options.temperature for window in asked)


@pytest.mark.parametrize(
    ("ladder", "tried"),
    [
        ({0.0: loop("the artist"), 0.4: Said(RIGHT, -0.4)}, (0.0, 0.2, 0.4)),
        ({0.0: loop("you"), 0.2: Said(RIGHT, -0.4)}, (0.0, 0.2)),
        ({0.0: Said("Yell paint.", -1.3), 0.2: Said(RIGHT, -0.9)}, (0.0, 0.2)),
        ({0.0: Said("a " * 90, -0.3), 1.0: Said(RIGHT, -0.9)}, LADDER),
        ({0.0: Said(RIGHT, -0.99, 0.99)}, ONCE),
    ],
)
def test_what_comes_right_on_the_ladder_is_final(ladder: Ladder, tried: tuple[float, ...]) -> None:
    asked, final = climb(ladder)

    assert (final.text, final.reason) == (RIGHT, None)
    assert temperatures(asked) == tried


def test_every_step_of_the_ladder_asks_the_same_of_the_same_audio() -> None:
    asked, _ = climb(always("You sold the sea.", -1.3))

    assert temperatures(asked) == LADDER
    assert {id(window.audio) for window in asked} == {id(AUDIO)}
    assert {(each.start, each.exact, each.options.seed) for each in asked} == {(0, True, 0)}


@pytest.mark.parametrize(
    ("ladder", "tried", "reason"),
    [
        (always("Thank you.", -0.38, 0.88), ONCE, "no_speech"),
        (always("Thank you.", -1.2, 0.61), ONCE, "no_speech"),
        (always("you", -0.62, 0.61), ONCE, "no_speech"),
        (always("Thanks for watching!", -0.31, 0.98), ONCE, "no_speech"),
        (always("okay okay okay", -0.5, 0.7), ONCE, "no_speech"),
        (always("And a man by the sea.", -1.2, 0.65), ONCE, "no_speech"),
        (always("And a man by the sea.", -1.2, 0.2), LADDER, "low_confidence"),
        ({0.0: loop("you")}, LADDER, "repetition"),
        ({0.0: loop("thank you, Mr. President,", no_speech_prob=0.05)}, LADDER, "repetition"),
        ({0.0: loop("you"), 0.6: Said("The of sea.", -1.9)}, LADDER, "low_confidence"),
        ({0.0: loop("you"), 0.6: Said("Thank you.", -0.8, 0.6)}, LADDER[:4], "no_speech"),
        (always(" ".join(f"n{n}" for n in range(60)), -0.3, 0.3), LADDER, "too_many_words"),
    ],
)
def test_what_is_invented_is_held_back_with_the_reason(
    ladder: Ladder, tried: tuple[float, ...], reason: str
) -> None:
    asked, final = climb(ladder)

    assert (final.text, final.reason) == ("", reason)
    assert temperatures(asked) == tried


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (2.7, Said("We lost the key to the kitchen door.", -0.4, 0.7)),
        (1.0, Said("Yes.", -0.5, 0.3)),
        (0.3, Said("Yes.", -0.5, 0.3)),
        (1.0, Said("Yes.", -0.9, 0.9)),
        (1.2, Said("Thank you.", -0.3, 0.02)),
        (1.2, Said("Thank you.", -0.5, 0.4)),
        (2.0, Said("Thank you for the warm coat.", -0.4, 0.7)),
        (1.6, Said("No, no, no.", -0.2, 0.1)),
        (1.6, Said("No, no, no.", -0.4, 0.7)),
        (2.5, Said("No, no, no, no, no, no, no, no.", -0.3, 0.1)),
        (2.2, Said("Very, very, very, very good.", -0.2, 0.1)),
        (2.8, Said("One one one two one one one two.", -0.3, 0.1)),
        (2.4, Said("Ha ha ha ha ha ha ha ha.", -0.6, 0.3)),
        (2.0, Said("Hahaha!", -0.6, 0.5)),
        (4.0, Said("Bye bye bye bye bye bye bye bye bye.", -0.4, 0.2)),
    ],
)
def test_what_is_said_is_believed_at_once(seconds: float, said: Said) -> None:
    asked, final = climb({0.0: said}, AUDIO[:1].repeat(round(seconds * SAMPLE_RATE)))

    assert (final.text, final.reason) == (said.text, None)
    assert temperatures(asked) == ONCE


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (27.5, Said("Door. " * 46, -0.15, 0.05)),
        (27.5, Said("No, " * 100, -0.3, 0.05)),
        (12.0, Said("One two three. " * 8, -0.2, 0.02)),
        (6.0, Said("Ha, " * 30, -0.6, 0.3)),
        (4.0, Said("Haha" * 12, -0.6, 0.3)),
    ],
)
def test_whoever_says_the_same_for_long_is_believed_once_the_ladder_says_so_too(
    seconds: float, said: Said
) -> None:
    asked, final = climb({0.0: said}, AUDIO[:1].repeat(round(seconds * SAMPLE_RATE)))

    assert (final.text, final.reason) == (said.text, None)
    assert temperatures(asked) == LADDER


@pytest.mark.parametrize("ladder", [*INVENTED, *STUMBLES.values()])
def test_a_partial_never_shows_a_suspect(ladder: Ladder) -> None:
    partials = Partials("s", hop_samples=8_000, guards=GuardLimits())
    partials.begin(1)
    window = Window("s", 1, Priority.PARTIAL, 0, AUDIO, exact=False)
    heard = ladder[0.0]

    actions = partials.settle(window, answer(ladder, window), len(AUDIO))
    again = [action.window for action in actions if isinstance(action, Recognize)]
    for exact in again:
        actions = partials.settle(exact, answer(ladder, exact), len(AUDIO))

    shown = [each.message for each in actions if isinstance(each, Send)]
    is_right = heard.text in STUMBLES
    assert [each.text for each in shown if isinstance(each, Partial)] == [heard.text] * is_right
    assert all(each.exact and each.audio is AUDIO for each in again)
