from typing import Any

from tests.rooms.told import final, partial
from wsserver.broker.room_events import Changed, Event, Heard, Left, Look, Opened, Said, Told
from wsserver.broker.room_replica import Replica
from wsserver.rooms.room import Room
from wsserver.rooms.story import as_told


def said(number: int) -> Said:
    return Said("a", number, as_told(final(number), "a", number, 0.0))


def look(seq: int = 0, **known: Any) -> Look:
    usual = {"story": "s", "born": "b", "last": 0, "base": 0, "owner": "", "began_ms": 0}
    return Look(**{**usual, "seq": seq, "now_ms": 0, "sessions": (), "finals": (), **known})


def whole(**known: Any) -> Replica:
    replica = Replica(Room("room", "s", 100), "here")
    assert replica.enter(look(**known), ())
    return replica


def tell(replica: Replica, seq: int, event: Event, born: str = "b") -> bool:
    return replica.hear(Told(born, seq, event))


OPENED = Opened("a", 1, 0.0, 0, "there")


def test_events_are_taken_in_their_order() -> None:
    replica = whole()

    in_step = tell(replica, 1, OPENED) and tell(replica, 2, said(1))

    assert in_step
    assert replica.room.story.last == 1
    assert replica.gateways == {"a": "there"}


def test_an_event_that_was_taken_is_taken_no_more() -> None:
    replica = whole(seq=4)

    assert tell(replica, 4, OPENED)
    assert not replica.room.is_live


def test_where_an_event_is_missing_it_has_to_look_again() -> None:
    replica = whole()

    assert not tell(replica, 2, OPENED)
    assert not replica.is_whole


def test_where_redis_has_begun_anew_it_has_to_look_again() -> None:
    replica = whole(seq=4)

    assert not tell(replica, 1, OPENED, born="another")


def test_where_something_else_has_changed_it_has_to_look_again() -> None:
    assert not tell(whole(), 1, Changed())


def test_what_comes_while_it_looks_is_taken_behind_what_it_saw() -> None:
    replica = Replica(Room("room", "s", 100), "here")
    events: list[Event] = [OPENED, said(1), said(2), Left("a", 1)]
    for seq, event in enumerate(events, 1):
        assert tell(replica, seq, event)
    before = replica.room.story.last

    seen = look(seq=2, last=1, sessions=(OPENED,), finals=(said(1).told,))
    replica.take(seen)
    is_in_step = replica.enter(seen, ())

    assert before == 0
    assert is_in_step
    assert replica.room.story.last == 2
    assert not replica.room.is_live


def test_what_is_missing_between_both_is_noticed() -> None:
    replica = Replica(Room("room", "s", 100), "here")
    tell(replica, 5, said(2))

    assert not replica.enter(look(seq=2), ())


def test_sessions_that_are_not_known_any_more_are_gone_but_for_those_that_stay() -> None:
    replica = whole()
    tell(replica, 1, OPENED)
    replica.room.opened("b", 1, 0.0)
    replica.room.opened("c", 1, 0.0)

    replica.doubt()
    replica.enter(look(seq=3, sessions=(Opened("a", 2, 0.0, 0, "-"),)), {"b"})

    assert replica.room.speakers() == {"b": 1}
    assert replica.gateways == {}


def test_a_gateway_does_not_hear_its_own_partials() -> None:
    replica = whole()
    tell(replica, 1, OPENED)

    for gateway in ("here", "there"):
        replica.hear(Told("-", 0, Heard("a", 1, gateway, partial(1, f"at {gateway}"))))

    shown = replica.room.due(replica.room.entry("", 0), 10).messages
    assert [getattr(each, "text", None) for each in shown] == ["at there"]
