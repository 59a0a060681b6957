"""Notice a line on which nothing comes any more, though both ends may believe in it.

Knows that a line can be asked whether it lives; knows nothing of sockets or of what is said.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

LOOKS = 3
"""How often is looked before the shortest patience ends."""


class Watched(Protocol):
    """What may have fallen silent."""

    @property
    def arrivals(self) -> int:
        """Count whatever came, answers to `ask` among it."""
        ...

    async def ask(self) -> None:
        """Have the other end answer; may block on a line that is full."""
        ...

    def give_up(self) -> None:
        """End the line."""
        ...


async def watch(line: Watched, look_seconds: float, patience: Callable[[], float]) -> None:
    """Give *line* up when nothing came for so long as *patience* then allows; ask it before.

    Silence is counted in looks, not on a clock: a computer that slept, or a program that was held
    up, has not listened.
    """
    seen, silent_looks = line.arrivals, 0
    while silent_looks * look_seconds < patience():
        if silent_looks:
            with suppress(TimeoutError):
                async with asyncio.timeout(look_seconds):
                    await line.ask()
        await asyncio.sleep(look_seconds)
        silent_looks = silent_looks + 1 if line.arrivals == seen else 0
        seen = line.arrivals
    line.give_up()
