"""Send a whole source of audio: at the pace of speech, or as fast as the server takes it.

Knows a session that takes audio, and clocks; knows no sockets.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import suppress
from typing import Literal, Protocol, TypeAlias

Blocks: TypeAlias = Iterable[bytes] | AsyncIterable[bytes]  # each a whole number of samples
Pace: TypeAlias = Literal["real", "fast"]  # as somebody speaks, or as the server makes it final
Feeding: TypeAlias = asyncio.Task[None]

_DRAIN_WITHIN_S = 2.0


class Taker(Protocol):
    """What audio is fed to."""

    async def send(self, pcm: bytes) -> None:
        """Take audio."""
        ...

    async def hold(self, sent_seconds: float) -> None:
        """Wait while so much audio is too much."""
        ...

    async def finish(self) -> None:
        """Take no more."""
        ...


async def feed(taker: Taker, blocks: Blocks, pace: Pace, bytes_per_second: int) -> None:
    """Send all *blocks*, then finish; also if they break off or this is canceled."""
    clock = asyncio.get_running_loop().time
    began, sent_s = clock(), 0.0
    try:
        async for block in blocks if isinstance(blocks, AsyncIterable) else _each(blocks):
            sent_s += len(block) / bytes_per_second
            # A microphone has a block when its last sample was spoken.
            await asyncio.sleep(began + sent_s - clock() if pace == "real" else 0)
            await taker.hold(sent_s)
            await taker.send(block)
    finally:
        # What cannot be sent at once is on its way all the same: only the wait is cut short.
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_WITHIN_S):
                await taker.finish()


async def _each(blocks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for block in blocks:
        yield block
