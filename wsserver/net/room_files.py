"""`/v1/rooms/{room}/captions.*`: what was said in a room so far, as a file.

Knows HTTP and stories; knows nothing of the formats, whose writers are handed in.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiohttp import ETag, web
from aiohttp.typedefs import Handler

from wsserver.messages import Final
from wsserver.net.middleware import presented_by
from wsserver.net.room_gate import RoomGate
from wsserver.net.rooms import OpenRoom, Rooms
from wsserver.rooms.captions import Final as Told
from wsserver.rooms.story import as_said

_NO_CACHE = {"Cache-Control": "no-cache"}


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A kind of caption file."""

    name: str
    """The last part of its path."""

    content_type: str
    write: Callable[[Iterable[Final]], str]


def file_route(file_format: FileFormat, gate: RoomGate, rooms: Rooms) -> Handler:
    """Give the route of one format."""

    async def read(request: web.Request) -> web.Response:
        room = gate.read(presented_by(request), request.match_info["room"]).room
        rooms.check_ended(room)
        opened = rooms.find(room)
        tag = _tag(opened)
        if any(known.value in (tag, "*") for known in request.if_none_match or ()):
            response = web.Response(status=304, headers=_NO_CACHE)
        else:
            headers = {**_NO_CACHE, "Content-Type": f"{file_format.content_type}; charset=utf-8"}
            text = await _text(file_format, opened)
            response = web.Response(body=text.encode(), headers=headers)
        response.etag = ETag(tag)
        return response

    return read


def _tag(opened: OpenRoom | None) -> str:
    if opened is None:
        return "empty"
    story = opened.room.story
    return f"{opened.room.story_name}-{story.first}-{story.last}"


async def _text(file_format: FileFormat, opened: OpenRoom | None) -> str:
    """Write the file, in a thread, once for all who ask before something is added to it."""
    if opened is None:
        return file_format.write([])
    number = opened.room.story.last
    known = opened.files.get(file_format.name)
    if known is None or known[0] != number:
        finals = opened.room.story.after(0)
        known = number, asyncio.create_task(asyncio.to_thread(_written, file_format, finals))
        opened.files[file_format.name] = known
    return await asyncio.shield(known[1])  # others may wait for it who are still there


def _written(file_format: FileFormat, finals: Iterable[Told]) -> str:
    return file_format.write(as_said(finals))
