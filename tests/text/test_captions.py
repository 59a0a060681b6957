import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.messages import Final, FinalWord
from wsserver.text.captions import CUE_LINES, LINE_CHARACTERS, Cue, cues, to_srt, to_vtt

CLOCK = r"(\d\d+):([0-5]\d):([0-5]\d)%s(\d{3})"
SRT_TIMES = re.compile(" --> ".join([CLOCK % ","] * 2))
VTT_TIMES = re.compile(" --> ".join([CLOCK % r"\."] * 2))


def final(
    text: str, start: float = 0.0, end: float = 1.0, words: Sequence[FinalWord] | None = None
) -> Final:
    spoken = None if words is None else tuple(words)
    return Final(
        utterance=0, text=text, start=start, end=end, language="en", words=spoken, through=0
    )


def word(text: str, start: float, end: float) -> FinalWord:
    return FinalWord(text=text, start=start, end=end, probability=0.9)


def parsed(times: re.Pattern[str], block: str) -> Cue:
    """Read a block of times and lines, as strictly as the formats put it."""
    head, *lines = block.split("\n")
    match = times.fullmatch(head)
    assert match is not None
    assert all([lines, *lines])
    h, m, s, ms, *end = (int(number) for number in match.groups())
    start_ms = ((h * 60 + m) * 60 + s) * 1000 + ms
    end_ms = ((end[0] * 60 + end[1]) * 60 + end[2]) * 1000 + end[3]
    return Cue(start_ms, end_ms, tuple(lines))


def parse_srt(file: str) -> list[Cue]:
    found = []
    for number, block in enumerate(file.removesuffix("\n").split("\n\n") if file else [], 1):
        index, rest = block.split("\n", 1)
        assert index == str(number)
        assert "-->" not in rest.split("\n", 1)[1]
        found.append(parsed(SRT_TIMES, rest))
    return found


def parse_vtt(file: str) -> list[Cue]:
    head, *blocks = file.removesuffix("\n").split("\n\n")
    assert head == "WEBVTT"
    found = []
    for block in blocks:
        cue = parsed(VTT_TIMES, block)
        assert not any(re.search(r"[<>]|&(?!amp;|lt;|gt;)", line) for line in cue.lines)
        plain = (
            line.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            for line in cue.lines
        )
        found.append(Cue(cue.start_ms, cue.end_ms, tuple(plain)))
    return found


def test_finals_become_a_subrip_file() -> None:
    spoken = [final("Good morning.", 0.5, 1.75), final("How are you?", 3661.002, 3662.9996)]

    file = to_srt(spoken)

    assert file == (
        "1\n00:00:00,500 --> 00:00:01,750\nGood morning.\n"
        "\n"
        "2\n01:01:01,002 --> 01:01:03,000\nHow are you?\n"
    )


def test_finals_become_a_webvtt_file() -> None:
    spoken = [final("Good morning.", 0.5, 1.75), final("How are you?", 3661.002, 3662.9996)]

    file = to_vtt(spoken)

    assert file == (
        "WEBVTT\n"
        "\n"
        "00:00:00.500 --> 00:00:01.750\nGood morning.\n"
        "\n"
        "01:01:01.002 --> 01:01:03.000\nHow are you?\n"
    )


def test_no_finals_are_a_file_without_cues() -> None:
    assert to_srt([]) == ""
    assert to_vtt([]) == "WEBVTT\n"


def test_a_final_that_a_guard_emptied_has_no_cue() -> None:
    assert cues([final(""), final("", words=[])]) == []


def test_more_than_a_hundred_hours_are_written_in_full() -> None:
    assert "123:00:00,000 --> 123:00:01,000" in to_srt([final("late", 442_800.0, 442_801.0)])


def test_a_long_final_is_cut_at_words_into_cues_timed_by_its_words() -> None:
    spoken = [" the"] * 25  # 24 * 4 + 3 characters, of which 10 words fill a line
    timed = [word(text, index * 0.5, index * 0.5 + 0.4) for index, text in enumerate(spoken)]

    made = cues([final("".join(spoken).strip(), 0.0, 12.4, timed)])

    assert made == [
        Cue(0, 9_900, (" ".join(["the"] * 10), " ".join(["the"] * 10))),
        Cue(10_000, 12_400, (" ".join(["the"] * 5),)),
    ]


def test_a_long_final_without_words_spreads_its_text_over_its_time() -> None:
    text = " ".join(["abc"] * 30)  # 119 characters: two lines of 10 words, then 10 words

    made = cues([final(text, 10.0, 10.0 + 0.119)])

    assert [(cue.start_ms, cue.end_ms) for cue in made] == [(10_000, 10_079), (10_079, 10_119)]


def test_a_line_holds_forty_two_characters_and_not_one_more() -> None:
    fits = "a" * 20 + " " + "b" * 21

    assert cues([final(fits)])[0].lines == (fits,)
    assert cues([final(fits + "b")])[0].lines == ("a" * 20, "b" * 22)


def test_a_language_without_spaces_is_cut_to_lines() -> None:
    made = cues([final("語" * 100)])

    assert [[len(line) for line in cue.lines] for cue in made] == [[42, 42], [16]]


@pytest.mark.parametrize(
    ("text", "srt", "vtt"),
    [
        ("AT&T", "AT&T", "AT&amp;T"),
        ("a < b > c", "a < b > c", "a &lt; b &gt; c"),
        ("<i>so</i>", "<i>so</i>", "&lt;i&gt;so&lt;/i&gt;"),
        ("&amp;", "&amp;", "&amp;amp;"),
        ("up --> down", "up -> down", "up --&gt; down"),
        ("one\n\ntwo\r\nthree\u2028four", "one two three four", "one two three four"),
        ("nul\0 bell\a escape\x1b", "nul bell escape", "nul bell escape"),
        ("क्\u200dष", "क्\u200dष", "क्\u200dष"),
    ],
)
def test_what_a_format_gives_a_meaning_is_escaped(text: str, srt: str, vtt: str) -> None:
    assert to_srt([final(text)]).split("\n", 2)[2] == f"{srt}\n"
    assert to_vtt([final(text)]).split("\n", 3)[3] == f"{vtt}\n"


def test_cues_neither_overlap_nor_last_no_time_whatever_the_words_say() -> None:
    timed = [word(" one", 2.0, 1.0), word(" two", -1.0, 0.5)]

    made = cues([final("one two", 0.0, 2.0, timed), final("three", 1.5, 1.5)])

    assert made == [Cue(2_000, 2_001, ("one two",)), Cue(2_001, 2_002, ("three",))]


times = st.floats(0, 400_000, allow_nan=False)
texts = st.text(max_size=200)
words = st.lists(st.builds(word, texts, times, times), max_size=20)
spoken_finals = st.lists(
    st.one_of(st.builds(final, texts, times, times), st.builds(final, texts, times, times, words)),
    max_size=6,
)


@given(spoken_finals)
def test_whatever_was_said_the_files_keep_their_rules(spoken: list[Final]) -> None:
    made = cues(spoken)

    in_vtt, in_srt = parse_vtt(to_vtt(spoken)), parse_srt(to_srt(spoken))

    assert in_vtt == made
    assert [(cue.start_ms, cue.end_ms) for cue in in_srt] == [
        (cue.start_ms, cue.end_ms) for cue in made
    ]
    for cue, following in pairwise(made):
        assert cue.end_ms <= following.start_ms
    for cue in made:
        assert cue.start_ms < cue.end_ms
        assert 1 <= len(cue.lines) <= CUE_LINES
        assert all(0 < len(line) <= LINE_CHARACTERS for line in cue.lines)


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1), max_size=60))
def test_no_character_that_was_said_is_missing(spoken: list[str]) -> None:
    made = cues([final(" ".join(spoken))])

    shown = "".join("".join(cue.lines) for cue in made)
    assert shown.replace(" ", "") == "".join(spoken)
