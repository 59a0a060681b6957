"""Choose the event loop that the server runs in: uvloop where it is installed, else asyncio's.

Knows both; knows nothing of what runs in them.

uvloop is installed with the server on Linux and macOS, which is why there is no knob: without the
package the server does all the same, on more of a core.
"""

import asyncio
import logging
from collections.abc import Callable
from importlib import import_module, metadata
from importlib.util import find_spec

logger = logging.getLogger(__name__)


def runner() -> asyncio.Runner:
    """Give what the server is to be run with, and say in the log which loop that is."""
    factory = _uvloop()
    logger.info("event loop: %s", f"uvloop {metadata.version('uvloop')}" if factory else "asyncio")
    return asyncio.Runner(loop_factory=factory)


def _uvloop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if find_spec("uvloop") is None:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
    return factory
