"""What one worker does, or does not do, is no harm to those who keep it."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from wsserver.config import Config
from wsserver.net.entrance import WEB
from wsserver.net.ports import bind
from wsserver.workers import post as posts
from wsserver.workers.doorkeeper import Doorkeeper
from wsserver.workers.frames import Assignment
from wsserver.workers.post import Office, Post

FAKE = Config.model_validate({"engine": {"kind": "fake"}})


async def nothing(asked: Any) -> Any:
    return None


def children() -> set[int]:
    texts = (path.read_text() for path in Path("/proc/self/task").glob("*/children"))
    return {int(child) for text in texts for child in text.split()}


async def test_a_worker_that_hangs_keeps_no_numbers_of_others_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = children()
    doorkeeper = Doorkeeper({WEB: await bind("localhost", 0)})
    post = Post(1, Office(doorkeeper, lambda number: Assignment(number, FAKE, "t", None), nothing))
    await post.fill()
    (worker,) = children() - others
    before = await post.numbers()

    monkeypatch.setattr(posts, "NUMBERS_SECONDS", 0.2)
    os.kill(worker, signal.SIGSTOP)
    try:
        async with asyncio.timeout(20):
            hanging = await post.numbers()
    finally:
        os.kill(worker, signal.SIGCONT)
        await post.leave(60)
        doorkeeper.stop()

    assert before is not None
    assert hanging is None
