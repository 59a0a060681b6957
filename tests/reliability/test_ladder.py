"""What becomes of a hypothesis as real Whisper gives them: believed, heard again, or held back."""

import numpy as np
import pytest

from tests.reliability.listener import INVENTED, STUMBLES, Ladder, Said, always, answer, loop
from tests.session.conftest import build_session
from wsserver.messages import Audio, Final, Finish, Partial, ServerMessage, Start
from wsserver.session.actions import Action, Recognize, Send
from wsserver.session.dialog import Session
from wsserver.speech import SAMPLE_RATE, Priority, Window
from wsserver.text.guards import LADDER

ONCE = (0.0,)
RIGHT = "The artist used red and yellow paint."


def climb(ladder: Ladder, seconds: float = 2.5) -> tuple[list[Window], Final]:
    """Have an utterance decoded as *ladder* says; give the windows that were asked for."""
    session = build_session()
    session.receive(Start(encoding="f32le", partials=False))
    session.receive(sound(seconds))
    asked, said = carry_out(session, session.receive(Finish()), ladder)
    (final,) = (message for message in said if isinstance(message, Final))
    return asked, final


def sound(seconds: float) -> Audio:
    """Give what a session of these tests takes for voice."""
    return Audio(data=np.full(round(seconds * SAMPLE_RATE), 0.5, "<f4").tobytes())


def carry_out(
    session: Session, actions: list[Action], ladder: Ladder
) -> tuple[list[Window], list[ServerMessage]]:
    asked: list[Window] = []
    said: list[ServerMessage] = []
    while actions:
        action = actions.pop(0)
        if isinstance(action, Recognize):
            asked.append(action.window)
            actions += session.settle(action.window, answer(ladder, action.window))
        elif isinstance(action, Send):
            said.append(action.message)
    return asked, said


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
    assert all(window.audio is asked[0].audio for window in asked)
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
    asked, final = climb({0.0: said}, seconds)

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
    asked, final = climb({0.0: said}, seconds)

    assert (final.text, final.reason) == (said.text, None)
    assert temperatures(asked) == LADDER[:3]


@pytest.mark.parametrize("ladder", [*INVENTED, *STUMBLES.values()])
def test_a_partial_never_shows_a_suspect(ladder: Ladder) -> None:
    session = build_session()
    session.receive(Start(encoding="f32le"))

    asked, said = carry_out(session, session.receive(sound(2.5)), ladder)

    first = ladder[0.0].text
    shown = [message.text for message in said if isinstance(message, Partial)]
    assert shown == [first] * (first in STUMBLES)
    assert {window.priority for window in asked} == {Priority.PARTIAL}
    assert [window.exact for window in asked] in ([False], [False, True])
