"""What one worker does, or does not do, is no harm to those who keep it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from tests.waiting import until
from tests.workers.conftest import children, is_gone, nothing
from wsserver.config import Config
from wsserver.net.entrance import WEB
from wsserver.net.ports import bind
from wsserver.self_check import SelfCheck
from wsserver.workers import post as posts
from wsserver.workers.doorkeeper import Doorkeeper
from wsserver.workers.frames import Assignment, Checked
from wsserver.workers.post import Office, Post

FAKE = Config.model_validate({"engine": {"kind": "fake"}})
CHECKED = Checked(SelfCheck("hello", 1.0, 1.0))
OURS = os.getpid()


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    """One that is not filled yet; whoever fills it stays."""
    doorkeeper = Doorkeeper({WEB: await bind("localhost", 0)})
    post = Post(1, Office(doorkeeper, lambda number: Assignment(number, FAKE, "t", None), nothing))
    yield post
    await post.leave(60)
    doorkeeper.stop()


async def begun(others: set[int]) -> int:
    """Give the one process that is there beside *others*."""
    await until(lambda: children(OURS) - others)
    (worker,) = children(OURS) - others
    return worker


async def test_a_worker_that_hangs_keeps_no_numbers_of_others_back(
    monkeypatch: pytest.MonkeyPatch, post: Post
) -> None:
    others = children(OURS)
    await post.fill()
    worker = await begun(others)
    before = await post.numbers()

    monkeypatch.setattr(posts, "NUMBERS_SECONDS", 0.2)
    os.kill(worker, signal.SIGSTOP)
    try:
        async with asyncio.timeout(20):
            hanging = await post.numbers()
    finally:
        os.kill(worker, signal.SIGCONT)

    assert before is not None
    assert hanging is None


async def test_a_worker_that_hangs_is_killed_and_another_takes_its_place(
    monkeypatch: pytest.MonkeyPatch, post: Post
) -> None:
    monkeypatch.setattr(posts, "PING_SECONDS", 1.0)
    others = children(OURS)
    await post.fill()
    worker = await begun(others)

    os.kill(worker, signal.SIGSTOP)
    door = post._door
    async with asyncio.timeout(60):
        await post.admit(CHECKED)  # nobody waits for ever either
    await until(lambda: is_gone(worker))
    monkeypatch.undo()
    assert door is not None
    assert door.is_silent
    await begun({*others, worker})

    async with asyncio.timeout(60):
        while await post.numbers() is None:
            await asyncio.sleep(0.02)


async def test_a_worker_that_loads_for_long_does_not_hang(
    monkeypatch: pytest.MonkeyPatch, post: Post
) -> None:
    monkeypatch.setattr(posts, "PING_SECONDS", 0.02)
    others = children(OURS)
    filling = asyncio.create_task(post.fill())
    worker = await begun(others)

    os.kill(worker, signal.SIGSTOP)  # before its first line
    await asyncio.sleep(10 * posts.MOST_UNANSWERED * posts.PING_SECONDS)
    monkeypatch.undo()
    os.kill(worker, signal.SIGCONT)
    await filling

    assert children(OURS) - others == {worker}
