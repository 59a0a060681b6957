"""Whatever works for a session knows whose it is."""

import asyncio

from wsserver.whose import Badge, session_at_work, take_off


async def test_a_task_that_was_begun_before_the_session_had_a_name_knows_it_later() -> None:
    badge, named = Badge(), asyncio.Event()

    async def work() -> str:
        await named.wait()
        return session_at_work()

    badge.put_on()
    task = asyncio.create_task(work())
    before = session_at_work()
    badge.session = "s"
    named.set()

    assert (before, await task, session_at_work()) == ("", "s", "s")


def test_somebody_else_s_task_works_for_it_in_between() -> None:
    mine, other = Badge(), Badge()
    mine.session, other.session = "mine", "other"

    mine.put_on()
    with other.worn():
        meanwhile = session_at_work()
    afterwards = session_at_work()
    take_off()

    assert (meanwhile, afterwards, session_at_work()) == ("other", "mine", "")
