import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from wsserver.recognition.voices import FEW, LONGEST_ROUND_SECONDS, Voices, round_seconds
from wsserver.speech import Question


def question() -> Question:
    return Question(np.zeros((1, 512), np.float32), None)


class Model:
    """Answers with the number of questions in the call."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def answer(self, questions: Sequence[Question]) -> None:
        self.calls.append(len(questions))
        for asked in questions:
            asked.answer = np.full(1, len(questions), np.float32), None


async def session(voices: Voices, asked: Question, sessions: int = 100) -> None:
    await voices.turn(sessions)
    await voices.ask(asked)


def test_a_round_is_as_long_as_there_are_sessions_within_bounds() -> None:
    assert round_seconds(FEW - 1) == 0
    assert 0 < round_seconds(FEW) < round_seconds(2 * FEW) < LONGEST_ROUND_SECONDS
    assert round_seconds(10_000) == LONGEST_ROUND_SECONDS


async def test_many_ask_together() -> None:
    model = Model()
    voices = Voices(model.answer)
    asked = [question() for _ in range(50)]

    await asyncio.gather(*(session(voices, each) for each in asked))

    assert model.calls == [50]
    assert all(each.answer is not None and each.answer[0] == 50 for each in asked)
    voices.stop()


async def test_few_do_not_wait_and_ask_for_themselves() -> None:
    model = Model()
    voices = Voices(model.answer)
    asked = question()

    await session(voices, asked, FEW - 1)

    assert asked.answer is None
    assert model.calls == []
    voices.stop()


async def test_who_comes_during_a_round_is_in_the_next_one() -> None:
    model = Model()
    voices = Voices(model.answer)

    async def stay(asked: list[Question]) -> None:
        for each in asked:
            await session(voices, each)

    talks = [[question() for _ in range(number)] for number in (3, 2, 2)]
    await asyncio.gather(*map(stay, talks))

    assert model.calls == [3, 3, 1]
    assert all(asked.answer for talk in talks for asked in talk)
    voices.stop()


async def test_nothing_asked_is_no_call() -> None:
    model = Model()
    voices = Voices(model.answer)

    await asyncio.gather(*(voices.turn(100) for _ in range(9)))

    assert model.calls == []
    voices.stop()


async def test_who_goes_meanwhile_is_not_answered_and_holds_up_nobody() -> None:
    model = Model()
    voices = Voices(model.answer)
    going = asyncio.create_task(session(voices, question()))
    staying = asyncio.create_task(session(voices, question()))
    await asyncio.sleep(0)

    going.cancel()
    await staying

    assert model.calls == [1]
    voices.stop()


async def test_a_call_that_fails_leaves_all_to_ask_for_themselves(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: Sequence[Question]) -> None:
        raise ZeroDivisionError

    voices, asked = Voices(fail), question()

    await session(voices, asked)
    await session(voices, asked)

    assert asked.answer is None
    assert "voices could not be told together" in caplog.text
    voices.stop()


async def test_without_a_model_for_batches_there_are_rounds_all_the_same() -> None:
    voices, asked = Voices(None), question()

    await session(voices, asked)

    assert asked.answer is None
    voices.stop()


async def test_once_stopped_nobody_is_kept() -> None:
    model = Model()
    voices = Voices(model.answer)
    voices.stop()

    await session(voices, question())

    assert model.calls == []
