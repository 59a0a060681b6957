from typing import Any

import pytest
from playwright.async_api import Page


async def changes(modules: Page, expression: str, given: Any) -> Any:
    return await modules.evaluate(
        "async (given) => { const changes = await import('/page/changes.js');"
        f" return {expression}; }}",
        given,
    )


@pytest.mark.parametrize(
    ("before", "after", "caret", "change"),
    [
        ("", "", 0, (0, "", "")),
        ("", "a", 1, (0, "", "a")),
        ("abc", "abxc", 3, (2, "", "x")),
        ("abc", "ac", 1, (1, "b", "")),
        ("abc", "xyz", 3, (0, "abc", "xyz")),
        # The caret tells which of several equal letters is new.
        ("aa", "aaa", 1, (0, "", "a")),
        ("aa", "aaa", 2, (1, "", "a")),
        ("aa", "aaa", 3, (2, "", "a")),
        ("aaa", "aa", 1, (1, "a", "")),
        # It may stand elsewhere, as when a spelling is mended from a menu.
        ("cap on", "hat on", 6, (0, "cap", "hat")),
        ("one two", "one 2", 0, (4, "two", "2")),
        ("ab", "aab", 9, (1, "", "a")),
    ],
)
async def test_what_was_changed_is_found(
    modules: Page, before: str, after: str, caret: int, change: tuple[int, str, str]
) -> None:
    found = await changes(modules, "changes.between(...given)", [before, after, caret])

    assert (found["at"], found["removed"], found["inserted"]) == change
    assert await changes(modules, "changes.changed(...given)", [before, found]) == after
    back = "changes.changed(given[0], changes.inverse(given[1]))"
    assert await changes(modules, back, [after, found]) == before


@pytest.mark.parametrize(
    ("place", "change", "left", "right"),
    [
        (1, (2, "", "xx"), 1, 1),
        (3, (2, "", "xx"), 5, 5),
        (2, (2, "", "xx"), 2, 4),
        (2, (2, "bb", "x"), 2, 2),
        (3, (2, "bb", "xyz"), 2, 5),
        (4, (2, "bb", "x"), 3, 3),
        (4, (0, "aabbcc", ""), 0, 0),
    ],
)
async def test_places_move_along(
    modules: Page, place: int, change: tuple[int, str, str], left: int, right: int
) -> None:
    given = dict(zip(("at", "removed", "inserted"), change, strict=True))

    for side, moved in (("left", left), ("right", right)):
        assert await changes(modules, "changes.moved(...given)", [place, given, side]) == moved
