from typing import Any

import pytest
from playwright.async_api import Page

HEAD = "{ id: 'a', savedAt: 1 }"


async def on_shelf(modules: Page, steps: str, expression: str) -> Any:
    """Take the steps with an empty shelf; give what *expression* finds on another page's."""
    return await modules.evaluate(
        f"""async () => {{
          const {{ openShelf }} = await import("/page/shelf.js");
          const [shelf, other] = [await openShelf(), await openShelf()];
          for (const {{ id }} of await shelf.heads()) await shelf.remove(id);
          const write = (head, place, samples, first) =>
            shelf.write(head, place, Int16Array.from(samples), first);
          const sound = async (id) =>
            (await other.read(id)).sound.map(([place, chunk]) => [place, ...chunk]);
          {steps};
          return {expression};
        }}"""
    )


@pytest.mark.parametrize(
    ("steps", "sound"),
    [
        ("", []),
        (f"await write({HEAD}, 0, [1, 2], 0)", [[0, 1, 2]]),
        (f"await write({HEAD}, 0, [], 0)", []),
        (f"await write({HEAD}, 0, [1, 2], 0); await write({HEAD}, 2, [3], 0)", [[0, 1, 2], [2, 3]]),
        # A chunk stays as long as any of it is needed.
        (f"await write({HEAD}, 0, [1, 2], 0); await write({HEAD}, 2, [3], 1)", [[0, 1, 2], [2, 3]]),
        (f"await write({HEAD}, 0, [1, 2], 0); await write({HEAD}, 2, [3], 2)", [[2, 3]]),
        (f"await write({HEAD}, 0, [1, 2], 0); await write({HEAD}, 2, [3, 4], 3)", [[2, 3, 4]]),
        (
            f"await write({HEAD}, 0, [1], 0); await write({{ id: 'b', savedAt: 1 }}, 5, [2], 5)",
            [[0, 1]],
        ),
        (f"await write({HEAD}, 0, [1, 2], 0); await shelf.remove('a')", []),
    ],
)
async def test_sound_lies_there_as_long_as_it_is_needed(
    modules: Page, steps: str, sound: list[list[int]]
) -> None:
    assert await on_shelf(modules, steps, "await sound('a')") == sound


async def test_the_head_is_that_of_the_last_write(modules: Page) -> None:
    head = await on_shelf(
        modules,
        f"await write({HEAD}, 0, [1], 0); await write({{ ...{HEAD}, cursor: 'c' }}, 1, [], 0)",
        "(await other.read('a')).head",
    )

    assert head == {"id": "a", "savedAt": 1, "cursor": "c"}


async def test_the_oldest_comes_first(modules: Page) -> None:
    heads = await on_shelf(
        modules,
        f"await write({HEAD}, 0, [1], 0); await write({{ id: 'Z', savedAt: 0 }}, 0, [1], 0)",
        "(await other.heads()).map(({ id }) => id)",
    )

    assert heads == ["Z", "a"]


async def test_what_is_gone_is_not_there(modules: Page) -> None:
    assert await on_shelf(modules, "", "(await other.read('a')).head === undefined")


async def test_what_cannot_be_written_whole_is_not_written(modules: Page) -> None:
    steps = f"""
      await write({HEAD}, 0, [1], 0);
      const error = await shelf.write({{ savedAt: 2 }}, 1, Int16Array.of(2), 1).catch((e) => e);
    """

    assert await on_shelf(modules, steps, "[error.name, await sound('a')]") == [
        "DataError",
        [[0, 1]],
    ]


async def test_there_is_no_shelf_where_the_browser_keeps_nothing(modules: Page) -> None:
    none = """async () => {
      const { openShelf } = await import("/page/shelf.js");
      const open = IDBFactory.prototype.open;
      IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError"); };
      try { return await openShelf(); } finally { IDBFactory.prototype.open = open; }
    }"""

    assert await modules.evaluate(none) is None


async def test_a_name_is_claimed_by_one_tab_at_a_time(modules: Page) -> None:
    claims = await modules.evaluate(
        """async () => {
          const { claim } = await import("/page/claim.js");
          const first = await claim("a");
          const [second, other] = [await claim("a"), await claim("b")];
          first();
          const third = await claim("a");
          const told = [first, second, other, third].map(Boolean);
          for (const release of [other, third]) release();
          return told;
        }"""
    )

    assert claims == [True, False, True, True]
