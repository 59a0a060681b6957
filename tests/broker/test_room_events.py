import traceback
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rooms.told import partial
from wsserver.broker.room_events import (
    UNREADABLE,
    Changed,
    Heard,
    Left,
    Opened,
    Said,
    Told,
    read,
    read_look,
    write_final,
    write_partial,
    write_told,
)
from wsserver.messages import Final, TimedWord
from wsserver.rooms.room import Room

SECONDS = st.integers(0, 10**7).map(lambda ms: ms / 1000)
WORD = st.builds(
    TimedWord,
    text=st.text(min_size=1),
    start=SECONDS,
    end=SECONDS,
    probability=st.floats(0.0, 1.0),
)
WORDS = st.lists(WORD, max_size=3)
FINALS = st.builds(
    Final,
    utterance=st.integers(1, 10**6),
    text=st.text(min_size=1),
    start=SECONDS,
    end=SECONDS,
    language=st.sampled_from([None, "en"]),
    words=st.one_of(st.none(), WORDS.map(tuple)),
    through=st.just(0),
)


@given(final=FINALS, offset_ms=st.integers(-(10**7), 10**7))
def test_a_final_is_placed_elsewhere_as_a_room_in_memory_places_it(
    final: Final, offset_ms: int
) -> None:
    room = Room("room", "story", 10)
    room.opened("a", 1, 0.0)
    room.place("a", 1, offset_ms / 1000, 0)
    room.final("a", 1, final)
    head = f"born 7 final a 1 {final.utterance} 1 {offset_ms}\n".encode()

    told = read(head + write_final(final))

    assert told == Told("born", 7, Said("a", final.utterance, *room.story.after(0)))


@given(final=FINALS, offset_ms=st.integers(-(10**7), 10**7))
def test_a_final_that_is_told_again_is_the_same(final: Final, offset_ms: int) -> None:
    head = f"born 7 final a 1 {final.utterance} 3 {offset_ms}\n".encode()
    first = read(head + write_final(final)).event
    assert isinstance(first, Said)
    assert first.told is not None

    found = write_told(first.told)
    look = read_look(
        {b"story": b"s", b"born": b"b", b"last": b"3", b"base": b"3"},
        [(found[0].encode(), found[1])],
        0,
    )

    assert look.finals == (first.told,)


def test_a_final_that_cannot_be_read_keeps_its_number_and_stops_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = write_final(Final(utterance=1, text="One.", start=0, end=1, through=0))
    found = [(b"a 1 1 1 500", body), (b"a 1 2 2 500", b'{"text": "words"}')]

    look = read_look({b"story": b"s", b"born": b"b", b"last": b"2", b"base": b"0"}, found, 0)

    assert [(each.number, each.utterance, each.text) for each in look.finals] == [
        (1, 1, "One."),
        (2, 2, UNREADABLE),
    ]
    assert look.finals[1].start == look.finals[1].end == 0.5
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "words" not in caplog.text


def test_no_cursor_goes_to_others() -> None:
    final = Final(utterance=1, text="a", start=0, end=1, through=9, cursor="secret", resend_from=3)

    assert b"secret" not in write_final(final)
    assert write_final(replace(final, text="")) == b""


@pytest.mark.parametrize(
    ("data", "event"),
    [
        (b"b 1 opened a 2 -1500 3 g\n", Opened("a", 2, -1.5, 3, "g")),
        (b"b 1 final a 2 4 0 0\n", Said("a", 4, None)),
        (b"b 1 left a 2\n", Left("a", 2)),
        (b"b 1 grown\n", Changed()),
        (b"b 1 of-a-newer-version a b c\n", Changed()),
        (write_partial("g", "a", 2, partial(3)), Heard("a", 2, "g", partial(3))),
    ],
)
def test_an_event_is_read(data: bytes, event: object) -> None:
    assert read(data).event == event


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xff",
        b"b x left a 1\n",
        b"b 1\n",
        b"b 1 left a x\n",
        b"b 1 final a 1 1 1 0\n{}",
        b"- 0 partial g a 1\nnothing",
    ],
)
def test_what_is_no_event_is_told_from_one(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(data)


@pytest.mark.parametrize("head", [b"b 1 final a 1 1 1 0", b"- 0 partial g a 1"])
def test_the_fault_of_an_event_quotes_no_word_of_it(head: bytes) -> None:
    body = b'\n{"text": 5, "' + b"words" * 9 + b'": 1}'

    with pytest.raises(ValueError, match="found no") as found:
        read(head + body)

    assert "wordswords" not in "".join(traceback.format_exception(found.value))
