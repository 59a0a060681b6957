"""Let viewers in by WebSocket, and keep each connection until it ends.

Knows WebSockets and rooms; knows nothing of what viewers are told.
"""

import asyncio
import re
from collections.abc import Callable, Mapping

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from wsserver.dialects.captions import SUBPROTOCOL
from wsserver.net.admission import check_subprotocol
from wsserver.net.after import after_in
from wsserver.net.credentials import Presented
from wsserver.net.delivery import Delivery
from wsserver.net.open_room import Seat
from wsserver.net.refusal import Refusal
from wsserver.net.room_gate import Pass, RoomGate
from wsserver.net.rooms import Rooms
from wsserver.net.viewer import Link
from wsserver.net.wires import FRAMES

FRAME_LIMIT_BYTES = 4096
"""Viewers have nothing to say."""

_PATH = re.compile(r"/v1/rooms/([^/]+)")


class RoomDoor:
    """The way to all rooms."""

    subprotocols = (SUBPROTOCOL,)
    frame_limit_bytes = FRAME_LIMIT_BYTES

    def __init__(self, gate: RoomGate, rooms: Rooms) -> None:
        self._gate = gate
        self._rooms = rooms

    def leads(self, path: str) -> bool:
        """Tell whether *path* is a room's."""
        return _PATH.fullmatch(path) is not None

    def explain(self, refusal: Refusal) -> Mapping[str, object]:
        """Say why somebody is not let in."""
        return refusal.as_json()

    async def admit(self, presented: Presented) -> "RoomVisit":
        """Give a viewer a place; raise `Refused` if there is none."""
        found = _PATH.fullmatch(presented.path)
        assert found is not None
        allowed = await self._gate.read(presented, found[1])
        check_subprotocol(presented, SUBPROTOCOL)
        return RoomVisit(self._rooms.sit(found[1], allowed.owner), allowed)


class RoomVisit:
    """One viewer's connection."""

    def __init__(self, seat: Seat, allowed: Pass) -> None:
        self._seat = seat
        self._allowed = allowed
        self._closing: asyncio.Task[None] | None = None
        self.release: Callable[[], None] = seat.release

    async def serve(self, connection: ServerConnection) -> None:
        """Let the viewer read along until either side ends it; what they say is passed over."""
        await self._seat.relay.ready()
        if self._seat.is_ended:
            await connection.close(1000, "ended")
            return
        link = Link(
            transport=connection.transport,
            wire=FRAMES,
            is_open=lambda: connection.state is State.OPEN and self._closing is None,
            close=lambda code, reason: self._close(connection, code, reason),
        )
        assert connection.request is not None
        entry = self._seat.room.entry(*after_in(connection.request.path))
        title, expires = self._allowed.title, self._allowed.expires
        with self._seat.audience.seated(link, entry, title, expires):
            try:
                async for _ in connection:
                    pass
            except ConnectionClosed:
                pass
        if self._closing:
            await self._closing

    def _close(self, connection: ServerConnection, code: int, reason: str) -> None:
        seconds = connection.close_timeout
        assert seconds is not None
        delivery = Delivery(connection, seconds, seconds)
        self._closing = asyncio.create_task(delivery.close(code, reason))
