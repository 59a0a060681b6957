"""docs/protocol.md and docs/protocol.schema.json against the code they speak of.

`python tests/test_protocol_document.py` writes the schema anew.
"""

import dataclasses
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args, get_type_hints

import jsonschema
import pytest
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from wsserver import errors
from wsserver.audio.pcm import HIGHEST_RATE, LOWEST_RATE, MOST_CHANNELS, Encoding
from wsserver.dialects import captions, native
from wsserver.messages import Audio, ClientMessage, Finish, ServerMessage, Start
from wsserver.net import room_routes
from wsserver.net.refusal import Refusal
from wsserver.net.settings import SocketSettings
from wsserver.rooms.captions import Caption
from wsserver.session.finals import UNRECOGNIZABLE
from wsserver.text.guards import Verdict

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
SCHEMA = ROOT / "docs" / "protocol.schema.json"
SAMPLE = ROOT / "tests" / "samples" / "en-us-my-uncle-sold.wav"


def schema() -> dict[str, Any]:
    """Put the two schemas into one file, each a resource of its own so that its `$ref`s hold."""
    sides = native.schema() | {"captions": captions.schema()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:wsserver:dictation.v1",
        "title": "Text frames of dictation.v1",
        "$defs": {
            side: {"$id": f"urn:wsserver:dictation.v1:{side}", **sides[side]} for side in sides
        },
    }


def blocks(info: str) -> list[str]:
    """Give the fenced blocks that are marked with *info*."""
    return re.findall(rf"^```{info}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


def examples(side: str) -> list[dict[str, Any]]:
    """Give the JSON objects of all blocks of one side."""
    decoder, found = json.JSONDecoder(), []
    for block in blocks(f"json {side}"):
        rest = block
        while rest:
            example, length = decoder.raw_decode(rest)
            found.append(example)
            rest = rest[length:].lstrip()
    return found


def table(heading: str) -> list[list[str]]:
    """Give the rows of the table whose head begins with *heading*, without the head."""
    body = re.search(
        rf"^\| {re.escape(heading)} .*\n\|[-|]+\n((?:\|.*\n)+)", DOCUMENT, re.MULTILINE
    )
    assert body is not None
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in body[1].splitlines()]


def plain(cell: str) -> str:
    return cell.strip("`")


CLIENT, SERVER = examples("client"), examples("server")
CAPTIONS = examples("captions")


def test_the_schema_is_that_of_the_code() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema()


@pytest.mark.parametrize("example", CLIENT)
def test_a_client_example_is_read_and_comes_back(example: dict[str, Any]) -> None:
    message = native.read_client(json.dumps(example))

    written = json.loads(native.write_client(message))
    assert written | example == written


@pytest.mark.parametrize("example", SERVER)
def test_a_server_example_is_what_the_server_writes(example: dict[str, Any]) -> None:
    message = native.read_server(json.dumps(example))

    assert json.loads(native.write_server(message)) == example


@pytest.mark.parametrize("example", CAPTIONS)
def test_an_example_of_a_room_is_what_a_viewer_gets(example: dict[str, Any]) -> None:
    caption = captions.read(json.dumps(example))

    assert json.loads(captions.write(caption)) == example


def test_the_answer_to_who_opens_a_room_shows_all_links() -> None:
    (example,) = examples("opened")

    expected = room_routes.links(example["room"], "eyJhbGciOi...")
    assert example["links"] == expected


@pytest.mark.parametrize(
    ("side", "found"), [("client", CLIENT), ("server", SERVER), ("captions", CAPTIONS)]
)
def test_the_examples_keep_to_the_schema(side: str, found: list[dict[str, Any]]) -> None:
    whole = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(
        whole | {"$ref": f"urn:wsserver:dictation.v1:{side}"}
    )
    validator.check_schema(whole)

    for example in found:
        validator.validate(example)
    assert not validator.is_valid({"type": "poem"})
    assert not validator.is_valid({**found[0], "type": 7})


@pytest.mark.parametrize(
    ("found", "message"),
    [
        *((CLIENT, message) for message in get_args(ClientMessage) if message is not Audio),
        *((SERVER, message) for message in get_args(ServerMessage)),
    ],
)
def test_every_field_of_every_message_is_shown(found: list[dict[str, Any]], message: Any) -> None:
    fields = {field.name for field in dataclasses.fields(message)}
    (name,) = get_args(get_type_hints(message)["type"])

    shown = {field for example in found if example["type"] == name for field in example}

    assert shown == fields
    assert f"### `{name}`\n" in DOCUMENT


@pytest.mark.parametrize("caption", get_args(Caption))
def test_every_field_of_what_viewers_get_is_shown(caption: Any) -> None:
    fields = {field.name for field in dataclasses.fields(caption)}
    (name,) = get_args(get_type_hints(caption)["type"])

    shown = {field for example in CAPTIONS if example["type"] == name for field in example}

    assert shown == fields


def test_every_field_of_start_is_explained_with_its_default() -> None:
    said = {
        plain(name): default
        for names, defaults, _ in table("field | default")
        for name, default in zip(names.split(", "), defaults.split(", "), strict=True)
    }

    in_words = {"null": "detected", '""': "empty", "[]": "none"}
    fields = [field for field in dataclasses.fields(Start) if field.name != "type"]
    assert list(said) == [field.name for field in fields]
    for field in fields:
        default = json.dumps(field.default)
        usual = in_words.get(default, default.strip('"'))
        expected = "none" if field.name in ("room", "resume") else usual
        assert plain(said[field.name]) == expected


def test_every_error_stands_in_the_table_with_its_close_code() -> None:
    told = (errors.ClientError, errors.ServerError)
    classes = [each for each in vars(errors).values() if isinstance(each, type)]
    expected = {
        each.code: each.close_code
        for each in classes
        if issubclass(each, told) and each is not errors.ClientError
    }

    said = {plain(row[0]): int(row[1]) for row in table("`code` | close code")}

    assert said == expected


def test_a_refusal_is_what_the_server_answers() -> None:
    (example,) = examples("refusal")

    answer = dict(example)
    assert answer.pop("admitted") is False
    assert Refusal(**answer).as_json() == example


def test_every_reason_of_an_empty_final_is_explained() -> None:
    guards = [each.value for each in Verdict if each is not Verdict.HEARD]

    said = [plain(row[0]) for row in table("`reason`")]

    assert said == [*guards, UNRECOGNIZABLE]


def test_the_formats_are_those_that_are_served() -> None:
    assert [plain(row[0]) for row in table("`encoding`")] == list(Encoding)
    assert (
        f"rates from {LOWEST_RATE} to {HIGHEST_RATE} Hz; 1 channel, or {MOST_CHANNELS}" in DOCUMENT
    )


def test_the_frame_limit_of_the_examples_is_the_default() -> None:
    shown = [each["limits"]["frame_bytes"] for each in SERVER if each["type"] == "ready"]

    assert shown == [SocketSettings().frame_limit_bytes] * 3


def test_every_link_within_the_page_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", DOCUMENT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}

    links = set(re.findall(r"\]\(#([^)]*)\)", DOCUMENT))

    assert links
    assert links <= anchors


@contextmanager
def scripted_server(received: list[ClientMessage]) -> Iterator[int]:
    """Say what the document's server says once everything was sent."""

    def handle(socket: ServerConnection) -> None:
        assert socket.request is not None
        assert socket.request.headers["Authorization"] == "Bearer secret"
        received.append(native.read_client(socket.recv()))
        socket.send(json.dumps(SERVER[0]))
        while not isinstance(received[-1], Finish):
            received.append(native.read_client(socket.recv()))
        for example in SERVER[1:]:
            if example["type"] not in ("ready", "error"):
                socket.send(json.dumps(example))

    protocols = [Subprotocol(native.SUBPROTOCOL)]
    with serve(handle, "127.0.0.1", 0, subprotocols=protocols) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("program", blocks("python"))
def test_the_programs_do_what_they_say(program: str, tmp_path: Path) -> None:
    received: list[ClientMessage] = []
    path = tmp_path / "program.py"

    with scripted_server(received) as port:
        path.write_text(program.replace("127.0.0.1:8765", f"127.0.0.1:{port}"), encoding="utf-8")
        run = subprocess.run(
            [sys.executable, path, SAMPLE],
            env={**os.environ, "WSSERVER_TOKEN": "secret"},
            capture_output=True,
            text=True,
            check=False,
        )

    audio = b"".join(message.data for message in received if isinstance(message, Audio))
    assert run.stderr == ""
    assert run.stdout.startswith("My uncle sold his house by the sea.\n")
    assert received[0] == Start()
    assert audio == SAMPLE.read_bytes()[44:]


if __name__ == "__main__":
    SCHEMA.write_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
