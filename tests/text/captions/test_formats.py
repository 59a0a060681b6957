import re

import pytest
from hypothesis import given

from tests.text.captions.spoken import final, stories
from wsserver.messages import Final
from wsserver.text.captions import Cue, cues, to_srt, to_vtt
from wsserver.text.captions.formats import directed

CLOCK = r"(\d\d+):([0-5]\d):([0-5]\d)%s(\d{3})"
SRT_TIMES = re.compile(" --> ".join([CLOCK % ","] * 2))
VTT_TIMES = re.compile(" --> ".join([CLOCK % r"\."] * 2))


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


def test_more_than_a_hundred_hours_are_written_in_full() -> None:
    assert "123:00:00,000 --> 123:00:01,000" in to_srt([final("late", 442_800.0, 442_801.0)])


@pytest.mark.parametrize(
    ("text", "srt", "vtt"),
    [
        ("AT&T", "AT&T", "AT&amp;T"),
        ("a < b > c", "a < b > c", "a &lt; b &gt; c"),
        ("<i>so</i>", "<i>so</i>", "&lt;i&gt;so&lt;/i&gt;"),
        ("&amp;", "&amp;", "&amp;amp;"),
        ("up --> down", "up -> down", "up --&gt; down"),
        ("up ---> down", "up -> down", "up ---&gt; down"),
        ("one\n\ntwo\r\nthree\u2028four", "one two three four", "one two three four"),
        ("nul\0 bell\a escape\x1b", "nul bell escape", "nul bell escape"),
        ("क्\u200dष", "क्\u200dष", "क्\u200dष"),
    ],
)
def test_what_a_format_gives_a_meaning_is_escaped(text: str, srt: str, vtt: str) -> None:
    assert to_srt([final(text)]).split("\n", 2)[2] == f"{srt}\n"
    assert to_vtt([final(text)]).split("\n", 3)[3] == f"{vtt}\n"


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (("from the left",), ("from the left",)),
        (("ذهبت إلى Peter", "Peter ذهبت إلى"), ("ذهبت إلى Peter", "\u200fPeter ذهبت إلى")),
        (("- שלום, עולם",), ("- שלום, עולם",)),
        (("ABC said שלום",), ("ABC said שלום",)),
        (("123 ...",), ("123 ...",)),
    ],
)
def test_a_line_from_the_right_that_begins_with_other_letters_is_marked(
    lines: tuple[str, ...], shown: tuple[str, ...]
) -> None:
    assert directed(lines) == shown


@given(stories)
def test_whatever_was_said_the_files_keep_their_rules(story: list[Final]) -> None:
    made = cues(story)

    in_vtt, in_srt = parse_vtt(to_vtt(story)), parse_srt(to_srt(story))

    assert in_vtt == [Cue(cue.start_ms, cue.end_ms, directed(cue.lines)) for cue in made]
    assert [(cue.start_ms, cue.end_ms) for cue in in_srt] == [
        (cue.start_ms, cue.end_ms) for cue in made
    ]
