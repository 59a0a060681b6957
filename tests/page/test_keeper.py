from typing import Any

import pytest
from playwright.async_api import Page


async def kept_after(modules: Page, steps: str, expression: str = "kept()") -> Any:
    """Take the steps with a keeper of ten samples a second; give what it keeps."""
    return await modules.evaluate(
        f"""async () => {{
          const {{ Keeper }} = await import("/page/client/keeper.js");
          let keeper = new Keeper(10);
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
        ("push(1, 2); push(3, 4); keeper.settle(0)", [1, 2, 3, 4]),
        ("push(1, 2); push(3, 4); keeper.settle(1)", [2, 3, 4]),
        ("push(1, 2); push(3, 4); keeper.settle(2)", [3, 4]),
        ("push(1, 2); push(3, 4); keeper.settle(3)", [4]),
        ("push(1, 2); push(3, 4); keeper.settle(4)", []),
        ("push(1, 2); push(3, 4); keeper.settle(9); push(5)", [5]),
        ("push(1, 2); push(3, 4); keeper.settle(3); keeper.settle(1)", [4]),
        ("push(1, 2); keeper.settle(2); push(3, 4); keeper.settle(3)", [4]),
        ("push(1, 2); keeper.clear(); push(3)", [3]),
        # What the server asks for again is kept although it is final.
        ("push(1, 2); push(3, 4); keeper.settle(3, 1)", [2, 3, 4]),
        # A new session counts from the first sample that is not final.
        ("push(1, 2, 3); keeper.settle(1); keeper.rewind(); keeper.settle(1)", [3]),
        ("push(1, 2, 3, 4); keeper.settle(2, 1); keeper.rewind(); keeper.settle(1)", [4]),
        ("push(1, 2); keeper.rewind(); push(3); keeper.settle(2)", [3]),
        ("push(1, 2); keeper.clear(); keeper.rewind(); push(3, 4); keeper.settle(1)", [4]),
        # An answered flush says that all before it is final.
        ("push(1, 2); keeper.order('flush'); push(3); keeper.answer(); keeper.rewind()", [3]),
    ],
)
async def test_what_is_not_final_is_kept(modules: Page, steps: str, kept: list[int]) -> None:
    assert await kept_after(modules, steps) == kept


@pytest.mark.parametrize(
    ("steps", "rest"),
    [
        ("push(1, 2); push(3)", [1, 2, 3]),
        ("push(1, 2, 3); keeper.settle(2, 1); keeper.resume(2, 1)", [2, 3]),
        ("push(1, 2); keeper.order('flush'); push(3)", [1, 2, "flush", 3]),
        ("push(1, 2); keeper.order('flush'); push(3); keeper.settle(1, 1)", [2, "flush", 3]),
        ("push(1); keeper.order('flush'); keeper.order('finish')", [1, "flush", "finish"]),
        # A cut within a chunk, as after a visit whose sound was kept in longer ones.
        (
            "push(1, 2); keeper.order('flush'); push(3, 4); keeper.settle(1, 1);"
            " keeper = Keeper.of(10, keeper.places, [[0, Int16Array.of(1, 2, 3, 4)]])",
            [2, "flush", 3, 4],
        ),
        # An answered flush is forgotten once the session can go on from behind it.
        ("push(1, 2); keeper.order('flush'); keeper.answer(); push(3)", [1, 2, "flush", 3]),
        (
            "push(1, 2); keeper.order('flush'); keeper.settle(2); keeper.answer();"
            " push(3); keeper.settle(2)",
            [3],
        ),
        # Its cut is final, but its answer was lost: it comes where the session stands.
        ("push(1, 2); keeper.order('flush'); push(3); keeper.settle(3, 2)", [3, "flush"]),
        ("push(1, 2); keeper.order('flush'); push(3, 4); keeper.settle(3, 2)", [3, "flush", 4]),
        # What was answered in another connection has to be answered again.
        (
            "push(1); keeper.order('flush'); push(2); keeper.order('flush'); keeper.answer();"
            " keeper.resume(0, 0); keeper.answer(); push(3); keeper.settle(2)",
            ["flush", 3],
        ),
        # A new session begins with what is not final, and with the orders that are not answered.
        (
            "push(1, 2); keeper.order('flush'); keeper.answer(); push(3); keeper.order('flush');"
            " push(4); keeper.rewind()",
            [3, "flush", 4],
        ),
        ("push(1, 2); keeper.order('finish'); keeper.withdraw(); push(3)", [1, 2, 3]),
        ("push(1, 2); keeper.order('finish'); keeper.clear()", []),
    ],
)
async def test_what_has_to_come_again_comes_at_its_place(
    modules: Page, steps: str, rest: list[int | str]
) -> None:
    last = "keeper.places.first - keeper.places.origin"
    flat = f"keeper.rest({last}).flatMap((piece) => typeof piece === 'string' ? piece : [...piece])"

    assert await kept_after(modules, steps, flat) == rest


@pytest.mark.parametrize(
    ("steps", "sound", "kept"),
    [
        ("push(1, 2, 3, 4); keeper.settle(1)", "[[0, [1, 2]], [2, [3, 4]]]", [2, 3, 4]),
        ("push(1, 2, 3, 4); keeper.settle(2)", "[[0, [1, 2]], [2, [3, 4]]]", [3, 4]),
        # The last sound was not written yet, and all that was is final.
        ("push(1, 2, 3, 4); keeper.settle(3)", "[[0, [1, 2]]]", []),
        ("push(1, 2); keeper.settle(2)", "[]", []),
    ],
)
async def test_another_page_keeps_on(
    modules: Page, steps: str, sound: str, kept: list[int]
) -> None:
    reopened = (
        f"{steps}; const chunks = {sound}.map(([at, chunk]) => [at, Int16Array.from(chunk)]);"
        "const { first } = keeper.places; keeper = Keeper.of(10, keeper.places, chunks)"
    )

    assert await kept_after(modules, reopened) == kept
    assert await kept_after(modules, reopened, "keeper.places.first === first")


async def test_it_gives_sound_in_one_piece(modules: Page) -> None:
    joined = await kept_after(
        modules, "push(1, 2); push(3, 4); keeper.settle(1)", "[...keeper.join(2)]"
    )

    assert joined == [3, 4]


async def test_it_tells_how_much_there_is_and_where_it_ends(modules: Page) -> None:
    told = await kept_after(
        modules,
        "push(1, 2, 3); push(4, 5); keeper.settle(2, 1)",
        "[keeper.seconds, keeper.end]",
    )

    assert told == [0.3, 5]
