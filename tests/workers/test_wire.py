"""What is asked at one end is answered at the other, errors and ends included."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.workers.conftest import nothing
from wsserver.errors import ConfigError, ServerError
from wsserver.workers.wire import Wire


@asynccontextmanager
async def wired(answer: Any = nothing, back: Any = nothing) -> AsyncIterator[tuple[Wire, Wire]]:
    ours, theirs = socket.socketpair()
    near, far = await Wire.open(ours, back), await Wire.open(theirs, answer)
    try:
        yield near, far
    finally:
        await near.close()
        await far.close()


async def test_answers_find_those_who_asked_in_whatever_order_they_come() -> None:
    release = asyncio.Event()

    async def answer(asked: Any) -> Any:
        if asked == "slow":
            await release.wait()
        return f"{asked}!"

    async with wired(answer) as (near, _):
        slow = asyncio.create_task(near.ask("slow"))
        quick = await near.ask("quick")
        release.set()

        assert (quick, await slow) == ("quick!", "slow!")


async def test_both_ends_ask_even_while_they_are_asked() -> None:
    async def answer(asked: Any) -> Any:
        return await far.ask(asked + 1)

    async def back(asked: Any) -> Any:
        return asked * 10

    async with wired(answer, back) as (near, far):
        assert await near.ask(1) == 20


@pytest.mark.parametrize(
    ("error", "raised"), [(ConfigError("wrong key"), ConfigError), (KeyError("x"), ServerError)]
)
async def test_what_answering_raises_is_raised_where_it_was_asked(
    error: Exception, raised: type[Exception]
) -> None:
    async def answer(asked: Any) -> Any:
        raise error

    async with wired(answer) as (near, _):
        with pytest.raises(raised):
            await near.ask("anything")


async def test_what_is_told_is_heard_in_order_and_not_answered() -> None:
    heard: list[int] = []
    all_heard = asyncio.Event()

    async def answer(told: Any) -> Any:
        heard.append(told)
        if told == 99:
            all_heard.set()

    async with wired(answer) as (near, _):
        for number in range(100):
            near.tell(number)
        await all_heard.wait()

    assert heard == list(range(100))


async def test_the_end_of_the_other_end_is_an_answer_to_all() -> None:
    async def answer(asked: Any) -> Any:
        await asyncio.Event().wait()

    async with wired(answer) as (near, far):
        asking = asyncio.create_task(near.ask("anything"))
        await asyncio.sleep(0)
        await far.close()
        with pytest.raises(ConnectionError):
            await asking
        with pytest.raises(ConnectionError):
            await near.ask("anything else")
        near.tell("in vain")
