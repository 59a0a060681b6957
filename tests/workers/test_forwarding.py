"""Finals that a worker passes on reach those who want to hear of them, and their speaker waits."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.store.kept import final, ready
from tests.webhooks.receiver import SECRET, Receiver, receiving
from tests.workers.conftest import nothing
from wsserver.errors import ServerError
from wsserver.messages import Start, Warn
from wsserver.webhooks.dispatch import LONGEST_WAIT_SECONDS, NOT_PASSED_ON, Dispatch
from wsserver.webhooks.settings import Receiver as Told
from wsserver.webhooks.settings import WebhookSettings
from wsserver.workers.forwarding import Forwarding, pass_on
from wsserver.workers.wire import Wire


def settings(receiver: Receiver, *names: str) -> WebhookSettings:
    told = Told(url=receiver.url, secret=SECRET, tokens=names or None)
    return WebhookSettings(receivers=(told,), plain_http=True)


@asynccontextmanager
async def two(folder: Path, told: WebhookSettings) -> AsyncIterator[tuple[Forwarding, Wire]]:
    """What a worker has, and the wire's end where the folder is."""
    dispatch = Dispatch(told, folder)
    await dispatch.start()

    async def answer(asked: Any) -> Any:
        return await pass_on(dispatch.forward, asked)

    ours, theirs = socket.socketpair()
    near, far = await Wire.open(ours, nothing), await Wire.open(theirs, answer)
    yield Forwarding(told, near), far
    await near.close()
    await far.close()
    await dispatch.stop()


async def say(forwarding: Forwarding, session: str, *texts: str) -> list[Warn | None]:
    recorder = forwarding.recorder("ada")
    assert recorder is not None
    recorder.opened(Start(), ready(session))
    return [await recorder.final(final(n, text)) for n, text in enumerate(texts, 1)]


async def test_finals_come_in_order_under_the_names_they_have_with_one_process(
    tmp_path: Path,
) -> None:
    async with receiving(Receiver()) as receiver, two(tmp_path, settings(receiver)) as (near, _):
        warned = await say(near, "a1", "one", "two", "three")

        assert await receiver.has_taken(3) == ["one", "two", "three"]
    assert warned == [None] * 3
    assert [request.event for request in receiver.requests] == ["a1-1-1", "a1-1-2", "a1-1-3"]


async def test_who_is_not_listened_to_is_not_passed_on(tmp_path: Path) -> None:
    async with (
        receiving(Receiver()) as receiver,
        two(tmp_path, settings(receiver, "bob")) as (near, _),
    ):
        assert near.recorder("ada") is None
        assert near.recorder("bob") is not None


async def test_the_speaker_is_told_once_if_nobody_takes_it(tmp_path: Path) -> None:
    receiver = Receiver(port=9)  # nobody listens there
    async with two(tmp_path, settings(receiver)) as (near, far):
        await far.close()
        async with asyncio.timeout(20):
            warned = await say(near, "a1", "one", "two")

    assert warned == [NOT_PASSED_ON, None]


async def test_the_speaker_waits_for_nothing_if_passing_on_fails_elsewhere() -> None:
    told = settings(Receiver(port=9))

    async def fail(asked: Any) -> Any:
        raise ServerError("the disk is on fire")

    ours, theirs = socket.socketpair()
    near, far = await Wire.open(ours, nothing), await Wire.open(theirs, fail)
    async with asyncio.timeout(LONGEST_WAIT_SECONDS / 2):
        warned = await say(Forwarding(told, near), "a1", "one", "two")
    await near.close()
    await far.close()

    assert warned == [NOT_PASSED_ON, None]
