from typing import Any

import pytest
from playwright.async_api import Page


async def wording(modules: Page, expression: str, argument: Any = None) -> Any:
    return await modules.evaluate(
        "async (given) => { const wording = await import('/page/wording.js');"
        f" return {expression}; }}",
        argument,
    )


@pytest.mark.parametrize(
    ("flow", "told"),
    [
        ({}, ""),
        ({"lagSeconds": 1.5}, ""),
        ({"lagSeconds": 2.34}, "2.3 s behind"),
        ({"silentSeconds": 4.5}, "Is it muted?"),
        ({"waitingSeconds": 2}, ""),
        ({"waitingSeconds": 2.1}, "The network is slow"),
        ({"waitingSeconds": 9, "silentSeconds": 9, "lagSeconds": 9}, "The network is slow"),
        ({"silentSeconds": 9, "lagSeconds": 9}, "Is it muted?"),
        ({"keptSeconds": 0.9}, ""),
        ({"keptSeconds": 12.3}, "12 s of sound are kept."),
        ({"keptSeconds": 12.3, "silentSeconds": 9}, "Is it muted?"),
        ({"isSaved": False}, "This browser keeps no sound"),
        ({"isSaved": False, "lagSeconds": 2}, "2.0 s behind"),
        ({"isEngineAway": True, "lagSeconds": 2}, "your words wait"),
        ({"isEngineAway": True, "silentSeconds": 9}, "Is it muted?"),
        ({"warning": "found something odd"}, "Found something odd."),
        ({"warning": "found something odd", "lagSeconds": 2}, "2.0 s behind"),
    ],
)
async def test_the_hint_tells_what_matters_most(
    modules: Page, flow: dict[str, Any], told: str
) -> None:
    hint = await wording(modules, "wording.hint({ ...wording.CALM, ...given })", flow)

    assert told in hint["text"]
    assert bool(hint["text"]) is bool(told)


@pytest.mark.parametrize(
    ("seconds", "clock"),
    [(0, "0:00"), (7.9, "0:07"), (60, "1:00"), (3599, "59:59"), (3723, "1:02:03")],
)
async def test_time_is_written_as_on_a_clock(modules: Page, seconds: float, clock: str) -> None:
    assert await wording(modules, "wording.clock(given)", seconds) == clock


async def test_a_file_is_named_after_its_moment(modules: Page) -> None:
    name = await wording(modules, "wording.fileName(new Date(2031, 0, 5, 7, 9), 'md')")

    assert name == "dictation-2031-01-05-0709.md"


@pytest.mark.parametrize(
    ("phrases", "told"),
    [
        ([], ""),
        (["new line"], "You can also say “new line”."),
        (["a", "b", "c"], "You can also say “a”, “b”, or “c”."),
    ],
)
async def test_commands_are_listed(modules: Page, phrases: list[str], told: str) -> None:
    assert await wording(modules, "wording.sayings(given)", phrases) == told


async def test_there_are_words_for_every_phase(modules: Page) -> None:
    described = await wording(modules, "Object.keys(wording.DECK)")

    assert sorted(described) == [
        "finishing",
        "idle",
        "listening",
        "opening",
        "paused",
        "reconnecting",
        "recovering",
    ]
