"""Files wait for each other, and people are told what becomes of them."""

from pathlib import Path
from typing import Any

import pytest

from tests.javascript.program import result

QUEUE = """
const queues = await import(at("files/queue.js"));
let queue = queues.EMPTY;
for (const [name, ...rest] of given.steps) queue = queues[name](queue, ...rest);
const states = queue.entries.map(({ id, name, state }) => [id, name, state]);
say(states, queues.next(queue)?.name ?? null, queues.isUnfinished(queue));
"""

TWO = ["add", ["a", "b"]]


@pytest.mark.parametrize(
    ("steps", "states", "following", "is_unfinished"),
    [
        pytest.param([], [], None, False, id="nothing"),
        pytest.param([TWO], [[1, "a", "waiting"], [2, "b", "waiting"]], "a", True, id="new"),
        pytest.param(
            [TWO, ["change", 1, {"state": "opening"}]],
            [[1, "a", "opening"], [2, "b", "waiting"]],
            None,
            True,
            id="one goes on",
        ),
        pytest.param(
            [TWO, ["change", 1, {"state": "failed"}]],
            [[1, "a", "failed"], [2, "b", "waiting"]],
            None,
            True,
            id="one failed",
        ),
        pytest.param(
            [TWO, ["change", 1, {"state": "refused"}]],
            [[1, "a", "refused"], [2, "b", "waiting"]],
            "b",
            True,
            id="one cannot be used",
        ),
        pytest.param(
            [TWO, ["change", 1, {"state": "failed"}], ["remove", 1]],
            [[2, "b", "waiting"]],
            "b",
            True,
            id="one is given up",
        ),
        pytest.param(
            [TWO, ["change", 1, {"state": "done"}], ["add", ["c"]]],
            [[2, "b", "waiting"], [3, "c", "waiting"]],
            "b",
            True,
            id="what is done makes room",
        ),
        pytest.param(
            [["add", ["a"]], ["change", 1, {"state": "done"}], ["change", 7, {"state": "failed"}]],
            [[1, "a", "done"]],
            None,
            False,
            id="all done",
        ),
    ],
)
async def test_one_file_goes_on_at_a_time(
    node: Path, steps: list[Any], states: list[Any], following: str | None, is_unfinished: bool
) -> None:
    told = await result(node, QUEUE, url="", steps=steps)

    assert told == [states, following, is_unfinished]


WORDING = """
const wording = await import(at("files/wording.js"));
const entry = { id: 1, name: "talk.mp3", state: "waiting", samples: 0, settled: 0,
  hasWords: true, problem: "", ...given.entry };
say(wording.status(entry, given.hindrance), wording.news(entry, given.hindrance),
  wording.dismissal(entry));
"""

HALF = {"samples": 16_000 * 3725, "settled": 16_000 * 65}


@pytest.mark.parametrize(
    ("entry", "hindrance", "told"),
    [
        ({}, "", ["Waits for its turn.", "", "Cancel"]),
        (
            {},
            "speaking",
            [
                "Waits until you stop dictating.",
                "talk.mp3: Waits until you stop dictating.",
                "Cancel",
            ],
        ),
        (
            {},
            "unfinished",
            [
                "Waits until your interrupted dictation is finished or discarded.",
                "talk.mp3: Waits until your interrupted dictation is finished or discarded.",
                "Cancel",
            ],
        ),
        ({"state": "opening"}, "", ["Opening…", "talk.mp3 is being recognized.", "Cancel"]),
        ({"state": "speaking", **HALF}, "", ["1:05 of 1:02:05", "", "Cancel"]),
        (
            {"state": "done", **HALF},
            "",
            ["Done: 1:02:05 of sound.", "talk.mp3: Done: 1:02:05 of sound.", "Dismiss"],
        ),
        (
            {"state": "failed", "problem": "The server is full.", **HALF},
            "",
            [
                "The server is full. 1:05 of 1:02:05 is done, and in the text.",
                "talk.mp3: The server is full. 1:05 of 1:02:05 is done, and in the text.",
                "Cancel",
            ],
        ),
        (
            {"state": "refused", "problem": "It is empty."},
            "",
            ["It is empty.", "talk.mp3: It is empty.", "Dismiss"],
        ),
    ],
)
async def test_people_read_and_hear_how_a_file_is_getting_on(
    node: Path, entry: dict[str, Any], hindrance: str, told: list[str]
) -> None:
    assert await result(node, WORDING, url="", entry=entry, hindrance=hindrance) == told


FITS = """
const { checkFits } = await import(at("files/limits.js"));
const { refusal } = await import(at("files/wording.js"));
try {
  checkFits(given.bytes, given.seconds, given.gib ?? undefined);
  say("");
} catch (error) {
  say(refusal(error));
}
"""


@pytest.mark.parametrize(
    ("bytes_", "seconds", "gib", "told"),
    [
        (500 * 2**20, 1800, None, ""),
        (500 * 2**20, 1800, 8, ""),
        (30 * 2**20, None, 2, ""),
        (1000, 1801, None, "It is 30:01 long, and a browser can open 30 minutes of this kind."),
        (1000, 1801, 8, "It is 30:01 long, and a browser can open 30 minutes of this kind."),
        (1000, 800, 2, "It is 13:20 long, and a browser can open 10 minutes of this kind."),
        (2 * 2**30, 60, None, "It has 2048 MB, and a browser can open 512 MB of this kind."),
        (33 * 2**20, None, None, "It has 33 MB, and a browser can open 32 MB of this kind."),
        (2**30, None, None, "It has 1024 MB, and a browser can open 32 MB of this kind."),
    ],
)
async def test_what_is_too_much_for_a_browser_is_told_in_numbers(
    node: Path, bytes_: int, seconds: int | None, gib: int | None, told: str
) -> None:
    (found,) = await result(node, FITS, url="", bytes=bytes_, seconds=seconds, gib=gib)

    way_out = (
        " Save its sound as MP3 or WAV, which may be of any length here; or use the command"
        " “wsserver dictate FILE”, which takes FLAC and OGG of any length too."
    )
    assert found == (told and told + way_out)


async def test_only_what_makes_lines_is_obeyed_in_a_recording(node: Path) -> None:
    script = """
    const { harmless } = await import(at("files/commands.js"));
    say(harmless({
      en: { "new line": "new_line", "scratch that": "scratch_that", "undo that": "undo" },
      de: { "neuer Absatz": "new_paragraph", "Diktat beenden": "stop_dictation" },
    }));
    """

    assert await result(node, script, url="") == [
        {"en": {"new line": "new_line"}, "de": {"neuer Absatz": "new_paragraph"}}
    ]
