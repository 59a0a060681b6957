import json
from typing import Any

import pytest
from playwright.async_api import Page

LONG = "A bird built a small house in the tree, and they could hear the music through the wall."


def sentence(text: str, start: float, end: float, kind: str = "final") -> dict[str, Any]:
    said = {"key": "1.1", "kind": kind, "text": text, "opens": False}
    return {**said, "start": start, "end": end, "language": "en"}


async def file(modules: Page, extension: str, text: str, *sentences: dict[str, Any]) -> str:
    written = await modules.evaluate(
        """async ([extension, work]) => {
          const { FORMATS } = await import("/page/formats.js");
          return FORMATS[extension].write(work);
        }""",
        [extension, {"text": text, "sentences": sentences}],
    )
    assert isinstance(written, str)
    return written


async def test_a_text_is_saved_as_it_was_written(modules: Page) -> None:
    assert await file(modules, "txt", " One.\n\nTwo. ", sentence("Won.", 0, 1)) == "One.\n\nTwo.\n"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("One.\n\nTwo.", "One.\n\nTwo.\n"),
        ("One.\nTwo.", "One.  \nTwo.\n"),
        ("# One\nTwo.\n- three\n- four\n1. five", "# One  \nTwo.\n- three\n- four\n1. five\n"),
        ("1999\n2000 was", "1999  \n2000 was\n"),
    ],
)
async def test_lines_stay_in_markdown(modules: Page, text: str, markdown: str) -> None:
    assert await file(modules, "md", text) == markdown


async def test_subtitles_are_what_was_spoken(modules: Page) -> None:
    said = [sentence("One.", 0.36, 3.02), sentence("a < b & c", 3599.9996, 3601.5)]

    assert await file(modules, "srt", "Edited.", *said) == (
        "1\n00:00:00,360 --> 00:00:03,020\nOne.\n\n2\n01:00:00,000 --> 01:00:01,500\na < b & c\n"
    )
    assert await file(modules, "vtt", "Edited.", *said) == (
        "WEBVTT\n\n00:00:00.360 --> 00:00:03.020\nOne.\n\n"
        "01:00:00.000 --> 01:00:01.500\na &lt; b &amp; c\n"
    )


@pytest.mark.parametrize("kind", ["unclear", "unconfirmed"])
async def test_only_finals_are_subtitles(modules: Page, kind: str) -> None:
    assert await file(modules, "srt", "", sentence("", 0, 1, kind)) == ""
    assert await file(modules, "vtt", "", sentence("", 0, 1, kind)) == "WEBVTT\n"


async def test_long_utterances_are_cut_into_cues(modules: Page) -> None:
    cues = await modules.evaluate(
        "async (given) => (await import('/page/formats.js')).cues(given)",
        [sentence(f"{LONG} {LONG}", 10.0, 20.0)],
    )

    assert len(cues) > 1
    assert [cues[0]["start"], cues[-1]["end"]] == [10.0, pytest.approx(20.0)]
    assert [cue["end"] for cue in cues[:-1]] == [cue["start"] for cue in cues[1:]]
    lines = [line for cue in cues for line in cue["lines"]]
    assert all(len(cue["lines"]) <= 2 for cue in cues)
    assert all(len(line) <= 42 for line in lines)
    assert " ".join(lines) == f"{LONG} {LONG}"


async def test_a_program_gets_both(modules: Page) -> None:
    written = json.loads(await file(modules, "json", "Edited.", sentence("Said.", 1, 2)))

    said = {"start": 1, "end": 2, "language": "en", "kind": "final", "text": "Said."}
    assert written == {"text": "Edited.", "utterances": [said]}
