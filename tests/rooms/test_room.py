"""What a room shows, and that every viewer sees every final once and in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rooms.told import Reader, final, partial, says
from wsserver.messages import Final, Partial
from wsserver.rooms import captions
from wsserver.rooms import room as room_module
from wsserver.rooms.room import Room
from wsserver.rooms.story import as_told


def opened(most: int = 100) -> Room:
    room = Room("r", "s", most)
    room.opened("a", 1, now=1000.0)
    return room


def test_a_viewer_sees_what_is_said_as_it_is_said() -> None:
    room = opened()
    reader = Reader.new(room)
    seen = []

    for said in (partial(1, "on"), partial(1, "one"), final(1), partial(2, "tw")):
        match said:
            case Final():
                room.final("a", 1, said)
            case Partial():
                room.partial("a", 1, said)
        seen += reader.read()

    assert seen == ["a1: on", "a1: one", "1 a1", "a2: tw"]
    assert reader.position == room.head


def test_a_late_viewer_gets_the_story_so_far_and_the_newest_partial() -> None:
    room = opened()
    for utterance in (1, 2):
        room.partial("a", 1, partial(utterance))
        room.final("a", 1, final(utterance))
    room.partial("a", 1, partial(3, "an"))
    late = Reader.new(room)

    assert room.welcome("Talk").finals == 2
    assert late.read() == ["1 a1", "2 a2", "a3: an"]
    assert late.read() == []


def test_a_slow_viewer_gets_every_final_and_the_newest_partial_alone() -> None:
    room = opened()
    slow = Reader.new(room)
    for utterance in (1, 2, 3):
        room.partial("a", 1, partial(utterance))
        room.final("a", 1, final(utterance))
        room.partial("a", 1, partial(utterance + 1))

    assert slow.read() == ["1 a1", "2 a2", "3 a3", "a4: sai"]


def test_finals_come_in_pieces_and_nothing_else_before_the_last_of_them() -> None:
    room = opened()
    reader = Reader.new(room)
    for utterance in (1, 2, 3):
        room.final("a", 1, final(utterance))
    room.partial("a", 1, partial(4))

    assert [reader.read(2), reader.read(2)] == [["1 a1", "2 a2"], ["3 a3", "a4: sai"]]


def test_an_empty_final_takes_its_partial_away() -> None:
    room = opened()
    reader, newcomer = Reader.new(room), Reader.new(room)
    room.partial("a", 1, partial(1))
    reader.read()

    room.final("a", 1, final(1, text=""))

    assert reader.read() == ["a1: "]
    assert newcomer.read() == []


def test_the_end_of_a_partial_that_was_not_final_is_told() -> None:
    room = opened()
    reader = Reader.new(room)
    room.partial("a", 1, partial(1))
    reader.read()

    room.left("a", 1)

    assert reader.read() == ["a1: ", "silent"]


def test_a_partial_that_comes_after_its_final_is_not_shown() -> None:
    room = opened()
    room.final("a", 1, final(1))

    room.partial("a", 1, partial(1))

    assert Reader.new(room).read() == ["1 a1"]


def test_the_next_utterance_may_begin_before_the_final() -> None:
    room = opened()
    room.partial("a", 1, partial(1))
    room.partial("a", 1, partial(2))

    room.final("a", 1, final(1))

    assert Reader.new(room).read() == ["1 a1", "a2: sai"]


def test_sessions_share_a_line_of_time() -> None:
    room = opened()
    room.opened("b", 1, now=1007.5)
    room.final("b", 1, final(1, start=1.0))
    room.partial("b", 1, partial(2))

    told = room.due(Reader.new(room).position, 10).messages

    spoken = [each for each in told if isinstance(each, captions.Final | captions.Partial)]
    assert [(each.start, each.end) for each in spoken] == [(8.5, 9.0), (9.5, 9.75)]


def test_a_session_that_goes_on_in_a_new_story_begins_it_there() -> None:
    room = Room("r", "s", 10)
    room.opened("a", 2, now=50.0, position=600.0)
    room.final("a", 2, final(9, start=601.0))

    (told,) = room.story.after(0)

    assert told.start == 1.0


def test_live_is_told_when_the_first_comes_and_the_last_goes() -> None:
    room = Room("r", "s", 10)
    reader = Reader.new(room)
    seen = []
    for session in ("a", "b"):
        room.opened(session, 1, 0.0)
        seen.append(reader.read())
    for session in ("a", "b"):
        room.left(session, 1)
        seen.append(reader.read())

    assert seen == [["live"], [], [], ["silent"]]


def test_who_was_away_in_between_is_not_told_that_the_speaker_was_too() -> None:
    room = opened()
    reader = Reader.new(room)
    room.left("a", 1)
    room.opened("a", 2, 0.0)

    assert reader.read() == []


def test_the_old_connection_of_a_session_that_goes_on_does_nothing_any_more() -> None:
    room = opened()
    reader = Reader.new(room)
    room.opened("a", 2, 0.0)

    room.partial("a", 1, partial(1))
    room.final("a", 1, final(1))
    room.left("a", 1)

    assert reader.read() == []
    assert room.is_live


@pytest.mark.parametrize(
    ("story", "number", "expected"),
    [
        ("s", 0, ["1 a1", "2 a2", "3 a3"]),
        ("s", 2, ["3 a3"]),
        ("s", 3, []),
        ("s", 99, []),
        ("s", -5, ["1 a1", "2 a2", "3 a3"]),
        ("of before", 2, ["1 a1", "2 a2", "3 a3"]),
    ],
)
def test_who_comes_back_gets_what_follows(story: str, number: int, expected: list[str]) -> None:
    room = opened()
    for utterance in (1, 2, 3):
        room.final("a", 1, final(utterance))

    due = room.due(room.entry(story, number), 100)

    assert [says(each) for each in due.messages] == expected


def test_the_newest_partials_of_too_many_sessions_are_not_all_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room_module, "MOST_SHOWN", 2)
    room = opened()
    for session in ("b", "c"):
        room.opened(session, 1, 0.0)
    for session in ("a", "b", "a", "c"):
        room.partial(session, 1, partial(1))

    assert Reader.new(room).read() == ["a1: sai", "c1: sai"]


SESSIONS = ("a", "b")
UTTERANCES = 6
EMPTY = {("a", 3), ("b", 1), ("b", 6)}

Step = tuple[str, str, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["say", "say", "murmur", "resume", "stale", "read", "read", "back", "come"]
        ),
        st.sampled_from(SESSIONS),
        st.integers(0, UTTERANCES),
    ),
    max_size=60,
)


class Evening:
    """Two sessions that break and go on from any of their cursors, and viewers who come and go."""

    def __init__(self) -> None:
        self.room = Room("r", "s", 1000)
        self.generation = dict.fromkeys(SESSIONS, 1)
        self.cursor = dict.fromkeys(SESSIONS, 0)
        self.furthest = dict.fromkeys(SESSIONS, 0)
        for session in SESSIONS:
            self.room.opened(session, 1, 0.0)
        self.readers = [Reader.new(self.room)]

    def say(self, session: str, generation: int, utterance: int) -> None:
        text = "" if (session, utterance) in EMPTY else None
        self.room.partial(session, generation, partial(utterance))
        self.room.final(session, generation, final(utterance, text))

    def go(self, what: str, session: str, number: int) -> None:
        reader = self.readers[number % len(self.readers)]
        match what:
            case "say" if self.cursor[session] < UTTERANCES:
                self.cursor[session] += 1
                self.say(session, self.generation[session], self.cursor[session])
                self.furthest[session] = max(self.furthest[session], self.cursor[session])
            case "murmur":
                generation = self.generation[session]
                self.room.partial(session, generation, partial(self.cursor[session] + 1))
            case "resume":
                self.generation[session] += 1
                self.cursor[session] = min(number, self.cursor[session])
                self.room.opened(session, self.generation[session], 0.0)
            case "stale" if self.generation[session] > 1:
                self.say(session, self.generation[session] - 1, max(1, number))
                self.room.left(session, self.generation[session] - 1)
            case "read":
                reader.read(1 + number % 3)
            case "back":
                reader.come_back()
            case "come":
                self.readers.append(Reader.new(self.room))

    def end(self) -> None:
        for session in SESSIONS:
            while self.cursor[session] < UTTERANCES:
                self.go("say", session, 0)
            self.room.left(session, self.generation[session])
        for reader in self.readers:
            reader.read_all(2)


@given(steps)
def test_every_viewer_sees_every_final_once_and_in_order(told: list[Step]) -> None:
    evening = Evening()

    for step in told:
        evening.go(*step)
    evening.end()

    story = list(evening.room.story.after(0))
    assert [each.number for each in story] == list(range(1, len(story) + 1))
    for session in SESSIONS:
        utterances = [each.utterance for each in story if each.session == session]
        expected = [u for u in range(1, UTTERANCES + 1) if (session, u) not in EMPTY]
        assert utterances == expected
    for reader in evening.readers:
        assert reader.finals == story
        assert reader.position == evening.room.head


@given(steps)
def test_in_the_end_no_viewer_is_left_with_a_partial(told: list[Step]) -> None:
    evening = Evening()

    for step in told:
        evening.go(*step)
    evening.end()

    for reader in evening.readers:
        shown: dict[str, int] = {}
        for each in reader.told:
            if each.type == "room":
                shown.clear()
            elif each.type == "partial":
                shown[each.session] = each.utterance if each.text else 0
            elif each.type == "final" and shown.get(each.session, 0) <= each.utterance:
                shown[each.session] = 0
        assert not any(shown.values())


def test_a_final_that_was_numbered_elsewhere_takes_its_partial_away() -> None:
    room = Room("r", "s", 10)
    reader = Reader.new(room)
    room.place("a", 1, 0.0, 0)
    room.partial("a", 1, partial(1))
    room.partial("a", 1, partial(2))
    reader.read()

    room.put("a", 1, as_told(final(1), "a", 1, 0.0))
    behind = reader.read()
    room.put("a", 2, None)

    assert behind == ["1 a1"]
    assert reader.read() == ["a2: "]
    assert room.story.last == 1


def test_a_session_that_spoke_elsewhere_is_remembered_and_silent() -> None:
    room = Room("r", "s", 10)

    room.recall("a", 2, 1.5, 3)

    assert not room.is_live
    assert not room.story.is_news("a", 2, 3)
