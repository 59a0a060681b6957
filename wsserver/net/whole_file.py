"""Hear a whole file in a conversation of its own, at the lowest priority.

Knows conversations and blocks of sound; knows nothing of HTTP or of the shape of an answer.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from wsserver import errors, messages
from wsserver.net.conversation import Conversation
from wsserver.net.host import Host
from wsserver.net.places import Lease
from wsserver.session.actions import Close
from wsserver.sound_file import SoundFile
from wsserver.speech import Priority

BLOCK_MS = 1_000
T = TypeVar("T")
Heard: TypeAlias = messages.Final | messages.Done

_FAULTS = {
    error.code: error
    for error in (
        errors.BadMessage,
        errors.UnsupportedFormat,
        errors.EngineError,
        errors.EngineLost,
        errors.ShuttingDown,
    )
}
"""What a session may tell of a file; anything else is a mistake of the server."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """The sound of a file, as it is read."""

    sample_rate: int
    stream: AsyncGenerator[bytes, None]
    """Mono f32le; raises `BadAudio` where the file is damaged."""


def blocks(sound: SoundFile) -> Blocks:
    """Read *sound* in a thread."""

    async def read() -> AsyncGenerator[bytes, None]:
        waiting = sound.blocks(BLOCK_MS)
        while (block := await in_thread(next, waiting, None)) is not None:
            yield block.tobytes()

    return Blocks(sound.block_rate, read())


@asynccontextmanager
async def hearing(
    host: Host, lease: Lease, start: messages.Start, blocks: Blocks
) -> AsyncIterator[AsyncIterator[Heard]]:
    """Give what is heard in *blocks*, as it comes: finals, then a `done`.

    *start* says how to hear it, not what format it has.  Raises what goes wrong in the session or
    with the file.  Whoever leaves early withdraws the rest.
    """
    recorder = host.record(lease.token.name)
    start = replace(start, encoding="f32le", sample_rate=blocks.sample_rate, partials=False)
    async with Conversation(host, Priority.BULK, None, recorder) as conversation:
        conversation.watch.admitted(lease.token.name, lease.guest.trace_parent)
        feeder = asyncio.create_task(_feed(conversation, start, blocks, lease))
        try:
            yield _heard(conversation, feeder)
        finally:
            feeder.cancel()
            # What went wrong with it has been raised by what was given.
            await asyncio.gather(feeder, return_exceptions=True)


async def in_thread(function: Callable[..., T], *arguments: object) -> T:
    """Call *function* in a thread.

    Whoever is canceled meanwhile waits for the thread all the same: it works on a file that is
    closed next.
    """
    calling = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        return await asyncio.shield(calling)
    except asyncio.CancelledError:
        await asyncio.wait([calling])
        raise


async def _feed(
    conversation: Conversation, start: messages.Start, blocks: Blocks, lease: Lease
) -> None:
    conversation.receive(start)
    async with aclosing(blocks.stream) as stream:
        async for data in stream:
            lease.spend(len(data) / (4 * blocks.sample_rate))
            chunk = messages.Audio(data=data)
            await conversation.prepare(chunk)
            conversation.receive(chunk)
            await conversation.room()
    conversation.receive(messages.Finish())


async def _heard(conversation: Conversation, feeder: asyncio.Task[None]) -> AsyncIterator[Heard]:
    feeder.add_done_callback(lambda task: _stop_on_fault(conversation, task))
    while not isinstance(item := await conversation.outbox.get(), Close):
        if isinstance(item, messages.Error):
            raise _FAULTS.get(item.code, errors.ServerError)(item.message)
        if isinstance(item, Heard):
            yield item
            conversation.watch.sent(item)
    if feeder.done():
        feeder.result()


def _stop_on_fault(conversation: Conversation, feeder: asyncio.Task[None]) -> None:
    if not feeder.cancelled() and feeder.exception() is not None:
        conversation.outbox.put(Close(1011, "the file could not be read"))
