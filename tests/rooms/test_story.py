from dataclasses import replace

import pytest

from tests.rooms.told import final
from wsserver.messages import TimedWord
from wsserver.rooms import story as story_module
from wsserver.rooms.story import Story, as_said, as_told


def numbers(story: Story, number: int = 0, most: int | None = None) -> list[int]:
    return [each.number for each in story.after(number, most)]


def told(count: int, most: int = 100) -> Story:
    story = Story(most)
    story.opened("a", 1, 0.0)
    for utterance in range(1, count + 1):
        story.add("a", final(utterance))
    return story


def test_finals_are_numbered_from_one() -> None:
    story = told(3)

    assert numbers(story) == [1, 2, 3]
    assert (story.first, story.last) == (1, 3)


def test_before_the_first_final_there_is_nothing() -> None:
    story = told(0)

    assert numbers(story) == []
    assert (story.first, story.last) == (1, 0)


@pytest.mark.parametrize(
    ("number", "most", "expected"),
    [
        (0, None, [1, 2, 3, 4, 5]),
        (3, None, [4, 5]),
        (5, None, []),
        (9, None, []),
        (0, 2, [1, 2]),
        (2, 2, [3, 4]),
        (4, 2, [5]),
    ],
)
def test_what_follows_a_number_is_given_in_pieces(
    number: int, most: int | None, expected: list[int]
) -> None:
    assert numbers(told(5), number, most) == expected


def test_the_oldest_finals_are_dropped_and_the_numbers_stay() -> None:
    story = told(5, most=3)

    assert numbers(story) == [3, 4, 5]
    assert (story.first, story.last) == (3, 5)
    assert numbers(story, 1, 1) == [3]


def test_an_empty_final_has_no_place_but_is_final() -> None:
    story = told(1)
    story.add("a", final(2, text=""))

    assert numbers(story) == [1]
    assert not story.is_news("a", 1, 2)
    assert story.is_news("a", 1, 3)


def test_only_the_highest_generation_of_a_session_tells() -> None:
    story = told(1)

    story.opened("a", 3, 9.0)
    story.opened("a", 2, 9.0)

    assert [story.is_news("a", generation, 2) for generation in (1, 2, 3)] == [False, False, True]
    assert not story.is_news("b", 1, 1)


def test_a_session_keeps_the_offset_of_its_first_connection() -> None:
    story = told(0)
    story.opened("b", 1, 10.0)
    story.opened("b", 2, 99.0)

    story.add("b", final(1, start=1.0))

    assert [(each.start, each.end) for each in story.after(0)] == [(11.0, 11.5)]
    assert story.time("b", 2.0) == 12.0


def test_words_stand_on_the_same_line_of_time() -> None:
    story = told(0)
    story.opened("b", 1, 10.0)
    words = (TimedWord(text=" one", start=1.1, end=1.2, probability=0.9),)
    story.add("b", replace(final(1), words=words))

    (heard,) = story.after(0)

    assert heard.words == (TimedWord(text=" one", start=11.1, end=11.2, probability=0.9),)


def test_a_file_holds_all_sessions_in_the_order_in_which_they_became_final() -> None:
    story = told(0)
    story.opened("b", 1, 0.25)
    for session, utterance in (("a", 2), ("b", 1), ("b", 2), ("a", 3)):
        story.add(session, final(utterance))

    said = as_said(story.after(0))

    assert [each.start for each in said] == [2.0, 1.25, 2.25, 3.0]
    assert [each.utterance for each in said] == [1, 2, 3, 4]


def test_of_many_sessions_those_that_ended_first_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(story_module, "MOST_SESSIONS", 3)
    story = told(1)
    for session in "bc":
        story.opened(session, 1, 0.0)
        story.left(session)
    story.opened("b", 2, 0.0)
    story.left("b")

    story.opened("d", 1, 0.0)

    lines = (("a", 1), ("b", 2), ("c", 1), ("d", 1))
    assert [story.is_news(*line, 9) for line in lines] == [True, True, False, True]


def test_no_session_is_forgotten_while_it_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story_module, "MOST_SESSIONS", 1)
    story = told(1)

    story.opened("b", 1, 0.0)
    story.add("a", final(2))

    assert [story.is_news(session, 1, 3) for session in "ab"] == [True, True]


def test_finals_that_have_their_numbers_are_added_once_and_in_order() -> None:
    story = Story(10)
    told = [as_told(final(number), "a", number, 0.0) for number in (1, 2, 3)]

    for each in (told[0], told[1], told[0], told[2], told[1]):
        story.put(each)

    assert story.after(0) == tuple(told)
    assert (story.first, story.last) == (1, 3)


def test_where_finals_are_missing_those_before_them_are_forgotten() -> None:
    story = Story(10)

    for number in (1, 2, 7, 8):
        story.put(as_told(final(number), "a", number, 0.0))

    assert (story.first, story.last) == (7, 8)
    assert [each.number for each in story.after(0)] == [7, 8]


def test_a_session_is_placed_anew_where_more_is_known() -> None:
    story = Story(10)
    story.opened("a", 1, 5.0)
    story.place("a", 2, 3.0, 4)
    story.place("a", 1, 3.0, 2)

    assert story.time("a", 1.0) == 4.0
    assert not story.is_news("a", 2, 4)
    assert story.is_news("a", 2, 5)
