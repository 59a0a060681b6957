import asyncio
import threading

import pytest

from wsserver.net.whole_file import in_thread


async def test_what_a_thread_gives_or_raises_comes_back() -> None:
    assert await in_thread(max, 1, 2) == 2
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 1, 0)


async def test_who_is_canceled_waits_for_the_thread_that_works_on_its_file() -> None:
    began, may_end = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        may_end.wait()

    working = asyncio.create_task(in_thread(work))
    await asyncio.to_thread(began.wait)
    working.cancel()
    done_early, _ = await asyncio.wait([working], timeout=0.05)
    may_end.set()
    await asyncio.wait([working])

    assert not done_early
    assert working.cancelled()
