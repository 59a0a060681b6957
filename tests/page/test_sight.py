import pytest
from playwright.async_api import Page

from tests.page.scribe import Step, cursor, hear, heard, put, say, written

ONE = say("One.")
MAYBE: Step = ["land", {"key": "1.2", "opens": False, "isSure": False}, [{"text": "two"}]]


@pytest.mark.parametrize(
    ("steps", "kinds"),
    [
        ([put(0, "a")], "settled point"),
        ([ONE, put(4, " b")], "final settled point"),
        ([ONE, MAYBE], "final unconfirmed point"),
        ([ONE, hear(heard("two three", "two", 2))], "final settled committed tentative point"),
        ([hear(heard("two", "two"))], "committed point"),
        ([say("[unclear]")], "unclear point"),
        ([say("a [unclear] b")], "final unclear final point"),
        ([put(0, "[unclear] [unclear]")], "unclear settled unclear point"),
        ([say("abc"), cursor(1)], "final point final"),
        ([say("a b c"), cursor(2, 3), say("x", 2)], "final final point final"),
        ([say("a b c"), cursor(0, 1), say("x", 2)], "final point final"),
        ([say("a b c"), cursor(4, 5), say("x", 2)], "final final point"),
        ([say("abc"), cursor(1, 2)], "final replaced point final"),
        ([say("a [unclear] b"), cursor(0, 5)], "replaced point unclear final"),
        (
            [say("abc"), cursor(1), hear(heard("x", "", 2))],
            "final settled tentative point settled final",
        ),
        ([ONE, hear(heard("x", "", 2)), cursor(1)], "final point final settled tentative"),
    ],
)
async def test_everything_is_drawn_as_what_it_is(
    modules: Page, steps: list[Step], kinds: str
) -> None:
    drawn = "sight.runs(manuscript).map(({ kind }) => kind).join(' ')"

    assert await written(modules, steps, drawn) == kinds


async def test_the_runs_are_all_there_is_to_see(modules: Page) -> None:
    steps = [say("a [unclear] b"), cursor(3, 5), hear(heard("c d", "c", 2)), put(0, "x")]
    both = "[sight.runs(manuscript).map((run) => run.text).join(''), sight.inSight(manuscript)]"

    runs, text = await written(modules, steps, both)

    assert runs == text == "xa [un c d clear] b"


@pytest.mark.parametrize(
    ("steps", "at", "then", "carried"),
    [
        # Where words land the cursor goes along, elsewhere it stays by its letters.
        ([ONE], 4, hear(heard("two", "", 2)), 8),
        ([ONE, hear(heard("two", "", 2))], 8, hear(heard("two three", "", 2)), 14),
        ([ONE, hear(heard("two three", "", 2))], 14, hear(heard("two", "", 2)), 8),
        ([ONE, hear(heard("two", "", 2))], 8, say("Two.", 2), 9),
        ([ONE], 2, hear(heard("two", "", 2)), 2),
        ([put(0, "a b c"), cursor(2, 3)], 2, say("xyz"), 5),
        ([put(0, "a b c"), cursor(2, 3)], 3, say("xyz"), 5),
        ([put(0, "ab"), cursor(1), hear(heard("x"))], 5, hear(heard("x y")), 7),
        ([put(0, "ab"), cursor(1), hear(heard("x"))], 3, hear(heard("x y")), 5),
        ([put(0, "ab"), cursor(1), hear(heard("x"))], 4, hear(heard("x y")), 5),
        ([put(0, "ab"), cursor(1), hear(heard("x"))], 1, hear(heard("x y")), 1),
    ],
)
async def test_the_cursor_stays_where_somebody_writes(
    modules: Page, steps: list[Step], at: int, then: Step, carried: int
) -> None:
    taken = await written(modules, steps, "manuscript")
    after = await written(
        modules, [*steps, then, hear()] if then[0] == "land" else [*steps, then], "manuscript"
    )

    assert (
        await modules.evaluate(
            "async (given) => (await import('/page/sight.js')).carried(...given)",
            [taken, after, at],
        )
        == carried
    )


# Just before words that are heard, the gap between may come or go.
@pytest.mark.parametrize("at", [0, *range(3, 10)])
@pytest.mark.parametrize(("removed", "inserted"), [(0, ","), (1, ""), (1, ";"), (2, ", ")])
async def test_what_is_typed_stands_where_it_was_typed(
    modules: Page, at: int, removed: int, inserted: str
) -> None:
    steps = [put(0, "A bcd"), cursor(2), hear(heard("x y"))]
    [text] = await written(modules, steps, "[sight.inSight(manuscript)]")

    change = {"at": at, "removed": text[at : at + removed], "inserted": inserted}
    after = await written(modules, [*steps, ["edit", change]], "sight.inSight(manuscript)")

    assert text == "A x y bcd"
    assert after in (text, text[:at] + inserted + text[at + removed :])


@pytest.mark.parametrize(
    ("change", "before", "after", "rebased"),
    [
        ((4, "", "x"), "One two", "One two", (4, "", "x")),
        ((0, "", "x"), "One", "One two", (0, "", "x")),
        ((3, "", "x"), "One", "One two", (7, "", "x")),
        ((4, "two", "zwei"), "One two", "A. One two", (7, "two", "zwei")),
        ((4, "two", "zwei"), "One two", "One", (3, "", "zwei")),
    ],
)
async def test_what_was_composed_finds_its_place(
    modules: Page,
    change: tuple[int, str, str],
    before: str,
    after: str,
    rebased: tuple[int, str, str],
) -> None:
    given = dict(zip(("at", "removed", "inserted"), change, strict=True))

    found = await modules.evaluate(
        "async (given) => (await import('/page/sight.js')).rebased(...given)",
        [given, before, after],
    )

    assert (found["at"], found["removed"], found["inserted"]) == rebased
