"""Wait for what comes by itself."""

import asyncio
from collections.abc import Callable

PATIENCE_SECONDS = 30


async def until(holds: Callable[[], object], what: Callable[[], object] = lambda: "") -> None:
    """Wait until it does; else fail with *what* there is."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(what()) from None
