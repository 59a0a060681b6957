import json
from typing import Any

import pytest
from playwright.async_api import Page

from tests.page.scribe import SHOW, Step, cursor, hear, heard, put, say, written

ONE, TWO, THREE = say("One."), say("Two.", 2), say("Three.", 3)

CLEAR: Step = ["clear"]
KEPT = {"id": "m0", "revision": 7, "text": "One. Two.", "point": 4, "spoken": []}
BACK: Step = ["bringBack", KEPT]


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([CLEAR], "^"),
        ([ONE, CLEAR], "^"),
        ([ONE, CLEAR, TWO], "Two.^"),
        ([ONE, CLEAR, ["undo"]], "One.^"),
        ([CLEAR, BACK], "One.^ Two."),
        ([THREE, BACK], "One. Two.\n\nThree.^"),
        ([hear(heard("x")), BACK], "One. |x^ Two."),
        ([THREE, BACK, ["undo"]], "Three.^"),
    ],
)
async def test_what_was_cleared_comes_back_before_what_came_since(
    modules: Page, steps: list[Step], shown: str
) -> None:
    assert await written(modules, steps) == shown


@pytest.mark.parametrize(
    ("own", "shown"),
    [
        ([], "One.^ Two."),
        ([put(0, "Mine.")], "Mine.\n\nOne.^ Two."),
        ([put(0, "Mine.\n")], "Mine.\n\nOne.^ Two."),
    ],
)
async def test_another_text_comes_below(modules: Page, own: list[Step], shown: str) -> None:
    assert await written(modules, [*own, ["above", KEPT]]) == shown


async def test_the_words_of_both_can_be_scratched(modules: Page) -> None:
    kept = {**KEPT, "spoken": [{"key": "0.1", "from": 0, "to": 4, "isSure": True}]}
    steps: list[Step] = [ONE, ["above", kept]]

    assert await written(modules, [*steps, ["scratch"]]) == "One.\n\n^ Two."
    assert await written(modules, [*steps, ["scratch"], ["scratch"]]) == "\n\n^ Two."


async def without(modules: Page, steps: list[Step], keys: list[str]) -> Any:
    kept = await written(modules, steps, "manuscript")
    return await modules.evaluate(
        f"""async ([kept, keys]) => {{
          const reunion = await import("/page/reunion.js");
          const sight = await import("/page/sight.js");
          {SHOW}
          return show(reunion.without(JSON.parse(kept), (key) => keys.includes(key)));
        }}""",
        [json.dumps(kept), keys],
    )


@pytest.mark.parametrize(
    ("steps", "keys", "shown"),
    [
        ([ONE, TWO], [], "One. Two.^"),
        ([ONE, TWO], ["1.2"], "One.^"),
        ([ONE, TWO, put(0, "X")], ["1.2"], "XOne.^"),
        ([ONE, TWO, THREE], ["1.2", "1.3"], "One.^"),
        ([ONE, cursor(0), TWO], ["1.1"], "Two.^"),
        ([ONE, cursor(2), TWO], ["1.1"], "Two.^"),
    ],
)
async def test_what_will_be_said_again_is_taken_out(
    modules: Page, steps: list[Step], keys: list[str], shown: str
) -> None:
    assert (await without(modules, steps, keys)).replace(" ", "") == shown.replace(" ", "")


async def test_what_was_kept_goes_on_elsewhere(modules: Page) -> None:
    steps = [ONE, TWO, cursor(4), hear(heard("x", "", 3))]
    goes_on = """(() => {
      const kept = JSON.stringify(pens.keepsake(manuscript));
      const other = pens.opened(JSON.parse(kept));
      const utterance = { key: "1.3", opens: true, isSure: true };
      return show(pens.land(other, utterance, [{ text: "X." }]));
    })()"""

    assert await written(modules, steps, goes_on) == "One. X.^ Two."


@pytest.mark.parametrize(
    ("own", "kept_id", "kept", "shown"),
    [
        # A new tab; one with words of its own; one with words that will be said again.
        ([], "m2", [ONE], "One.^"),
        ([put(0, "Mine.")], "m2", [ONE], "Mine.\n\nOne.^"),
        ([say("Mine.", 9)], "m2", [ONE], "One.^"),
        # The same one after a reload: the newer text goes on, without what will be said again.
        ([ONE, put(0, "X")], "m1", [ONE], "XOne.^"),
        ([ONE], "m1", [ONE, put(0, "X")], "XOne.^"),
        ([ONE, put(0, "X"), say("Two.", 9)], "m1", [ONE], "XOne.^"),
        ([ONE, cursor(0), say("Two.", 9)], "m1", [ONE], "^One."),
    ],
)
async def test_the_newest_text_goes_on(
    modules: Page, own: list[Step], kept_id: str, kept: list[Step], shown: str
) -> None:
    left = await written(modules, kept, "pens.keepsake(manuscript)")
    given = json.dumps({**left, "id": kept_id})

    reunited = f"show(pens.reunited(manuscript, {given}, (key) => key === '1.9'))"

    assert await written(modules, own, reunited) == shown


@pytest.mark.parametrize(
    ("draft_id", "draft", "shown"),
    [
        # Corrected by hand since the sound was kept; older than it; of another text.
        ("m1", [ONE, put(0, "X")], "XOne.^"),
        ("m1", [], "One.^"),
        ("m2", [ONE, put(0, "X")], "One.^"),
        # What will be said again comes from the server.
        ("m1", [ONE, put(0, "X"), say("Two.", 9)], "XOne.^"),
    ],
)
async def test_what_was_corrected_after_the_sound_was_kept_is_newer(
    modules: Page, draft_id: str, draft: list[Step], shown: str
) -> None:
    left = await written(modules, [ONE], "pens.keepsake(manuscript)")
    kept = json.dumps(left)

    newest = f"""(() => {{
      const draft = {{ ...pens.keepsake(manuscript), id: "{draft_id}" }};
      return show(pens.opened(pens.newest({kept}, draft, (key) => key === "1.9")));
    }})()"""

    assert await written(modules, draft, newest) == shown


async def test_without_a_draft_what_was_kept_is_the_newest(modules: Page) -> None:
    newest = "show(pens.opened(pens.newest(pens.keepsake(manuscript), null, () => true)))"

    assert await written(modules, [ONE], newest) == "One.^"
