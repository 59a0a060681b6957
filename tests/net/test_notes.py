from typing import Any

import numpy as np

from wsserver.net.host import Host
from wsserver.net.notes import Notes
from wsserver.speech import Hypothesis, Priority, Window


def window(utterance: int) -> Window:
    return Window("session", utterance, Priority.BULK, 0, np.zeros(160, np.float32))


def hypothesis(text: str) -> Hypothesis:
    return Hypothesis(text, (), (), "en", 1.0, -0.1, 0.0, 1.0)


async def test_the_latest_hypothesis_of_each_utterance_is_noted_and_all_are_passed_on() -> None:
    heard = iter([hypothesis("loop loop"), hypothesis("loop"), None, hypothesis("end")])

    async def recognize(_: Window) -> Hypothesis | None:
        return next(heard)

    def open_session(*_: Any) -> Any:
        raise AssertionError("asked for a session")

    notes = Notes(Host(open_session, recognize))
    passed_on = [await notes.host.recognize(window(number)) for number in (1, 1, 1, 2)]

    assert {number: each.text for number, each in notes.hypotheses.items()} == {1: "loop", 2: "end"}
    assert [each and each.text for each in passed_on] == ["loop loop", "loop", None, "end"]
