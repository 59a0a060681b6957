"""`/v1/rooms/{room}/events`: read along by server-sent events.

Knows HTTP and rooms; knows nothing of what viewers are told.
"""

import asyncio

from aiohttp import HttpVersion11, web
from aiohttp.typedefs import Handler

from wsserver.net.after import after, after_in
from wsserver.net.headers import EVENT_STREAM
from wsserver.net.middleware import presented_by
from wsserver.net.open_room import Seat
from wsserver.net.room_gate import Pass, RoomGate
from wsserver.net.rooms import Rooms
from wsserver.net.viewer import Link
from wsserver.net.wires import EVENTS

LAST_SECONDS = 10.0
"""For the end of the stream to go to a viewer who reads slowly."""

_RETRY = b"retry: 1000\n\n"


def events_route(gate: RoomGate, rooms: Rooms) -> Handler:
    """Give the route."""

    async def read(request: web.Request) -> web.StreamResponse:
        allowed = await gate.read(presented_by(request), request.match_info["room"])
        if request.version < HttpVersion11:
            raise web.HTTPVersionNotSupported
        seat = rooms.sit(allowed.room, allowed.owner)
        try:
            return await _stream(request, seat, allowed)
        finally:
            seat.release()

    return read


async def _stream(request: web.Request, seat: Seat, allowed: Pass) -> web.StreamResponse:
    response = web.StreamResponse(headers=EVENT_STREAM)
    await response.prepare(request)
    await response.write(_RETRY)
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the viewer is gone")
    over = asyncio.Event()
    # Past aiohttp's writer, which would wait for each viewer: the chunks are made already.
    link = Link(
        transport=transport,
        wire=EVENTS,
        is_open=lambda: not (transport.is_closing() or over.is_set()),
        close=lambda _code, _reason: over.set(),
    )
    await seat.relay.ready()
    entry = seat.room.entry(*_last_seen(request))
    if not seat.is_ended:
        with seat.audience.seated(link, entry, allowed.title, allowed.expires):
            await over.wait()
    try:
        async with asyncio.timeout(LAST_SECONDS):
            await response.write_eof()
    except TimeoutError:
        transport.abort()
    return response


def _last_seen(request: web.Request) -> tuple[str, int]:
    # A browser that comes back by itself knows better than the address it once was given.
    last = request.headers.get("Last-Event-ID")
    return after(last) if last else after_in(request.path_qs)
