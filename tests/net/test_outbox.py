import asyncio

import pytest

from wsserver.errors import Overloaded
from wsserver.messages import Error, Flushed, Partial
from wsserver.net.outbox import MAX_WAITING, Outbox
from wsserver.session.actions import Close


def partial(text: str) -> Partial:
    return Partial(utterance=1, text=text, committed=0, start=0, end=1, lag=0)


async def test_gives_what_was_put_in_order() -> None:
    outbox = Outbox()
    outbox.put(Flushed(id="a"))
    outbox.put(Close(1000, "done"))

    assert await outbox.get() == Flushed(id="a")
    assert await outbox.get() == Close(1000, "done")


async def test_waits_for_what_is_still_to_come() -> None:
    outbox = Outbox()
    waiting = asyncio.create_task(outbox.get())
    await asyncio.sleep(0)

    outbox.put(Flushed(id="a"))

    assert await waiting == Flushed(id="a")


async def test_a_slow_reader_gets_the_latest_partial_only() -> None:
    outbox = Outbox()
    for item in (partial("the"), Flushed(id="a"), partial("the cat")):
        outbox.put(item)

    assert [await outbox.get(), await outbox.get()] == [Flushed(id="a"), partial("the cat")]


def test_refuses_to_hold_more_than_its_bound() -> None:
    outbox = Outbox()
    for number in range(MAX_WAITING):
        outbox.put(Flushed(id=str(number)))

    with pytest.raises(Overloaded, match="found 1000 messages unread"):
        outbox.put(Flushed(id="one more"))
    outbox.put(Error(code="overloaded", message="enough", fatal=True))
    outbox.put(Close(1013, "overloaded"))
