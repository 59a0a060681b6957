"""`/v1/rooms/{room}/captions.*`: what was said in a room so far, as a file.

Knows HTTP and stories; knows nothing of the formats, whose writers are handed in.
"""

from dataclasses import dataclass

from aiohttp import ETag, web
from aiohttp.typedefs import Handler

from wsserver.net.middleware import presented_by
from wsserver.net.open_room import OpenRoom
from wsserver.net.room_gate import RoomGate
from wsserver.net.rooms import Rooms
from wsserver.net.story_file import Begin, StoryFile, Written

_NO_CACHE = {"Cache-Control": "no-cache"}


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A kind of caption file."""

    name: str
    """The last part of its path."""

    content_type: str
    begin: Begin


def file_route(file_format: FileFormat, gate: RoomGate, rooms: Rooms) -> Handler:
    """Give the route of one format."""

    async def read(request: web.Request) -> web.Response:
        room = (await gate.read(presented_by(request), request.match_info["room"])).room
        opened = await rooms.bring(room)
        rooms.check_ended(room)
        tag = _tag(opened)
        if any(known.value in (tag, "*") for known in request.if_none_match or ()):
            response = web.Response(status=304, headers=_NO_CACHE)
        else:
            headers = {**_NO_CACHE, "Content-Type": f"{file_format.content_type}; charset=utf-8"}
            file = await _file(file_format, opened)
            tag = _tag(opened, file)
            response = web.Response(body=file.text.encode(), headers=headers)
        response.etag = ETag(tag)
        return response

    return read


def _tag(opened: OpenRoom | None, file: Written | None = None) -> str:
    if opened is None:
        return "empty"
    here = file or opened.room.story
    return f"{opened.room.story_name}-{here.first}-{here.last}"


async def _file(file_format: FileFormat, opened: OpenRoom | None) -> Written:
    if opened is None:
        return Written(file_format.begin().write(1), 1, 0)
    name, story = file_format.name, opened.room.story
    if name not in opened.files:
        opened.files[name] = StoryFile(story, file_format.begin)
    return await opened.files[name].read()
