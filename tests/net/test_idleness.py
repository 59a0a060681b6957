import asyncio

from wsserver.net.idleness import Idleness


async def test_somebody_is_idle_only_while_they_are_waited_for() -> None:
    idle = asyncio.Event()
    idleness = Idleness(0.001, idle.set)

    idleness.start()
    idleness._look()
    assert not idle.is_set()
    idleness.begin()
    await idle.wait()
    idle.clear()
    await idle.wait()  # again, for as long as nothing comes
    idleness.stop()


async def test_who_comes_in_time_is_not_idle() -> None:
    calls: list[None] = []
    idleness = Idleness(60, lambda: calls.append(None))
    idleness.begin()
    idleness.end()
    idleness.begin()

    idleness._look()
    idleness.stop()

    assert calls == []
