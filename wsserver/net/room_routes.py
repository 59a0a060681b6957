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
from wsserver.net.room_gate import Pass, RoomGate
from wsserver.net.rooms import Rooms
from wsserver.net.signed_tokens import MOST_TITLE, Grant, SignedTokens
from wsserver.rooms.captions import Room

PATH = "/v1/rooms"
ROOM_PATH = PATH + "/{room:[^/]+}"

_NO_STORE = {"Cache-Control": "no-store"}


@checked_dataclass(frozen=True, config=ConfigDict(strict=True, extra="forbid"))
class _Wish:
    title: Annotated[str, MaxLen(MOST_TITLE)] | None = None
    seconds: Annotated[int, Ge(1)] | None = None
    room: str | None = None
    """One of one's own, for another token; None for a new one."""


_wishes: TypeAdapter[_Wish] = TypeAdapter(_Wish)


@dataclass(frozen=True, slots=True)
class RoomRoutes:
    """The routes of all rooms."""

    gate: RoomGate
    rooms: Rooms
    signed: SignedTokens
    formats: tuple[FileFormat, ...] = ()

    def routes(self) -> list[web.RouteDef]:
        """Give them."""
        gate, rooms = self.gate, self.rooms
        return [
            web.post(PATH, self.open),
            web.delete(ROOM_PATH, self.end),
            web.get(ROOM_PATH, self.look),
            # Without HEAD, for which an endless answer has no end either.
            web.get(f"{ROOM_PATH}/events", events_route(gate, rooms), allow_head=False),
            *(
                web.get(f"{ROOM_PATH}/{each.name}", file_route(each, gate, rooms))
                for each in self.formats
            ),
        ]

    async def open(self, request: web.Request) -> web.Response:
        """Name a room, and give a token and links for its viewers."""
        presented = presented_by(request)
        subject = self.gate.opener(presented).name
        wish = await read_wish(request, _wishes)
        if wish.room is not None:
            self.gate.check_owner(presented, wish.room)
            self.rooms.check_ended(wish.room)
        room = wish.room or self.rooms.ids.new(subject)
        told = {"room": room, "title": wish.title, **_token(self.signed, subject, room, wish)}
        return web.json_response(told, status=201, headers=_NO_STORE)

    async def end(self, request: web.Request) -> web.Response:
        """End a room of one's own."""
        room = request.match_info["room"]
        owner = self.gate.check_owner(presented_by(request), room)
        await self.rooms.end(room, owner.name)
        return web.Response(status=204, headers=_NO_STORE)

    async def look(self, request: web.Request) -> web.Response:
        """Say what a viewer would be welcomed with, or why they would be refused."""
        allowed = await self.gate.read(presented_by(request), request.match_info["room"])
        opened = await self.rooms.bring(allowed.room)
        self.rooms.check_ended(allowed.room)
        told = opened.room.welcome(allowed.title) if opened else _nothing_yet(allowed)
        return web.json_response(body=dialect.write(told), headers=_NO_STORE)


def _nothing_yet(allowed: Pass) -> Room:
    return Room(room=allowed.room, title=allowed.title, story="", first=1, finals=0, live=False)


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
