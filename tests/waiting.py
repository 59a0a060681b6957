"""Wait for what comes by itself.

Knows how long a busy machine may take; knows nothing of what is waited for.
"""

import asyncio
from collections.abc import Callable

_PATIENCE_SECONDS = 60.0


async def until(holds: Callable[[], object], what: Callable[[], object] = lambda: "") -> None:
    """Wait until it does; if it never does, fail and say *what* there is."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not holds():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(what()) from None
