"""Send what is heard in a file as server-sent events, final by final.

Knows HTTP and finals; knows nothing of the form of an event.
"""

import asyncio
import logging
from collections.abc import AsyncIterator

from aiohttp import web

from wsserver.dialects import openai_audio as dialect
from wsserver.errors import DictationError, ServerError
from wsserver.messages import Final
from wsserver.net.headers import EVENT_STREAM
from wsserver.net.whole_file import Heard

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 60.0
"""For a client that takes nothing; its file keeps a place meanwhile."""


async def send_events(request: web.Request, heard: AsyncIterator[Heard]) -> web.StreamResponse:
    """Answer *request* with an event for each final, and one for the end.

    What goes wrong before the first one is raised; after it, it is an event too.
    """
    events = _events(heard)
    event: str | None = await anext(events)
    response = web.StreamResponse(headers=EVENT_STREAM)
    await response.prepare(request)
    while event is not None:
        await _write(request, response, event)
        event = await _next(events)
    await response.write_eof()
    return response


async def _next(events: AsyncIterator[str]) -> str | None:
    try:
        return await anext(events, None)
    except DictationError as error:
        if isinstance(error, ServerError):
            logger.exception("a file could not be heard to its end")
        return dialect.error_event(error)


async def _events(heard: AsyncIterator[Heard]) -> AsyncIterator[str]:
    finals: list[Final] = []
    async for item in heard:
        if not isinstance(item, Final):
            yield dialect.done_event(dialect.Transcript(tuple(finals), item.duration))
        elif item.text:
            yield dialect.delta_event(dialect.delta(item, is_first=not finals))
            finals.append(item)


async def _write(request: web.Request, response: web.StreamResponse, event: str) -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await response.write(event.encode())
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the client takes nothing") from None
