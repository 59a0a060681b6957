from typing import Any

import pytest
from playwright.async_api import Page

PHRASES = {
    "new line": "new_line",
    "new paragraph": "new_paragraph",
    "scratch that": "scratch_that",
    "stop dictation": "stop_dictation",
}
MARKS = {"new_line": "/", "new_paragraph": "¶", "scratch_that": "-", "stop_dictation": "!"}


async def commands(modules: Page, expression: str, given: Any = None) -> Any:
    return await modules.evaluate(
        "async (given) => { const commands = await import('/page/spoken-commands.js');"
        f" return {expression}; }}",
        given,
    )


async def heard(modules: Page, said: str, phrases: dict[str, str]) -> list[str]:
    """Give texts, and marks for commands."""
    steps = await commands(modules, "commands.takeApart(...given)", [said, phrases])
    return [step["text"] if "text" in step else MARKS[step["action"]] for step in steps]


@pytest.mark.parametrize(
    ("said", "steps"),
    [
        ("", []),
        ("One.", ["One."]),
        ("New line", ["/"]),
        ("New line.", ["/"]),
        ("NEW LINE!", ["/"]),
        ("New-line.", ["/"]),
        ("New line. New paragraph.", ["/", "¶"]),
        ("See you soon. New paragraph. Second.", ["See you soon.", "¶", "Second."]),
        ("See you soon. New paragraph", ["See you soon.", "¶"]),
        ("New paragraph. A, b, c. D?", ["¶", "A, b, c. D?"]),
        ("Really?! New line… Yes", ["Really?!", "/", "Yes"]),
        ("On Monday. No. Scratch that. On Tuesday.", ["On Monday. No.", "-", "On Tuesday."]),
        ("Dear Ann, new line.", ["Dear Ann,", "/"]),
        ("That is all. Stop dictation.", ["That is all.", "!"]),
        # Within a clause it is text, and so is what is quoted.
        ("A new line of products.", ["A new line of products."]),
        ("We need a new line.", ["We need a new line."]),
        ("A new line, or two.", ["A new line, or two."]),
        ("New line, new products.", ["New line, new products."]),
        ("Dear Ann, new line, best wishes.", ["Dear Ann, new line, best wishes."]),
        ("Well, scratch that.", ["Well, scratch that."]),
        ("He stopped. Scratch that itch.", ["He stopped. Scratch that itch."]),
        ("Say “new line.” Then go on.", ["Say “new line.” Then go on."]),
        ('She said: "New line." Then.', ['She said: "New line." Then.']),
        # Nothing of the rest is changed.
        ("It is 3.50 at e.g. Al's...  Good. New line.", ["It is 3.50 at e.g. Al's...  Good.", "/"]),
    ],
)
async def test_commands_stand_alone(modules: Page, said: str, steps: list[str]) -> None:
    assert await heard(modules, said, PHRASES) == steps


@pytest.mark.parametrize(
    ("said", "phrase", "steps"),
    [
        ("Bis bald. Neue Zeile. Zweitens.", "neue Zeile", ["Bis bald.", "/", "Zweitens."]),
        ("À bientôt. À la ligne ! Deux.", "à la ligne", ["À bientôt.", "/", "Deux."]),
        ("¡Hola! ¡Nueva línea! Adiós.", "nueva línea", ["¡Hola!", "/", "Adiós."]),
        ("你好。换行。再见。", "换行", ["你好。", "/", "再见。"]),
    ],
)
async def test_commands_are_of_a_language(
    modules: Page, said: str, phrase: str, steps: list[str]
) -> None:
    assert await heard(modules, said, {phrase: "new_line"}) == steps


async def test_without_commands_all_is_text(modules: Page) -> None:
    assert await heard(modules, "New line. Scratch that.", {}) == ["New line. Scratch that."]


@pytest.mark.parametrize(
    ("language", "found"),
    [("en", True), ("EN", True), ("en-US", True), ("de", False), (None, False), ("", False)],
)
async def test_the_table_is_read_by_language(
    modules: Page, language: str | None, found: bool
) -> None:
    table = {"en": {"new line": "new_line"}}

    phrases = await commands(modules, "commands.phrasesOf(...given)", [table, language])

    assert bool(phrases) is found


@pytest.mark.parametrize(
    ("told", "table"),
    [
        (None, {}),
        ([], {}),
        ({"en": None}, {"en": {}}),
        ({"pt-BR": {"a": "new_line", "b": "dance"}}, {"pt-br": {"a": "new_line"}}),
    ],
)
async def test_what_is_no_action_is_passed_over(modules: Page, told: Any, table: Any) -> None:
    assert await commands(modules, "commands.readTable(given)", told) == table
