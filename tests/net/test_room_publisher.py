import asyncio
import time

import pytest

from tests.rooms.told import Reader, final, partial
from wsserver.errors import UnknownRoom
from wsserver.messages import Limits, Ready, Start, Warn
from wsserver.net.outbox import Leave
from wsserver.net.room_ids import RoomIds
from wsserver.net.room_publisher import RoomPublisher
from wsserver.net.rooms import Rooms
from wsserver.net.settings import RoomSettings

IDS = RoomIds(bytes(32))
ROOM = IDS.new("ada")
START = Start(room=ROOM, sample_rate=8_000)


def ready(generation: int = 1, through: int = 0) -> Ready:
    return Ready(
        session="a",
        model="fake",
        practice=False,
        languages=(),
        encodings=(),
        sample_rates=(8_000, 48_000),
        limits=Limits(frame_bytes=1, idle_seconds=1, session_seconds=1),
        generation=generation,
        through=through,
    )


def registry(**settings: int) -> Rooms:
    return Rooms(RoomSettings(**settings), IDS, time.time)


def leave() -> Leave:
    return asyncio.get_running_loop().create_future()


def speaking(rooms: Rooms) -> tuple[RoomPublisher, Reader]:
    publisher = RoomPublisher(rooms, "ada")
    assert publisher.opened(START, ready()) is None
    opened = rooms.find(ROOM)
    assert opened is not None
    return publisher, Reader.new(opened.room)


async def turn() -> None:
    """Let callbacks of futures run."""
    await asyncio.sleep(0)


async def test_what_is_said_is_shown_at_once_where_nothing_keeps_it() -> None:
    publisher, reader = speaking(registry())

    publisher.partial(partial(1))
    shown = reader.read()
    publisher.final(final(1), None)

    assert shown == ["a1: sai"]
    assert reader.read() == ["1 a1"]


async def test_a_final_waits_for_its_leave_and_for_those_before_it() -> None:
    publisher, reader = speaking(registry())
    leaves = [leave(), leave(), leave()]
    for utterance, each in enumerate(leaves, 1):
        publisher.final(final(utterance), each)
    seen = [reader.read()]

    for number in (1, 0, 2):
        leaves[number].set_result(None)
        await turn()
        seen.append(reader.read())

    assert seen == [[], [], ["1 a1", "2 a2"], ["3 a3"]]


async def test_a_final_without_a_leave_waits_for_the_one_before_it() -> None:
    publisher, reader = speaking(registry())
    first = leave()

    publisher.final(final(1), first)
    publisher.final(final(2), None)
    before = reader.read()
    first.set_result(None)
    await turn()

    assert before == []
    assert reader.read() == ["1 a1", "2 a2"]


async def test_a_speaker_leaves_behind_the_last_final() -> None:
    rooms = registry()
    publisher, reader = speaking(rooms)
    last = leave()

    publisher.final(final(1), last)
    publisher.closed()
    is_live = reader.room.is_live
    last.set_result(None)
    await turn()

    assert is_live
    assert reader.read() == ["1 a1", "silent"]
    await rooms.stop()


async def test_a_final_of_an_old_connection_is_left_to_the_new_one() -> None:
    rooms = registry()
    publisher, reader = speaking(rooms)
    late = leave()
    publisher.final(final(1), late)

    newer = RoomPublisher(rooms, "ada")
    newer.opened(START, ready(generation=2))
    late.set_result(None)
    await turn()
    before = reader.read()
    newer.final(final(1), None)

    assert before == []
    assert reader.read() == ["1 a1"]


async def test_a_session_that_goes_on_after_an_hour_begins_a_new_story_now() -> None:
    rooms = registry()
    publisher = RoomPublisher(rooms, "ada")
    publisher.opened(START, ready(generation=2, through=3_600 * 8_000))

    publisher.final(final(9, start=3_601.0), None)

    opened = rooms.find(ROOM)
    assert opened is not None
    assert [told.start for told in opened.room.story.after(0)] == [1.0]


async def test_without_a_room_nothing_is_shown() -> None:
    rooms = registry()
    publisher = RoomPublisher(rooms, "ada")

    publisher.check(Start())
    publisher.opened(Start(), ready())
    publisher.partial(partial(1))
    publisher.final(final(1), None)
    publisher.closed()

    assert len(rooms) == 0


@pytest.mark.parametrize("room", ["", "lobby", IDS.new("bob")], ids=["none", "a word", "bob's"])
async def test_a_room_of_somebody_else_is_refused(room: str) -> None:
    publisher = RoomPublisher(registry(), "ada")

    with pytest.raises(UnknownRoom, match="not of this token"):
        publisher.check(Start(room=room))


async def test_where_there_are_too_many_rooms_the_speaker_is_told() -> None:
    rooms = registry(limit=1)
    rooms.speak("another")
    publisher = RoomPublisher(rooms, "ada")

    told = publisher.opened(START, ready())

    assert told == Warn(
        code="not_shown", message="nobody can read along: found 1 rooms, the most at a time"
    )
