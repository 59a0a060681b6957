"""Viewers who read slowly, or not at all, over sockets whose other end pushes back."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.end_to_end.conftest import Run
from tests.end_to_end.hall import Hall, Reader, open_hall
from tests.rooms.told import final, partial
from tests.waiting import until
from wsserver.net.open_room import OpenRoom
from wsserver.net.press import PAGE_FINALS
from wsserver.net.viewer import LITTLE_BYTES
from wsserver.rooms import captions

SMALL = 4096
FINALS = 600
TEXT = "so it was said " * 100
"""Long, to fill any socket soon."""


@asynccontextmanager
async def narrow(hall: Hall) -> AsyncIterator[Reader]:
    """A viewer who takes little, and nothing while they do not read."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    small.connect(("127.0.0.1", urlsplit(hall.server.url).port))
    async with hall.reader(sock=small, max_queue=1, compression=None, proxy=None) as reader:
        yield reader
        reader.socket.transport.abort()


def opened(hall: Hall) -> OpenRoom:
    room = hall.server.app._rooms.find(hall.room)
    assert room is not None
    return room


def say(hall: Hall, utterance: int) -> None:
    """Say something long in the room, as a session would."""
    here = opened(hall)
    here.room.partial("a", 1, partial(utterance))
    here.room.final("a", 1, final(utterance, f"{utterance} {TEXT}"))
    here.room.partial("a", 1, partial(utterance + 1))
    here.audience.tell()


def most_unsent(hall: Hall) -> int:
    return max(
        viewer.link.transport.get_write_buffer_size() for viewer in opened(hall).audience._viewers
    )


async def test_a_slow_viewer_keeps_nobody_waiting_and_gets_every_final(run: Run) -> None:
    unsent = []
    async with (
        run() as server,
        open_hall(server) as hall,
        narrow(hall) as slow,
        hall.reader() as swift,
    ):
        opened(hall).room.opened("a", 1, 0.0)
        for utterance in range(1, FINALS + 1):
            say(hall, utterance)
            await swift.read_finals(utterance)
            unsent.append(most_unsent(hall))
        await slow.read_finals(FINALS)

    assert [f.number for f in swift.finals] == list(range(1, FINALS + 1))
    assert slow.finals == swift.finals
    page = PAGE_FINALS * len(TEXT) * 2
    assert LITTLE_BYTES < max(unsent) < LITTLE_BYTES + page
    partials = [told for told in slow.told if isinstance(told, captions.Partial)]
    assert len(partials) < FINALS / 2


async def test_a_viewer_who_takes_nothing_is_cut_off_and_has_a_place_again(run: Run) -> None:
    rooms = {"patience_seconds": 0.3, "viewers": 1}
    async with run(rooms=rooms) as server, open_hall(server) as hall:
        async with narrow(hall) as dead:
            await dead.read()
            opened(hall).room.opened("a", 1, 0.0)
            for utterance in range(1, FINALS + 1):
                say(hall, utterance)
            await until(lambda: not server.app._rooms.viewers)
        async with hall.reader() as alive:
            await alive.read_finals(FINALS)

    assert [f.number for f in alive.finals] == list(range(1, FINALS + 1))
