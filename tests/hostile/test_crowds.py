"""Hundreds who say nothing or never finish their first word, beside somebody who dictates."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.end_to_end.conftest import ADMISSION, Run, Running
from tests.hostile import attack
from tests.hostile.attack import SPEECH, Wire
from tests.waiting import until
from wsserver import client
from wsserver.messages import Final

IDLE, HALF_OPEN, WAITING_LIMIT = 100, 300, 100
SERVER = {
    "admission": {**ADMISSION, "max_sessions": IDLE + 10},
    "http": {"waiting_limit": WAITING_LIMIT},
}
# Admission takes newcomers for speakers, and here they are not.
SESSIONS = {"max_lag_seconds": 1_000}


@asynccontextmanager
async def half_open(server: Running, count: int) -> AsyncIterator[None]:
    """Connect from addresses of their own, most of them without a word; see the first leave."""
    async with AsyncExitStack() as stack:
        crowd = [
            await stack.enter_async_context(attack.wire(server, f"127.0.{n >> 8}.{2 + n % 250}"))
            for n in range(count)
        ]
        sent_away, stay = crowd[:-WAITING_LIMIT], crowd[-WAITING_LIMIT:]
        answers = await asyncio.gather(*(wire.read() for wire in sent_away))
        assert {attack.status(answer) for answer in answers} == {503}
        await asyncio.gather(*(wire.send(b"GET / HT") for wire in stay[::3]))
        yield


@asynccontextmanager
async def idle(server: Running, count: int) -> AsyncIterator[list[Wire]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(attack.socket(server)) for _ in range(count)]


async def until_nobody_waits(server: Running) -> None:
    hall = server.app._listener._hall
    await until(lambda: not (hall.guests or hall.waiting))


async def test_crowds_that_say_nothing_keep_nobody_from_dictating_or_from_coming(run: Run) -> None:
    async with run(server=SERVER, sessions=SESSIONS) as server:
        async with client.connect(server.socket_url, server.token) as dictation:
            await dictation.send(SPEECH[: len(SPEECH) // 4 * 2])
            async with idle(server, IDLE), half_open(server, HALF_OPEN):
                await attack.dictate(server)

                await dictation.send(SPEECH[len(SPEECH) // 4 * 2 :])
                await dictation.finish()
                heard = [message.text async for message in dictation if isinstance(message, Final)]
                assert server.app.open_dictations >= IDLE
        await attack.until_alone(server)
        await until_nobody_waits(server)
        await attack.dictate(server)

    assert heard == [attack.HEARD]
