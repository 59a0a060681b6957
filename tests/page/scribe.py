"""Somebody who speaks and types into a manuscript, without a page."""

import json
from typing import Any

from playwright.async_api import Page

SHOW = """
  const marks = { tentative: ["|", ""], replaced: ["<", ">"], unconfirmed: ["~", "~"] };
  const write = ({ kind, text }) => {
    if (kind === "point") return "^";
    const [left, right] = marks[kind] ?? ["", ""];
    return left + text + right;
  };
  const show = (manuscript) => sight.runs(manuscript).map(write).join("");
"""
"""Writes a manuscript as one line: "^" where the next words land, "|" before what is tentative,
"<" and ">" around what they replace, "~" around what was never final."""

Step = list[Any]
"""The name of a function that changes a manuscript, and its arguments after the manuscript."""


def say(text: str, utterance: int = 1, *, opens: bool = False) -> Step:
    """Let the final of an utterance land."""
    return ["land", {"key": f"1.{utterance}", "opens": opens, "isSure": True}, [{"text": text}]]


def order(*actions: str, utterance: int = 1) -> Step:
    """Let an utterance land that is nothing but commands."""
    said = [{"action": action} for action in actions]
    return ["land", {"key": f"1.{utterance}", "opens": False, "isSure": True}, said]


def heard(text: str, committed: str = "", utterance: int = 1, *, opens: bool = False) -> Any:
    key = f"1.{utterance}"
    return {"key": key, "text": text, "committed": len(committed), "opens": opens}


def hear(*partials: Any) -> Step:
    """Show what is being heard."""
    return ["hear", list(partials)]


def put(at: int, inserted: str, removed: str = "") -> Step:
    """Type, paste or delete at a place in sight."""
    return ["edit", {"at": at, "removed": removed, "inserted": inserted}]


def cursor(at: int, to: int | None = None) -> Step:
    """Have the words go to the cursor."""
    return ["place", {"from": at, "to": at if to is None else to}]


async def written(modules: Page, steps: list[Step], expression: str = "show(manuscript)") -> Any:
    """Take the steps and give what *expression* makes of the manuscript."""
    return await modules.evaluate(
        f"""async (steps) => {{
          const rooms = ["manuscript", "landing", "place", "handwriting", "reunion"];
          const load = (room) => import(`/page/${{room}}.js`);
          const pens = Object.assign({{}}, ...(await Promise.all(rooms.map(load))));
          const sight = await import("/page/sight.js");
          {SHOW}
          let manuscript = pens.blank("m1");
          for (const [name, ...given] of JSON.parse(steps)) {{
            manuscript = pens[name](manuscript, ...given);
          }}
          return {expression};
        }}""",
        json.dumps(steps),
    )
