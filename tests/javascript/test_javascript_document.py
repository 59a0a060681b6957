"""docs/javascript.md against the code it speaks of, and its program against a server."""

import asyncio
import dataclasses
import os
import re
import shutil
import subprocess
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from tests.javascript.program import WEBCLIENT, result, socket_of
from tests.page.stage import PATIENCE_SECONDS, Stage, final
from wsserver.messages import Done, Finish, ServerMessage, Start

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "javascript.md").read_text(encoding="utf-8")
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
SAMPLE = ROOT / "tests" / "samples" / "en-us-my-uncle-sold.wav"

PROGRAMS = re.findall(r"^```js.*\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
(PROGRAM,) = re.findall(r"^```js node\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


def table(heading: str) -> list[list[str]]:
    """Give the rows of the table whose head begins with *heading*, without the head."""
    body = re.search(
        rf"^\| {re.escape(heading)} .*\n\|[-|]+\n((?:\|.*\n)+)", DOCUMENT, re.MULTILINE
    )
    assert body is not None
    return [[cell.strip(" `") for cell in row.split("|")[1:-1]] for row in body[1].splitlines()]


def fields_of(name: str) -> set[str]:
    """Give the names of the fields that protocol.js declares for a message."""
    script = (WEBCLIENT / "client" / "protocol.js").read_text(encoding="utf-8")
    declared = re.search(rf"@typedef {{(.*?)}} {name}\b", flat(script))
    assert declared is not None
    bookmark = ["through", "resend_from", "cursor"] if "& Bookmark" in declared[1] else []
    within = re.sub(r"(?<!^){[^{}]*}", "", declared[1])
    return {*re.findall(r"(\w+)\??:", within), *bookmark}


def flat(script: str) -> str:
    """Give every `@typedef` a line of its own."""
    return re.sub(r"\s*\n \* (?!@)", " ", script)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_is_a_program(node: Path, program: str, tmp_path: Path) -> None:
    path = tmp_path / "program.mjs"
    path.write_text(program, encoding="utf-8")

    run = subprocess.run([node, "--check", path], capture_output=True, text=True, check=False)

    assert run.stderr == ""


async def test_the_program_does_what_it_says(node: Path, stage: Stage, tmp_path: Path) -> None:
    shutil.copytree(WEBCLIENT / "client", tmp_path / "client")
    shutil.copy(WEBCLIENT / "dictation-client.js", tmp_path)
    (tmp_path / "program.mjs").write_text(PROGRAM, encoding="utf-8")
    command = (node, tmp_path / "program.mjs", socket_of(stage), SAMPLE)
    environment = {**os.environ, "WSSERVER_TOKEN": stage.token}

    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE)
    call = await stage.call()
    await call.hear(Finish)
    await call.say(final("My uncle sold his house."), Done(duration=3.0, utterances=1))
    async with asyncio.timeout(PATIENCE_SECONDS):
        said, _ = await process.communicate()

    assert said == b"My uncle sold his house.\n"
    assert process.returncode == 0
    assert call.start == Start()
    assert call.audio == SAMPLE.read_bytes()[44:]


def test_every_event_is_told() -> None:
    types = {get_args(get_type_hints(each)["type"])[0] for each in get_args(ServerMessage)}

    assert {row[0] for row in table("event")} == types | {"interrupted"}


async def test_every_error_of_the_client_is_told(node: Path) -> None:
    classes = await result(
        node,
        """say(...Object.entries(client).filter(([, value]) =>
            value === client.DictationError || value.prototype instanceof client.DictationError)
            .map(([name]) => name));""",
    )
    scripts = [path.read_text(encoding="utf-8") for path in (WEBCLIENT / "client").glob("*.js")]
    made = r"""new (?:DictationError|ConnectionLost|SessionFailed)\(\s*"(\w+)\""""

    rows = table("class")

    assert {row[0] for row in rows} == set(classes)
    assert {row[1] for row in rows if "the" not in row[1]} == {
        code for script in scripts for code in re.findall(made, script)
    }


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (Start, "Start"),
        *(
            (each, {"Warn": "Warning", "Error": "ServerError"}.get(each.__name__, each.__name__))
            for each in get_args(ServerMessage)
        ),
    ],
)
def test_the_types_are_those_of_the_protocol(message: Any, name: str) -> None:
    expected = {field.name for field in dataclasses.fields(message)}

    assert fields_of(name) == expected - ({"type", "resume"} if name == "Start" else set())


def test_every_link_leads_somewhere() -> None:
    for target, name in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", DOCUMENT):
        text = PROTOCOL if target == "protocol.md" else DOCUMENT
        headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}
        assert (ROOT / "docs" / target).exists()
        assert not name or name in anchors
