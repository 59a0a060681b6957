import asyncio
import gc
import weakref
from typing import Any, cast

from wsserver.dialects.native import NativeTranslator
from wsserver.messages import Limits
from wsserver.net.dictations import _Channel, _Dictation

LIMITS = Limits(frame_bytes=1, idle_seconds=1, session_seconds=1)


class Socket:
    """A connection that nobody has come to read from."""

    ping_timeout = close_timeout = 1.0


async def no_turn() -> None:
    pass


async def test_a_dictation_that_is_canceled_before_it_begins_leaves_nothing_behind() -> None:
    channel = _Channel(cast("Any", Socket()), NativeTranslator())
    nobody = cast("Any", None)
    dictation = _Dictation(channel, nobody, nobody, LIMITS, no_turn)
    gone = weakref.ref(dictation)

    running = asyncio.ensure_future(dictation.run())
    running.cancel()
    await asyncio.wait([running])
    del dictation, running
    gc.collect()

    assert gone() is None
