from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.text.captions.spoken import conversations, final, stories, word
from wsserver.messages import Final
from wsserver.text.captions import CUE_LINES, LINE_COLUMNS, Cue, cues
from wsserver.text.captions.costs import COLUMNS_PER_SECOND, LONGEST_SECONDS, SHORTEST_SECONDS
from wsserver.text.captions.cues import LATEST_MS, SHORTEST_GAP_MS, cut
from wsserver.text.captions.tokens import width

SHORTEST_MS = round(SHORTEST_SECONDS * 1000)
LONGEST_MS = round(LONGEST_SECONDS * 1000)


def test_a_cue_begins_and_ends_with_its_words() -> None:
    timed = [word("Good", 1.0, 1.5), word(" morning", 1.5, 2.5)]

    assert cues([final("Good morning", 0.0, 3.0, timed)]) == [Cue(1_000, 2_500, ("Good morning",))]


def test_a_cue_lingers_until_it_can_be_read() -> None:
    assert cues([final("Yes", 1.0, 1.1)]) == [Cue(1_000, 1_000 + SHORTEST_MS, ("Yes",))]
    assert cues([final("x" * 34, 1.0, 1.1)])[0].end_ms == 1_000 + 34_000 / COLUMNS_PER_SECOND


@pytest.mark.parametrize(
    ("next_start", "end_ms"), [(1.2, 1_700), (1.5, 1_833), (2.5, 2_500), (2.9, 1_833)]
)
def test_a_cue_lasts_until_the_next_one_unless_there_is_time_for_a_gap(
    next_start: float, end_ms: int
) -> None:
    made = cues([final("Yes", 1.0, 1.1), final("No", next_start, next_start + 0.2)])

    assert made[0].end_ms == end_ms


def test_a_cue_comes_half_a_second_late_at_most_for_the_sake_of_the_one_before() -> None:
    made = cues([final("x" * 40, 0.0, 1.0), final("y" * 40, 1.0, 2.0)])

    assert [cue.start_ms for cue in made] == [0, 1_500]


def test_no_cue_stays_for_more_than_seven_seconds() -> None:
    assert cues([final("Well", 1.0, 20.0)]) == [Cue(1_000, 8_000, ("Well",))]


def test_cues_neither_overlap_nor_last_no_time_whatever_the_words_say() -> None:
    timed = [word(" one", 2.0, 1.0), word(" two", -1.0, 0.5)]

    made = cues([final("one two", 0.0, 2.0, timed), final("three", 1.5, 1.5)])

    assert all(cue.start_ms < cue.end_ms for cue in made)
    assert all(cue.end_ms <= later.start_ms for cue, later in pairwise(made))


def test_a_final_that_a_guard_emptied_has_no_cue() -> None:
    assert cues([final(""), final("", words=[])]) == []


@given(stories)
def test_whatever_was_said_the_cues_keep_their_limits(story: list[Final]) -> None:
    made = cues(story)

    for cue, following in pairwise(made):
        assert cue.end_ms <= following.start_ms
    for cue in made:
        assert 0 <= cue.start_ms < cue.end_ms <= cue.start_ms + LONGEST_MS
        assert 1 <= len(cue.lines) <= CUE_LINES
        assert all(line and width(line) <= LINE_COLUMNS for line in cue.lines)


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1), max_size=60))
def test_no_character_that_was_said_is_missing_and_none_is_moved(spoken: list[str]) -> None:
    made = cues([final(" ".join(spoken))])

    shown = "".join("".join(cue.lines) for cue in made)
    assert shown.replace(" ", "") == "".join(spoken)


@given(stories, st.integers(0, 6))
def test_more_finals_change_only_how_long_the_last_cue_stays(
    story: list[Final], count: int
) -> None:
    before, after = cues(story[:count]), cues(story)

    assert after[: len(before)][:-1] == before[:-1]
    if before:
        last = after[len(before) - 1]
        assert (last.start_ms, last.lines) == (before[-1].start_ms, before[-1].lines)


@given(conversations())
def test_a_cue_can_be_read_unless_the_next_words_come_before(story: list[Final]) -> None:
    spoken = [each for said in story for each in cut(said)]

    made = cues(story)

    for cue, words, following in zip(made, spoken, spoken[1:], strict=False):
        latest_ms = following.start_ms + LATEST_MS
        readable = cue.end_ms - cue.start_ms >= min(words.reading_ms, LONGEST_MS)
        assert readable or cue.end_ms >= min(latest_ms, cue.start_ms + LONGEST_MS)


@given(conversations())
def test_a_cue_is_never_early_and_at_most_half_a_second_late(story: list[Final]) -> None:
    spoken = [each for said in story for each in cut(said)]

    for cue, words in zip(cues(story), spoken, strict=True):
        assert words.start_ms <= cue.start_ms <= words.start_ms + LATEST_MS


@given(conversations())
def test_there_is_no_gap_of_less_than_a_second(story: list[Final]) -> None:
    for cue, following in pairwise(cues(story)):
        gap_ms = following.start_ms - cue.end_ms
        is_longest = cue.end_ms - cue.start_ms == LONGEST_MS
        assert gap_ms == 0 or gap_ms >= SHORTEST_GAP_MS or is_longest
