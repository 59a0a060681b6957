import pytest

from tests.rooms.told import final, partial
from wsserver.broker import room_waiting
from wsserver.broker.room_waiting import Leaving, Opening, Own, Saying, Waiting

OPENING = Opening("a", 1, 0.0, 0.0)
LEAVING = Leaving("a", 1)


def saying(utterance: int, text: str | None = None) -> Saying:
    return Saying("a", 1, final(utterance, text))


def waiting(*owns: Own) -> Waiting:
    made = Waiting()
    for own in owns:
        made.add(own)
    return made


def send_all(made: Waiting) -> list[Own]:
    sent = []
    while (own := made.next()) is not None:
        sent.append(own)
        made.took(own)
    return sent


def test_everything_is_sent_once_and_finals_wait_until_they_are_seen() -> None:
    owns = (OPENING, saying(1), saying(2), LEAVING)
    made = waiting(*owns)

    sent = send_all(made)
    waits = bool(made)
    made.seen("a", 2)

    assert sent == list(owns)
    assert waits
    assert not made
    assert made.open == {}


def test_what_nobody_has_seen_is_sent_again_behind_who_speaks() -> None:
    made = waiting(OPENING, saying(1), saying(2))
    send_all(made)
    made.seen("a", 1)

    made.again({})
    made.again({})

    assert send_all(made) == [OPENING, saying(2)]


def test_a_session_that_redis_knows_is_not_told_again() -> None:
    made = waiting(OPENING)
    send_all(made)

    made.again({"a": 1})

    assert made.next() is None


def test_a_final_that_was_seen_before_its_answer_came_is_not_counted_twice() -> None:
    made = waiting(saying(1), saying(2))

    made.seen("a", 1)
    made.took(saying(1))

    assert made.next() == saying(2)


def test_a_final_that_is_no_news_waits_no_more() -> None:
    made = waiting(saying(1), saying(2))

    made.refuse(saying(1))

    assert send_all(made) == [saying(2)]


def test_what_waits_is_shown_before_what_is_heard() -> None:
    made = waiting(saying(1, "One."), saying(2, ""), saying(3, "Three."))

    shown = made.hear("a", partial(4, "fou"))

    assert shown.text == "One. Three. fou"
    assert (shown.utterance, shown.committed, shown.start) == (4, len("One. Three. "), 1.0)
    assert made.hear("b", partial(1, "other")).text == "other"


def test_when_some_of_it_is_seen_the_rest_is_shown() -> None:
    made = waiting(saying(1, "One."), saying(2, "Two."))

    before = made.shown("a")
    made.seen("a", 1)
    between = made.shown("a")
    made.seen("a", 2)

    assert before is not None
    assert between is not None
    assert (before.text, before.utterance) == ("One. Two.", 2)
    assert between.text == "Two."
    assert made.shown("a") is None


def test_a_partial_is_forgotten_when_its_utterance_is_final() -> None:
    made = waiting()
    made.hear("a", partial(1))

    made.add(saying(1))
    made.seen("a", 1)

    assert made.shown("a") is None


def test_of_too_many_finals_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_waiting, "MOST_FINALS", 2)

    made = waiting(OPENING, saying(1), saying(2), saying(3))

    assert made.lost == 1
    assert send_all(made) == [OPENING, saying(2), saying(3)]
