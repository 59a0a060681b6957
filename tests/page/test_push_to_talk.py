from typing import Any

import pytest
from playwright.async_api import Page


async def talk(modules: Page, expression: str, *given: Any) -> Any:
    return await modules.evaluate(
        "async (given) => { const talk = await import('/page/push-to-talk.js');"
        f" return {expression}; }}",
        list(given),
    )


@pytest.mark.parametrize(
    ("phase", "pressed", "released"),
    [
        ("idle", "start", None),
        ("opening", None, "stop"),
        ("listening", None, "pause"),
        ("paused", "resume", None),
        ("reconnecting", None, "stop"),
        ("finishing", None, None),
        ("recovering", None, None),
    ],
)
async def test_whoever_lets_go_is_not_listened_to(
    modules: Page, phase: str, pressed: str | None, released: str | None
) -> None:
    assert await talk(modules, "talk.pressed(...given)", phase) == pressed
    assert await talk(modules, "talk.released(...given)", phase, True) == released


async def test_who_lets_go_before_anything_was_heard_does_not_start(modules: Page) -> None:
    assert await talk(modules, "talk.released(...given)", "opening", False) == "cancel"


@pytest.mark.parametrize(
    ("code", "chosen", "is_elsewhere", "is_held"),
    [
        ("Space", "Space", True, True),
        ("Space", "Space", False, False),
        ("F8", "F8", False, True),
        ("F8", "F9", True, False),
        ("Space", "F8", True, False),
    ],
)
async def test_the_space_bar_goes_on_writing(
    modules: Page, code: str, chosen: str, is_elsewhere: bool, is_held: bool
) -> None:
    assert await talk(modules, "talk.isHeldKey(...given)", code, chosen, is_elsewhere) is is_held
