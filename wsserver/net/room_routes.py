"""`/v1/rooms`: open a room, look into it, end it.

Knows HTTP, rooms and the tokens for viewers; knows nothing of sockets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from aiohttp import web
from annotated_types import Ge, MaxLen
from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass as checked_dataclass

from wsserver.dialects import captions as dialect
from wsserver.errors import BadMessage
from wsserver.net.bodies import read_wish
from wsserver.net.middleware import presented_by
from wsserver.net.room_events import events_route
from wsserver.net.room_files import FileFormat, file_route
from wsserver.net.room_gate import RoomGate
from wsserver.net.rooms import Rooms
from wsserver.net.signed_tokens import Grant, SignedTokens
from wsserver.rooms.captions import Room

PATH = "/v1/rooms"
ROOM_PATH = PATH + "/{room:[^/]+}"

_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class RoomOffice:
    """What the routes work with."""

    gate: RoomGate
    rooms: Rooms
    signed: SignedTokens
    formats: tuple[FileFormat, ...] = ()


@checked_dataclass(frozen=True, config=ConfigDict(strict=True, extra="forbid"))
class _Wish:
    title: Annotated[str, MaxLen(200)] | None = None
    seconds: Annotated[int, Ge(1)] | None = None
    room: str | None = None
    """One of one's own, for another token; None for a new one."""


_wishes: TypeAdapter[_Wish] = TypeAdapter(_Wish)


def room_routes(office: RoomOffice) -> list[web.RouteDef]:
    """Give the routes of all rooms."""

    async def make(request: web.Request) -> web.Response:
        presented = presented_by(request)
        subject = office.gate.opener(presented).name
        wish = await read_wish(request, _wishes)
        if wish.room is not None:
            office.gate.check_owner(presented, wish.room)
            office.rooms.check_ended(wish.room)
        room = wish.room or office.rooms.ids.new(subject)
        told = {"room": room, "title": wish.title, **_token(office.signed, subject, room, wish)}
        return web.json_response(told, status=201, headers=_NO_STORE)

    async def end(request: web.Request) -> web.Response:
        room = request.match_info["room"]
        office.gate.check_owner(presented_by(request), room)
        await office.rooms.end(room)
        return web.Response(status=204, headers=_NO_STORE)

    async def look(request: web.Request) -> web.Response:
        allowed = office.gate.read(presented_by(request), request.match_info["room"])
        opened = office.rooms.find(allowed.room)
        if opened:
            told = opened.room.welcome(allowed.title)
        else:
            office.rooms.check_ended(allowed.room)
            told = Room(
                room=allowed.room, title=allowed.title, story="", first=1, finals=0, live=False
            )
        return web.json_response(body=dialect.write(told), headers=_NO_STORE)

    return [
        web.post(PATH, make),
        web.delete(ROOM_PATH, end),
        web.get(ROOM_PATH, look),
        # Without HEAD, for which an endless answer has no end either.
        web.get(f"{ROOM_PATH}/events", events_route(office.gate, office.rooms), allow_head=False),
        *(
            web.get(f"{ROOM_PATH}/{each.name}", file_route(each, office.gate, office.rooms))
            for each in office.formats
        ),
    ]


def _token(signed: SignedTokens, subject: str, room: str, wish: _Wish) -> Mapping[str, object]:
    longest = signed.longest_view_seconds
    if wish.seconds and wish.seconds > longest:
        raise BadMessage(f"seconds: found {wish.seconds}, expected at most {longest}")
    token, expires = signed.sign(
        Grant(
            subject=subject,
            scope=("view",),
            seconds=wish.seconds or longest,
            one_session=False,
            room=room,
            title=wish.title,
        )
    )
    return {"expires": expires, "token": token, "links": links(room, token)}


def links(room: str, token: str) -> dict[str, str]:
    """Give the ways in, from the server's root; such a token may stand in a URL."""
    query, both = urlencode({"token": token}), urlencode({"room": room, "token": token})
    ways = {"socket": "", "events": "/events", "vtt": "/captions.vtt", "srt": "/captions.srt"}
    return {
        "captions": f"/captions?{both}",
        "overlay": f"/overlay?{both}",
        **{name: f"{PATH}/{room}{way}?{query}" for name, way in ways.items()},
    }
