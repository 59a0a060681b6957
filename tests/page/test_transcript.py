from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import Page

from tests.page.stage import READY, final, partial, resumed
from wsserver.dialects import native
from wsserver.messages import Ack, Done, Final, ServerMessage

# Writes a transcript as one line: "¶" between paragraphs, "|" before what is tentative.
SHOW = """
  const partial = ({ text, committed, ...rest }) => {
    const [settled, tentative] = [text.slice(0, committed), text.slice(committed)];
    const space = tentative.startsWith(" ") ? " " : "";
    return { ...rest, text: settled + space + (tentative ? `|${tentative.trim()}` : "") };
  };
  const show = (transcript) =>
    [...transcript.sentences, ...transcripts.heardNow(transcript).map(partial)]
      .map(({ kind, opens, text }, i) => [i === 0 ? "" : opens ? " ¶ " : " ",
        kind === "unclear" ? "[unclear]" : text])
      .flat().join("");
"""

PAUSE, START, CLEAR, UNDO, ABANDON = (
    "breakParagraph",
    "breakParagraph",
    "clear",
    "undoClear",
    "abandon",
)

AGAIN = resumed(0, 0, "wsc_abc")

LATER = final("Two.", utterance=2, start=4.0)

Step = ServerMessage | str
"""A message, or the name of what the person does."""


async def after(modules: Page, steps: list[Step], expression: str = "show(transcript)") -> Any:
    """Take the steps and give what *expression* makes of the transcript."""
    frames = [step if isinstance(step, str) else native.write_server(step) for step in steps]
    return await modules.evaluate(
        f"""async (steps) => {{
          const transcripts = await import("/page/transcript.js");
          {SHOW}
          let transcript = transcripts.EMPTY;
          for (const step of steps) {{
            transcript = step.startsWith("{{")
              ? transcripts.apply(transcript, JSON.parse(step))
              : transcripts[step](transcript);
          }}
          return {expression};
        }}""",
        frames,
    )


def unclear(reason: str) -> Final:
    return replace(final(""), reason=reason)


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([], ""),
        ([READY], ""),
        ([READY, partial("the cat")], "|the cat"),
        ([READY, partial("the cat", "the")], "the |cat"),
        ([READY, partial("the cat", "the cat")], "the cat"),
        ([READY, partial("the cat"), partial("a dog ran")], "|a dog ran"),
        ([READY, partial("the cat"), final("The cat.")], "The cat."),
        ([READY, partial("the cat"), Ack(through=1)], "|the cat"),
        ([READY, partial("the cat"), Done(duration=1.0, utterances=0)], ""),
        ([READY, final("One."), final("Two.", utterance=2)], "One. Two."),
        ([READY, final("One."), partial("two", utterance=2)], "One. |two"),
        # The next utterance may be heard before the last one is final.
        (
            [READY, partial("one"), partial("two", utterance=2), final("One.")],
            "One. |two",
        ),
        ([READY, partial("two", utterance=2), partial("one")], "|one |two"),
        ([READY, final("One."), partial("one")], "One."),
        # Two and a half seconds of silence make a paragraph.
        ([READY, final("One."), final("Two.", utterance=2, start=4.9)], "One. Two."),
        ([READY, final("One."), final("Two.", utterance=2, start=5.0)], "One. ¶ Two."),
        # So does a pause; but what was being said then stays where it is.
        ([READY, final("One."), PAUSE, final("Two.", utterance=2)], "One. ¶ Two."),
        ([READY, partial("one"), PAUSE, final("One."), partial("two", utterance=2)], "One. ¶ |two"),
        ([READY, final("One."), START, READY, partial("two")], "One. ¶ |two"),
        # Time and utterances begin anew with every session.
        ([READY, final("One."), READY, final("Two.")], "One. Two."),
        ([READY, final("One."), READY, partial("two")], "One. |two"),
        # After a break what was heard stays in sight until it is heard anew.
        ([READY, partial("one and"), READY], "|one and"),
        ([READY, partial("one and"), READY, partial("one")], "|one"),
        ([READY, partial("one and"), READY, final("One and two.")], "One and two."),
        # A session that goes on counts on: nothing stands there twice.
        ([READY, final("One."), AGAIN, final("One.")], "One."),
        ([READY, final("One."), AGAIN, final("Two.", utterance=2)], "One. Two."),
        ([READY, final("One."), partial("two", utterance=2), AGAIN], "One. |two"),
        ([READY, partial("one and"), partial("two", utterance=2), AGAIN, partial("o")], "|o"),
        ([READY, partial("one and"), AGAIN, final("One."), partial("t", utterance=2)], "One. |t"),
        ([READY, partial("one and"), AGAIN, Done(duration=1.0, utterances=0)], ""),
        # What was held back leaves a mark, unless nobody spoke.
        ([READY, partial("uh uh uh"), unclear("repetition")], "[unclear]"),
        ([READY, partial("that"), unclear("no_speech")], ""),
        ([READY, final("")], ""),
        # What can never become final stays.
        ([READY, final("One."), partial("two", utterance=2), ABANDON], "One. two"),
        ([READY, partial(""), ABANDON], ""),
        ([READY, final("One."), CLEAR], ""),
        ([READY, final("One."), partial("two", utterance=2), CLEAR], "|two"),
        ([READY, final("One."), CLEAR, UNDO], "One."),
        ([READY, final("One."), CLEAR, final("Two.", utterance=2), UNDO], "One. Two."),
        ([UNDO], ""),
    ],
)
async def test_words_stand_where_they_were_said(
    modules: Page, steps: list[Step], shown: str
) -> None:
    assert await after(modules, steps) == shown


async def test_a_partial_keeps_its_key_when_it_becomes_final(modules: Page) -> None:
    keys = (
        """[...transcript.sentences, ...transcripts.heardNow(transcript)].map(({ key }) => key)"""
    )

    before = await after(modules, [READY, final("One."), partial("two", utterance=2)], keys)
    settled = await after(modules, [READY, final("One."), final("Two.", utterance=2)], keys)

    assert before == settled
    assert len(set(settled)) == 2


async def test_a_transcript_is_never_changed(modules: Page) -> None:
    frozen = """(() => {
      const freeze = (value) => {
        if (value && typeof value === "object") Object.values(Object.freeze(value)).forEach(freeze);
        return value;
      };
      const before = JSON.stringify(freeze(transcript));
      const final = { type: "final", utterance: 9, text: "Z.", start: 9, end: 10, through: 1 };
      const partial = { ...final, type: "partial", committed: 0, lag: 0 };
      transcripts.apply(transcripts.apply(transcript, partial), final);
      for (const change of ["clear", "undoClear", "abandon", "breakParagraph", "heardNow"]) {
        transcripts[change](transcript);
      }
      return JSON.stringify(transcript) === before;
    })()"""

    assert await after(modules, [READY, final("One."), partial("two", utterance=2)], frozen)


@pytest.mark.parametrize(
    ("steps", "times"),
    [
        ([READY, final("One.", start=1.0)], [[1, 3]]),
        ([READY, final("One.", start=1.0), LATER], [[1, 3], [4, 6]]),
        # One session counts on after the other; one that was broken off just goes on.
        ([READY, final("One.", start=1.0), READY, final("Two.", start=0.5)], [[1, 3], [3.5, 5.5]]),
        ([READY, final("1.", start=1.0), AGAIN, LATER], [[1, 3], [4, 6]]),
        ([READY, final("One.", start=1.0), READY, partial("two"), ABANDON], [[1, 3], [3.5, 5]]),
    ],
)
async def test_every_sentence_has_its_time(
    modules: Page, steps: list[Step], times: list[list[float]]
) -> None:
    found = await after(modules, steps, "transcript.sentences.map((s) => [s.start, s.end])")

    assert found == times


REOPEN = """
  let kept = transcripts.keepsake(transcript);
  const say = (...messages) => messages.reduce(transcripts.apply, transcript);
  const reopened = (own) => show(transcripts.reopen({ ...transcripts.EMPTY, ...own }, kept));
"""


@pytest.mark.parametrize(
    ("own", "shown"),
    [
        # A new tab; this one after a reload, on a par or ahead; a tab with words of its own.
        ("{}", "One."),
        ("transcripts.keepsake(transcript)", "One."),
        (
            "say({ type: 'final', utterance: 2, text: 'Two.', start: 3, end: 4, through: 5 })",
            "One.",
        ),
        (
            "{ sentences: [{ key: '7.1', kind: 'final', text: 'Mine.', opens: false }] }",
            "Mine. One.",
        ),
    ],
)
async def test_another_page_goes_on_with_the_text(modules: Page, own: str, shown: str) -> None:
    expression = f"(() => {{ {REOPEN} return reopened({own}); }})()"

    assert await after(
        modules, [READY, final("One."), partial("two", utterance=2)], expression
    ) == (shown)


async def test_an_earlier_text_leaves_the_session_its_number(modules: Page) -> None:
    steps: list[Step] = [READY, final("Two."), partial("three", utterance=2)]
    earlier = """transcripts.bringBack(transcript, [
      { key: "7.1", kind: "final", text: "One.", opens: false, start: 0, end: 1 }])"""

    kept = await after(modules, steps, f"[{earlier}, transcript]")

    numbers = [(one["session"], one["settled"]) for one in kept]
    assert numbers[0] == numbers[1]
    assert await after(modules, steps, f"show({earlier})") == "One. Two. |three"


@pytest.mark.parametrize(
    ("steps", "expression", "times"),
    [
        # Within a session the times stay; those of the next one are counted on.
        ([READY, final("One."), CLEAR, LATER, UNDO], "transcript", [0.5, 2.5, 4.0, 6.0]),
        (
            [READY, final("One."), CLEAR, READY, final("Two."), UNDO],
            "transcript",
            [0.5, 2.5, 2.5, 4.5],
        ),
        (
            [READY, final("One."), CLEAR, READY, UNDO, final("Two.")],
            "transcript",
            [0.5, 2.5, 3.0, 5.0],
        ),
        (
            [READY, final("One.")],
            """transcripts.reopen(transcript, { session: 9, sentences: [
              { key: "9.1", kind: "final", text: "Two.", opens: false, start: 1, end: 2 }] })""",
            [0.5, 2.5, 2.5, 3.5],
        ),
    ],
)
async def test_times_never_overlap(
    modules: Page, steps: list[Step], expression: str, times: list[float]
) -> None:
    told = f"{expression}.sentences.flatMap(({{ start, end }}) => [start, end])"

    assert await after(modules, steps, told) == times
