from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.text.captions.spoken import final, stories
from tests.text.captions.test_formats import parse_srt, parse_vtt
from wsserver.messages import Final
from wsserver.text.captions import SRT, VTT, Cue, Format, GrowingFile, cues, to_srt, to_vtt
from wsserver.text.captions.costs import SHORTEST_SECONDS

SHORTEST_MS = round(SHORTEST_SECONDS * 1000)
TALK = "We walked along the ocean until it was dark, and nobody said a word about the letter. " * 4


def numbered(story: Sequence[Final]) -> list[Final]:
    return [replace(each, utterance=number) for number, each in enumerate(story, 1)]


def grown(file: GrowingFile, news: Sequence[Final], first: int = 0) -> str:
    file.add(news)
    return file.write(first)


@given(stories, st.integers(0, 6), st.sampled_from([(SRT, to_srt), (VTT, to_vtt)]))
def test_a_file_that_grew_is_one_that_was_written_at_once(
    story: list[Final], at: int, form: tuple[Format, object]
) -> None:
    kind, write = form
    told, file = numbered(story), GrowingFile(kind)
    assert callable(write)

    earlier = grown(file, told[:at])
    later = grown(file, told[at:])

    assert earlier == write(told[:at])
    assert later == write(told)


@given(stories, st.integers(0, 6))
def test_what_was_fetched_stays_save_how_long_the_last_cue_stands(
    story: list[Final], at: int
) -> None:
    told, file = numbered(story), GrowingFile(VTT)

    earlier = parse_vtt(grown(file, told[:at]))
    later = parse_vtt(grown(file, told[at:]))

    assert later[: len(earlier)][:-1] == earlier[:-1]
    for before, after in list(zip(earlier, later, strict=False))[-1:]:
        assert (before.start_ms, before.lines) == (after.start_ms, after.lines)


def test_what_the_story_keeps_no_longer_is_left_out_and_the_rest_stays() -> None:
    told = numbered([final(f"said {n}.", 10.0 * n, 10.0 * n + 1) for n in range(1, 6)])
    file = GrowingFile(SRT)
    whole = parse_srt(grown(file, told[:4]))

    rest = parse_srt(grown(file, told[4:], first=3))

    assert rest[:2] == whole[2:]
    assert [cue.lines for cue in rest] == [("said 3.",), ("said 4.",), ("said 5.",)]
    assert parse_srt(file.write(first=6)) == []


@pytest.mark.parametrize("kind", [SRT, VTT])
def test_before_the_first_words_the_file_is_empty(kind: Format) -> None:
    assert GrowingFile(kind).write() in ("", "WEBVTT\n")


def test_who_speaks_long_while_somebody_else_does_is_read_after_them() -> None:
    """The one began at 0 s and is final at 31 s, the other spoke at 10 s and was final sooner."""
    made = cues([final("I do not think so.", 10.0, 12.0), final(TALK, 0.0, 30.0)])

    assert made[0].lines == ("I do not think so.",)
    text = " ".join(line for cue in made[1:] for line in cue.lines)
    assert text == TALK.strip()
    for cue, following in pairwise(made):
        assert cue.end_ms <= following.start_ms
        assert following.start_ms - cue.start_ms >= SHORTEST_MS


def test_the_screen_is_soon_with_the_speech_again() -> None:
    told = [final("No.", 10.0, 11.0), final(TALK, 0.0, 30.0), final("Well.", 31.0, 31.5)]

    made = cues(told)

    alone = cues(told[1:])
    assert made[-3:-1] == alone[-3:-1]
    assert made[-1] == Cue(31_000, 31_000 + SHORTEST_MS, ("Well.",))
