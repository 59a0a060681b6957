import asyncio

import pytest

from wsserver.errors import Overloaded
from wsserver.messages import Error, Final, Flushed, Partial, Warn
from wsserver.net.outbox import MAX_WAITING, MAX_WAITING_BYTES, Frame, Outbox
from wsserver.session.actions import Close

FINAL = Final(utterance=1, text="the cat sat", start=0, end=1, through=16_000)


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


async def test_what_has_no_leave_yet_and_everything_after_it_waits() -> None:
    outbox, leave = Outbox(), asyncio.get_running_loop().create_future()
    outbox.put(FINAL, leave)
    outbox.put(Flushed(id="a"))
    waiting = asyncio.create_task(outbox.get())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    was_waiting = not waiting.done()

    leave.set_result(None)

    assert [await waiting, await outbox.get()] == [FINAL, Flushed(id="a")]
    assert was_waiting


async def test_partials_replace_each_other_behind_what_waits_for_its_leave() -> None:
    outbox, leave = Outbox(), asyncio.get_running_loop().create_future()
    outbox.put(FINAL, leave)
    waiting = asyncio.create_task(outbox.get())
    await asyncio.sleep(0)
    outbox.put(partial("the"))
    outbox.put(partial("the cat"))
    leave.set_result(None)

    assert [await waiting, await outbox.get()] == [FINAL, partial("the cat")]


async def test_what_is_to_be_told_with_the_leave_comes_right_after_the_message() -> None:
    outbox, leave = Outbox(), asyncio.get_running_loop().create_future()
    warning = Warn(code="not_kept", message="a full disk")
    outbox.put(FINAL, leave)
    outbox.put(Close(1000, "done"))
    leave.set_result(warning)

    assert [await outbox.get() for _ in range(3)] == [FINAL, warning, Close(1000, "done")]


async def test_a_reader_that_goes_away_takes_no_leave_with_it() -> None:
    outbox, leave = Outbox(), asyncio.get_running_loop().create_future()
    outbox.put(FINAL, leave)
    waiting = asyncio.create_task(outbox.get())
    await asyncio.sleep(0)

    waiting.cancel()
    await asyncio.wait([waiting])

    assert not leave.done()
    leave.set_result(None)
    assert await outbox.get() == FINAL


async def test_refuses_to_hold_more_than_its_bound() -> None:
    outbox = Outbox()
    for number in range(MAX_WAITING):
        outbox.put(Flushed(id=str(number)))

    with pytest.raises(Overloaded, match="found 1000 messages unread"):
        outbox.put(Flushed(id="one more"))
    outbox.put(Error(code="overloaded", message="enough", fatal=True))
    outbox.put(Close(1013, "overloaded"))


async def test_refuses_to_hold_more_text_than_its_bound() -> None:
    outbox, half = Outbox(), Frame("ü" * (MAX_WAITING_BYTES // 4))
    outbox.put(half)
    outbox.put(half)

    with pytest.raises(Overloaded, match="found 1048577 bytes unread"):
        outbox.put(Frame("x"))
    outbox.put(Flushed(id="a"))
    outbox.put(Close(1013, "overloaded"))


async def test_text_that_was_read_makes_room_again() -> None:
    outbox, whole = Outbox(), Frame("x" * MAX_WAITING_BYTES)

    for _ in range(3):
        outbox.put(whole)

        assert await outbox.get() == whole


async def test_says_that_the_end_waits_before_it_is_reached() -> None:
    outbox = Outbox()
    outbox.put(FINAL)
    was_closing = outbox.closing.done()

    outbox.put(Close(1013, "overloaded"))
    outbox.put(Close(1001, "the client went away"))

    assert not was_closing
    assert outbox.closing.done()
