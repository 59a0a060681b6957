import pytest
from playwright.async_api import Page

from tests.page.scribe import Step, cursor, hear, heard, order, put, say, written

UNDO, REDO, SCRATCH = ["undo"], ["redo"], ["scratch"]
ONE, TWO, THREE = say("One."), say("Two.", 2), say("Three.", 3)


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([], "^"),
        ([ONE], "One.^"),
        ([ONE, TWO], "One. Two.^"),
        ([hear(heard("the cat"))], "|the cat^"),
        ([hear(heard("the cat", "the"))], "the |cat^"),
        ([ONE, hear(heard("two", "", 2))], "One. |two^"),
        ([ONE, hear(heard("two", "", 2), heard("three", "", 3))], "One. |two |three^"),
        ([hear(heard("one")), hear()], "^"),
        ([hear(heard("", ""))], "^"),
        # Paragraphs open where transcripts say so, unless a line ended there already.
        ([ONE, say("Two.", 2, opens=True)], "One.\n\nTwo.^"),
        ([say("One.", opens=True)], "One.^"),
        ([ONE, hear(heard("two", "", 2, opens=True))], "One.\n\n|two^"),
        ([ONE, put(4, "\n- "), say("Two.", 2, opens=True)], "One.\n- \n\nTwo.^"),
        ([ONE, put(4, "\n"), say("Two.", 2, opens=True)], "One.\nTwo.^"),
    ],
)
async def test_words_land_one_after_the_other(modules: Page, steps: list[Step], shown: str) -> None:
    assert await written(modules, steps) == shown


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([put(0, "ac"), cursor(1), say("b")], "a b^ c"),
        ([put(0, "Hello world"), cursor(5), say("big")], "Hello big^ world"),
        ([put(0, "Hello world"), cursor(6), say("big")], "Hello big^ world"),
        ([put(0, "Hello ()"), cursor(7), say("big")], "Hello (big^)"),
        ([put(0, "Hello world"), cursor(5), hear(heard("big"))], "Hello |big^ world"),
        ([put(0, "world"), cursor(0), say("One."), TWO], "One. Two.^ world"),
        # Where somebody chose the place, no pause opens a paragraph.
        ([put(0, "a c"), cursor(1), say("b", opens=True)], "a b^ c"),
        ([put(0, "a c"), cursor(1), say("b"), say("b", 2, opens=True)], "a b\n\nb^ c"),
        ([ONE, cursor(4), say("Two.", 2, opens=True)], "One.\n\nTwo.^"),
        # What was selected makes way for the first words.
        ([put(0, "a b c"), cursor(2, 3)], "a <b>^ c"),
        ([put(0, "a b c"), cursor(2, 3), hear(heard("x"))], "a <b> |x^ c"),
        ([put(0, "a b c"), cursor(2, 3), say("x")], "a x^ c"),
        ([put(0, "a b c"), cursor(2, 3), say("x"), UNDO], "a b^ c"),
        ([put(0, "a b c"), cursor(2, 3), put(0, "z"), say("x")], "za x^ c"),
        ([put(0, "a b c"), cursor(2, 3), put(2, "B", "b"), say("x")], "a B x^ c"),
        ([put(0, "a b c"), cursor(2, 3), cursor(5), say("x")], "a b c x^"),
    ],
)
async def test_words_land_where_the_cursor_was_put(
    modules: Page, steps: list[Step], shown: str
) -> None:
    assert await written(modules, steps) == shown


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        # Corrections before and behind the point leave it where it is.
        ([ONE, put(0, "G", "O"), TWO], "Gne. Two.^"),
        ([put(0, "a c"), cursor(1), say("b"), put(5, "!"), say("x", 2)], "a b x^ c!"),
        ([ONE, hear(heard("two", "", 2)), put(0, "G", "O")], "Gne. |two^"),
        ([ONE, hear(heard("two", "", 2)), put(0, "", "One."), say("Two.", 2)], "Two.^"),
        # Writing at the point goes before the next words.
        ([ONE, put(4, " And"), TWO], "One. And Two.^"),
        # Writing on behind words that are heard comes after them, and before those that follow.
        ([ONE, hear(heard("two", "", 2)), put(8, "!")], "One. |two!^"),
        ([hear(heard("one")), put(3, "!"), put(4, "?"), ONE, hear(), TWO], "One.!? Two.^"),
        # The gap behind words being heard is none of the text.
        ([put(0, "ac"), cursor(1), hear(heard("b"))], "a |b^ c"),
        ([put(0, "ac"), cursor(1), hear(heard("b")), put(3, ","), say("b"), hear()], "a b,^ c"),
        ([put(0, "ac"), cursor(1), hear(heard("b")), put(4, ","), say("b"), hear()], "a b ,^c"),
        ([put(0, "ac"), cursor(1), hear(heard("b")), put(3, "", " ")], "a |b^ c"),
        ([put(0, "ac"), cursor(1), hear(heard("b")), put(3, "", " c")], "a |b^"),
    ],
)
async def test_who_corrects_diverts_no_words(modules: Page, steps: list[Step], shown: str) -> None:
    assert await written(modules, steps) == shown


@pytest.mark.parametrize(
    "step",
    [put(6, "x"), put(6, "", "w"), put(3, "", ". t"), put(7, "", "o!"), put(0, "", "One. two")],
)
async def test_words_being_heard_cannot_be_changed(modules: Page, step: Step) -> None:
    steps = [ONE, hear(heard("two", "", 2)), step]

    assert await written(modules, steps) == "One. |two^"


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        # Words that are being heard stay and land where they are; the next ones go elsewhere.
        ([put(0, "ab"), hear(heard("x")), cursor(1)], "a^b |x"),
        ([put(0, "ab"), hear(heard("x")), cursor(1), hear(), say("y", 2)], "a y^ b"),
        ([put(0, "ab"), hear(heard("x")), cursor(1), say("X."), say("y", 2)], "a y^ b X."),
        (
            [put(0, "ab"), hear(heard("x")), cursor(1), hear(heard("x"), heard("y", "", 2))],
            "a^b |x |y",
        ),
        ([put(0, "ab"), hear(heard("x")), cursor(0, 1), say("X."), say("y", 2)], "y^ b X."),
        ([put(0, "ab"), hear(heard("x")), cursor(1), cursor(4), say("X.")], "ab X.^"),
        # On the words themselves there is nothing to go to.
        ([put(0, "ab"), hear(heard("x")), cursor(3)], "ab |x^"),
        ([put(0, "ab"), cursor(0), hear(heard("x")), cursor(4)], "|x ab^"),
        ([put(0, "ab"), cursor(0), hear(heard("x")), cursor(4), say("X."), TWO], "X. ab Two.^"),
    ],
)
async def test_the_point_can_be_moved_while_words_are_heard(
    modules: Page, steps: list[Step], shown: str
) -> None:
    assert await written(modules, steps) == shown


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([UNDO], "^"),
        ([REDO], "^"),
        ([ONE, TWO, UNDO], "One.^"),
        ([ONE, TWO, UNDO, UNDO, UNDO], "^"),
        ([ONE, TWO, UNDO, UNDO, REDO, REDO, REDO], "One. Two.^"),
        ([ONE, UNDO, TWO, REDO], "Two.^"),
        ([ONE, put(0, "G", "O"), UNDO], "One.^"),
        ([ONE, put(0, "G", "O"), TWO, UNDO, UNDO], "One.^"),
        # Typing is undone by words, deleting as well.
        ([put(0, "a"), put(1, "b"), put(2, " "), put(3, "c"), UNDO], "ab ^"),
        ([put(0, "a"), put(1, "b"), put(2, " "), put(3, "c"), UNDO, UNDO], "^"),
        ([put(0, "ab c"), put(3, "", "c"), put(2, "", " "), UNDO], "ab c^"),
        ([put(0, "ab c"), put(0, "", "a"), put(0, "", "b"), UNDO], "ab c^"),
        ([put(0, "a"), put(1, "b"), put(1, "", "b"), put(0, "", "a"), UNDO], "ab^"),
        ([put(0, "a"), ONE, put(6, "b"), UNDO], "a One.^"),
        ([put(0, "ab"), put(0, "c"), UNDO], "ab^"),
        # What is being heard is no step.
        ([ONE, hear(heard("two", "", 2)), UNDO], "|two^"),
        ([ONE, ["clear"], UNDO], "One.^"),
        ([ONE, hear(heard("two", "", 2)), ["clear"]], "|two^"),
    ],
)
async def test_steps_are_undone_and_done_again(
    modules: Page, steps: list[Step], shown: str
) -> None:
    assert await written(modules, steps) == shown


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([ONE, TWO, SCRATCH], "One.^"),
        ([ONE, TWO, SCRATCH, SCRATCH, SCRATCH], "^"),
        ([ONE, TWO, SCRATCH, THREE], "One. Three.^"),
        ([ONE, TWO, SCRATCH, UNDO], "One. Two.^"),
        ([ONE, TWO, SCRATCH, UNDO, SCRATCH], "One.^"),
        ([ONE, TWO, UNDO, REDO, SCRATCH], "One.^"),
        ([ONE, TWO, UNDO, SCRATCH], "^"),
        # Corrected words are still the words of that utterance; typed ones are nobody's.
        ([ONE, TWO, put(5, "T!", "T"), SCRATCH], "One.^"),
        ([ONE, TWO, put(9, " And"), SCRATCH], "One. And^"),
        ([ONE, put(0, "", "One."), SCRATCH], "^"),
        # What was said into the midst of earlier words goes first.
        ([say("a c"), cursor(1), say("b", 2), SCRATCH], "a^ c"),
        ([say("a c"), cursor(1), say("b", 2), SCRATCH, SCRATCH], "^"),
        ([say("a c"), cursor(3), say("d", 2), SCRATCH], "a c^"),
        ([say("a b c"), cursor(2, 3), say("x", 2), SCRATCH], "a ^ c"),
        ([say("a b c"), cursor(2, 3), say("x", 2), SCRATCH, SCRATCH], "^"),
        # As a command it lands as others do.
        ([ONE, order("scratch_that", utterance=2)], "^"),
        ([ONE, TWO, order("scratch_that", "scratch_that", utterance=3)], "^"),
        ([ONE, order("undo", utterance=2)], "^"),
        ([order("scratch_that")], "^"),
    ],
)
async def test_the_last_utterance_can_be_scratched(
    modules: Page, steps: list[Step], shown: str
) -> None:
    assert await written(modules, steps) == shown


def lines(*steps: str, utterance: int = 2) -> Step:
    """Say texts, with "/" for a new line and "¶" for a new paragraph."""
    actions = {"/": "new_line", "¶": "new_paragraph", "-": "scratch_that", "!": "stop_dictation"}
    said = [{"action": actions[s]} if s in actions else {"text": s} for s in steps]
    return ["land", {"key": f"1.{utterance}", "opens": False, "isSure": True}, said]


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([ONE, lines("/")], "One.\n^"),
        ([ONE, lines("/", "Two.")], "One.\nTwo.^"),
        ([ONE, lines("Two.", "¶", "Three.")], "One. Two.\n\nThree.^"),
        ([ONE, lines("¶"), THREE], "One.\n\nThree.^"),
        ([ONE, lines("¶"), say("Three.", 3, opens=True)], "One.\n\nThree.^"),
        ([ONE, lines("/", "/"), THREE], "One.\n\nThree.^"),
        ([ONE, lines("/", "¶"), THREE], "One.\n\nThree.^"),
        ([lines("¶", "/")], "^"),
        ([ONE, lines("Two.", "¶", "Three."), UNDO], "One.^"),
        ([ONE, lines("Two.", "¶", "Three."), SCRATCH], "One.^"),
        ([ONE, lines("Two.", "-", "Three.")], "One. Three.^"),
        ([ONE, lines("Two.", "!")], "One. Two.^"),
        ([ONE, lines("!")], "One.^"),
        ([put(0, "ab"), cursor(1), lines("/")], "a\n^b"),
    ],
)
async def test_commands_break_lines(modules: Page, steps: list[Step], shown: str) -> None:
    assert await written(modules, steps) == shown


AGAIN = {"key": "2.1", "text": "two", "committed": 0, "opens": False}
"""What a session left unsettled, heard anew in the next one."""


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([], "One. Two.^"),
        ([cursor(0)], "^One. Two."),
        ([cursor(1, 2)], "O<n>^e. Two."),
    ],
)
async def test_a_place_waits_for_words_that_are_heard_in_another_session(
    modules: Page, steps: list[Step], shown: str
) -> None:
    utterance = {"key": "2.1", "opens": False, "isSure": True}
    lands: Step = ["land", utterance, [{"text": "Two."}]]
    heard_anew = [ONE, hear(heard("two", "", 2)), *steps, hear(AGAIN), lands, hear()]

    assert await written(modules, heard_anew) == shown


async def test_a_manuscript_is_never_changed(modules: Page) -> None:
    steps = [ONE, hear(heard("two", "t", 2)), put(0, "x"), UNDO]
    frozen = """(() => {
      const freeze = (value) => {
        if (value && typeof value === "object") Object.values(Object.freeze(value)).forEach(freeze);
        return value;
      };
      const before = JSON.stringify(freeze(manuscript));
      const utterance = { key: "1.2", opens: true, isSure: true };
      for (const change of [
        (m) => pens.land(m, utterance, [{ text: "Two." }, { action: "scratch_that" }]),
        (m) => pens.edit(m, { at: 0, removed: "", inserted: "y" }),
        (m) => pens.place(m, { from: 0, to: 1 }),
        (m) => pens.hear(m, []),
        pens.undo, pens.redo, pens.scratch, pens.clear, sight.runs,
      ]) change(manuscript);
      return JSON.stringify(manuscript) === before;
    })()"""

    assert await written(modules, steps, frozen)
