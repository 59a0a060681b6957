"""Lines that roll: what is told here as `settled {committed} [tentative]`."""

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.javascript.program import running

SCRIPT = """
    const { apply, begin, lines } = await import(at("caption-lines.js"));
    const MARKS = { final: ["", ""], committed: ["{", "}"], tentative: ["[", "]"] };
    const mark = ({ kind, text }) => MARKS[kind].join(text);
    let roll = begin(given.columns);
    for (const message of given.messages) {
      roll = apply(roll, message);
      say(...lines(roll).map((line) => line.map(mark).join("")));
    }
"""
LONG = "It was the old farm by the river, and nobody wanted to look after the animals any more."

Message = dict[str, Any]


def final(text: str, utterance: int = 1, session: str = "a", **other: object) -> Message:
    heard = partial(text, 0, utterance, session) | {"type": "final", "language": "en"}
    return heard | {"number": utterance} | other


def partial(text: str, committed: int = 0, utterance: int = 1, session: str = "a") -> Message:
    return {
        "type": "partial",
        "session": session,
        "utterance": utterance,
        "text": text,
        "committed": committed,
        "start": 3.0 * utterance,
        "end": 3.0 * utterance + 2,
    }


ROOM = {"type": "room", "room": "r", "story": "s", "finals": 0, "live": True}


async def rolled(node: Path, messages: list[Message], columns: int = 42) -> list[list[str]]:
    """Give the lines after each of *messages*."""
    async with running(node, SCRIPT, messages=messages, columns=columns) as program:
        return [await program.says() for _ in messages]


@pytest.mark.parametrize(
    ("messages", "shown"),
    [
        ([final("So it goes.")], ["So it goes."]),
        ([partial("So it goes", 5)], ["{So it }[goes]"]),
        ([partial("So it goes", 9)], ["{So it }[goes]"]),
        ([partial("𠮷 it goes", 4)], ["{𠮷 it }[goes]"]),
        ([partial("So it"), final("So it goes.")], ["So it goes."]),
        ([final("So it."), partial("So it goes", 9)], ["So it."]),
        ([final("So it."), final("Again.")], ["So it."]),
        ([final("So it."), partial("Go on", 2, 2)], ["So it. {Go }[on]"]),
        ([final("So it."), partial("Go on", 2, 3)], ["So it.", "{Go }[on]"]),
        ([final("So it."), partial("Go", 2, 2, "b")], ["So it.", "{Go}"]),
        ([final("你好。"), partial("再见", 2, 2)], ["你好。{再见}"]),
        # One who is heard while another one speaks has lines of his own, and they stay there.
        ([partial("One", 3), partial("Two", 3, 1, "b"), final("One.")], ["One.", "{Two}"]),
        ([partial("One", 3), final("Two.", 1, "b"), partial("One and", 7)], ["{One and}", "Two."]),
        # The next utterance may be heard before the last one is final.
        ([partial("One", 3), partial("Two", 3, 2)], ["{One}", "{Two}"]),
        ([partial("One", 3), partial("Two", 3, 2), final("One.")], ["One.", "{Two}"]),
        ([partial("Two", 3, 2), final("One.")], ["One.", "{Two}"]),
        # Nothing came of it.
        ([partial("One", 3), partial("")], []),
        ([partial("One", 3), final("Two.", 2)], ["Two."]),
        ([partial("One", 3), partial("Two", 3, 1, "b"), partial("")], ["{Two}"]),
        ([partial("One", 3), ROOM], []),
        ([final("One."), partial("Two", 3, 2), {"type": "closed", "reason": "ended"}], ["One."]),
        ([final("One."), {"type": "live", "live": False}], ["One."]),
    ],
)
async def test_words_stand_in_the_order_in_which_they_were_heard(
    node: Path, messages: list[Message], shown: list[str]
) -> None:
    assert (await rolled(node, messages))[-1] == shown


async def test_what_comes_after_a_break_begins_a_line(node: Path) -> None:
    script = """
        const { apply, begin, breakLine, lines } = await import(at("caption-lines.js"));
        const text = (roll) => lines(roll).map((line) => line.map(({ text }) => text).join(""));
        const [one, two, longer, three] = given.messages;
        const heard = apply(breakLine(apply(begin(), one)), two);
        const grown = apply(breakLine(heard), longer);
        say(text(heard), text(grown), text(apply(grown, three)));
    """
    messages = [final("One."), partial("Two", 3, 2), partial("Two and", 3, 2), final("3.", 3)]

    async with running(node, script, messages=messages) as program:
        said = await program.says()

    assert said == [["One.", "Two"], ["One.", "Two and"], ["One.", "3."]]


async def test_a_line_ends_where_a_phrase_ends_if_little_is_lost(node: Path) -> None:
    (shown,) = await rolled(node, [final(LONG)])

    assert shown == [
        "It was the old farm by the river,",
        "and nobody wanted to look",
        "after the animals any more.",
    ]


async def test_no_line_changes_when_words_come_behind_it(node: Path) -> None:
    words = LONG.split()
    heard = [partial(" ".join(words[:count])) for count in range(1, len(words) + 1)]

    # The language is known from the final before.
    shown = await rolled(node, [final("Well, then.", 0), *heard, final(LONG)])

    for before, after in pairwise(shown):
        assert after[: len(before) - 1] == before[:-1] or after == shown[-1]
    texts = [[line.translate({ord(each): None for each in "{}[]"}) for line in s] for s in shown]
    assert texts[-1] == texts[-2]


async def test_a_word_that_changes_leaves_the_ends_of_lines_where_they_were(node: Path) -> None:
    heard = ["one two six ten one two six", "one too six ten one two six"]
    heard += ["one too six tin one two", "one six ten one two six", "one two too six ten one two"]

    shown = await rolled(node, [partial(text, len(text)) for text in heard], columns=16)

    assert shown == [
        ["{one two six ten}", "{one two six}"],
        ["{one too six ten}", "{one two six}"],
        ["{one too six tin}", "{one two}"],
        ["{one six ten one}", "{two six}"],
        ["{one two too six}", "{ten one}", "{two}"],
    ]


async def test_whatever_is_heard_no_line_is_too_long_and_what_is_settled_stays(node: Path) -> None:
    chance = random.Random(7)
    words = ["a", "the", "of", "and", "house,", "goes.", "incomprehensibilities", "語", "because"]
    messages = []
    for step in range(600):
        said = " ".join(chance.choices(words, k=chance.randrange(1, 15)))
        session, utterance = chance.choice("ab"), 1 + step // 6
        if chance.random() < 0.2:
            messages.append(final(said, utterance, session))
        else:
            messages.append(partial(said, chance.randrange(30), utterance, session))

    shown = await rolled(node, messages, columns=20)

    settled: list[str] = []
    for lines in shown:
        plain = [line.translate({ord(each): None for each in "{}[]"}) for line in lines]
        assert all(len(line) + line.count("語") <= 20 for line in plain)
        # All lines before the first that may change.
        still = [line for line in lines if not set(line) & set("{}[]")]
        count = next((i for i, line in enumerate(lines) if line not in still), len(lines))
        assert plain[: len(settled)] == settled
        settled = plain[: max(0, count - 1)]
