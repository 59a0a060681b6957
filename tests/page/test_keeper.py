from typing import Any

import pytest
from playwright.async_api import Page


async def kept_after(modules: Page, steps: str, expression: str = "kept()") -> Any:
    """Take the steps with a keeper of ten samples a second; give what it keeps."""
    return await modules.evaluate(
        f"""async () => {{
          const {{ Keeper }} = await import("/page/keeper.js");
          const keeper = new Keeper(10);
          const kept = () => keeper.chunks.flatMap((chunk) => [...chunk]);
          const push = (...samples) => keeper.push(Int16Array.from(samples));
          {steps};
          return {expression};
        }}"""
    )


@pytest.mark.parametrize(
    ("steps", "kept"),
    [
        ("", []),
        ("push(1, 2); push(3, 4)", [1, 2, 3, 4]),
        ("push(1, 2); push(3, 4); keeper.forget(0)", [1, 2, 3, 4]),
        ("push(1, 2); push(3, 4); keeper.forget(1)", [2, 3, 4]),
        ("push(1, 2); push(3, 4); keeper.forget(2)", [3, 4]),
        ("push(1, 2); push(3, 4); keeper.forget(3)", [4]),
        ("push(1, 2); push(3, 4); keeper.forget(4)", []),
        ("push(1, 2); push(3, 4); keeper.forget(9); push(5)", [5]),
        ("push(1, 2); push(3, 4); keeper.forget(3); keeper.forget(1)", [4]),
        ("push(1, 2); keeper.forget(2); push(3, 4); keeper.forget(3)", [4]),
        ("push(1, 2); keeper.clear(); push(3)", [3]),
        # A new session counts from the first sample that is kept.
        ("push(1, 2, 3); keeper.forget(1); keeper.rewind(); keeper.forget(1)", [3]),
        ("push(1, 2); keeper.rewind(); push(3); keeper.forget(2)", [3]),
        ("push(1, 2); keeper.clear(); keeper.rewind(); push(3, 4); keeper.forget(1)", [4]),
    ],
)
async def test_what_is_not_final_is_kept(modules: Page, steps: str, kept: list[int]) -> None:
    assert await kept_after(modules, steps) == kept


async def test_it_tells_how_much_there_is_and_where_it_ends(modules: Page) -> None:
    told = await kept_after(
        modules,
        "push(1, 2, 3); push(4, 5); keeper.forget(2)",
        "[keeper.seconds, keeper.end]",
    )

    assert told == [0.3, 5]
