import asyncio
import time
from typing import Any

import pytest

from tests.waiting import until
from wsserver.net import ended_rooms
from wsserver.net.refusal import Refused
from wsserver.net.room_ids import RoomIds
from wsserver.net.rooms import Rooms
from wsserver.net.settings import RoomSettings


def registry(**settings: Any) -> Rooms:
    return Rooms(RoomSettings(**settings), RoomIds(bytes(32)), time.time)


def code(rooms: Rooms, name: str) -> str:
    with pytest.raises(Refused) as caught:
        rooms.sit(name)
    return caught.value.refusal.code


async def test_a_room_comes_to_life_with_who_comes_and_is_one_for_all() -> None:
    rooms = registry()

    viewer, speaker = rooms.sit("r"), rooms.speak("r")

    assert viewer.room is speaker.room
    assert (len(rooms), rooms.viewers) == (1, 1)


async def test_a_place_is_freed_once() -> None:
    rooms = registry()
    one, _ = rooms.sit("r"), rooms.sit("r")

    one.release()
    one.release()

    assert rooms.viewers == 1


async def test_a_room_lingers_and_is_then_forgotten() -> None:
    rooms = registry(linger_seconds=0.01)
    seat = rooms.sit("r")
    story = seat.room.story_name

    seat.release()
    again = rooms.sit("r")
    again.release()
    await until(lambda: not len(rooms))

    assert again.room.story_name == story
    assert rooms.sit("r").room.story_name != story


async def test_a_room_that_somebody_is_in_stays() -> None:
    rooms = registry(linger_seconds=0.001)
    first, second = rooms.sit("r"), rooms.speak("r")
    first.release()

    await asyncio.sleep(0.01)

    assert rooms.find("r") is not None
    second.release()


async def test_no_token_takes_the_rooms_of_others() -> None:
    rooms = registry(limit=3, limit_per_token=2)
    rooms.sit("bobs", "bob").release()
    rooms.sit("anns first", "ann").release()
    rooms.sit("anns second", "ann")

    rooms.sit("anns third", "ann")

    assert [each for each in ("bobs", "anns first", "anns second") if rooms.find(each)] == [
        "bobs",
        "anns second",
    ]
    with pytest.raises(Refused, match="found 2 rooms of this token"):
        rooms.speak("anns fourth", "ann")
    assert rooms.speak("bobs other", "bob")


async def test_the_room_that_was_empty_longest_makes_room() -> None:
    rooms = registry(limit=2)
    for name in ("a", "b"):
        rooms.sit(name).release()

    rooms.sit("c")

    assert [rooms.find(name) is not None for name in "abc"] == [False, True, True]
    await rooms.stop()


async def test_where_no_room_is_empty_no_other_is_opened() -> None:
    rooms = registry(limit=1)
    rooms.speak("a")

    assert code(rooms, "b") == "full"
    assert rooms.viewers == 0


@pytest.mark.parametrize("limit", ["viewers", "viewers_per_room"])
async def test_viewers_are_limited_and_speakers_come_in_all_the_same(limit: str) -> None:
    rooms = registry(**{limit: 2})
    rooms.sit("r")
    rooms.sit("r")

    assert code(rooms, "r") == "full"
    assert rooms.speak("r")


async def test_nobody_comes_into_a_room_that_was_ended() -> None:
    rooms = registry()
    seat = rooms.sit("r")

    await rooms.end("r")
    seat.release()

    assert seat.is_ended
    assert code(rooms, "r") == "room_ended"
    assert (len(rooms), rooms.viewers) == (0, 0)


async def test_of_each_owner_only_so_many_ended_rooms_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ended_rooms, "MOST_OF_EACH", 2)
    rooms = registry()

    await rooms.end("other", "bob")
    for name in ("a", "b", "a", "c"):
        await rooms.end(name, "ada")

    assert [code(rooms, name) for name in ("other", "a", "c")] == ["room_ended"] * 3
    assert rooms.sit("b")


async def test_a_room_is_brought_only_where_it_is_open() -> None:
    rooms = registry()
    rooms.sit("r")

    assert await rooms.bring("r") is rooms.find("r")
    assert await rooms.bring("another") is None


async def test_a_room_that_was_ended_elsewhere_is_ended_here() -> None:
    rooms = registry()
    seat = rooms.sit("r", "ada")

    rooms.ended("r", "ada")

    assert seat.is_ended
    assert code(rooms, "r") == "room_ended"


async def test_a_room_that_begins_anew_has_another_story_for_all_who_are_in_it() -> None:
    rooms = registry()
    speaker, viewer = rooms.speak("r"), rooms.sit("r")
    opened = rooms.find("r")
    assert opened is not None
    before = viewer.room

    opened.restart("another")

    assert viewer.room is speaker.room
    assert viewer.room is not before
    assert viewer.room.story_name == "another"
