import pytest

from wsserver.net.room_ids import RoomIds

IDS = RoomIds(bytes(32))
ROOM = IDS.new("ada")


def test_a_room_is_its_owners_at_every_server_with_the_key() -> None:
    assert len(ROOM) == 24
    assert RoomIds(bytes(32)).is_of(ROOM, "ada")


def test_no_two_rooms_are_the_same() -> None:
    assert len({IDS.new("ada") for _ in range(100)}) == 100


STRANGERS = {
    "none": "",
    "a word": "lobby",
    "cut off": ROOM[:-1],
    "too long": ROOM + "AAAA",
    "all zero": "A" * 24,
    "other case": ROOM.swapcase(),
    "half a character": "\udcff",
    "not ASCII": "ü" * 24,
    "padding": "=" * 24,
}


@pytest.mark.parametrize("room", STRANGERS.values(), ids=STRANGERS)
def test_what_was_never_given_is_nobodys(room: str) -> None:
    assert not IDS.is_of(room, "ada")


def test_a_room_has_one_name() -> None:
    rooms = [IDS.new("ada") for _ in range(100)]

    others = {room.replace("-", "+").replace("_", "/") for room in rooms} - set(rooms)

    assert others
    assert not any(IDS.is_of(room, "ada") for room in others)


def test_a_room_is_nobody_elses_and_of_no_other_key() -> None:
    assert not IDS.is_of(ROOM, "bob")
    assert not RoomIds(b"x" * 32).is_of(ROOM, "ada")
