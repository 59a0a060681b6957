"""Forms with a file, byte by byte; the client of the tests at the end makes them as programs do."""

import json
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.net.doorway import BEARER, BEARER_LINES, Setup, head, open_doorway
from wsserver.net.uploads import FIELD_LIMIT_BYTES, upload

LIMIT_BYTES = 200_000
FILE = b"RIFF\r\n--not the boundary\r\n" * 1_000


async def told(request: web.Request) -> web.Response:
    async with upload(request, LIMIT_BYTES) as form:
        file = None if form.file is None else form.file.read().decode("latin-1")
        return web.json_response({"fields": form.fields, "file": file})


FORM = Setup(routes=[web.post("/form", told)])


def part(name: str, value: bytes, *lines: str) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"'
    return "\r\n".join(["--cut", disposition, *lines, "", ""]).encode() + value + b"\r\n"


async def send(body: bytes, kind: str = "multipart/form-data; boundary=cut") -> tuple[int, Any]:
    lines = [*BEARER_LINES, f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    async with open_doorway(FORM) as doorway:
        answer = await doorway.send_and_read(head("POST /form HTTP/1.1", *lines) + body)
    return int(answer.split(b" ")[1]), json.loads(answer.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize("at", [0, 1, 2])
async def test_the_file_may_stand_anywhere(at: int) -> None:
    parts = [part("model", b"whisper-1"), part("include[]", "ä".encode())]
    parts.insert(at, part("file", FILE, 'Content-Type: audio/wav; name="x"'))

    status, form = await send(b"".join(parts) + b"--cut--\r\n")

    assert status == 200
    assert form["fields"] == [["model", "whisper-1"], ["include[]", "ä"]]
    assert form["file"] == FILE.decode("latin-1")


@pytest.mark.parametrize(
    ("body", "fields", "file"),
    [
        (b"--cut--\r\n", [], None),
        (part("file", b"") + b"--cut--", [], ""),
        (part("prompt", b"") + b"--cut--\r\n\r\n", [["prompt", ""]], None),
        (part("prompt", b"\xff") + b"--cut--\r\nepilogue", [["prompt", "\ufffd"]], None),
        (b"preamble\r\n" + part("file", b"x") + b"--cut--\r\n", [], "x"),
    ],
)
async def test_a_form_may_be_odd(body: bytes, fields: list[list[str]], file: str | None) -> None:
    assert await send(body) == (200, {"fields": fields, "file": file})


@pytest.mark.parametrize(
    ("body", "status", "complaint"),
    [
        (b"", 400, "a form that is broken"),
        (b"no boundary anywhere", 400, "a form that is broken"),
        (part("file", b"x") + b"--other--\r\n", 400, "a form that is broken"),
        (b"--cut\r\nno header\r\n\r\nx\r\n--cut--\r\n", 400, "broken"),
        (part("file", b"x") * 2 + b"--cut--\r\n", 400, "found a second file"),
        (
            part("a", b"--in\r\n\r\n--in--\r\n", "Content-Type: multipart/mixed; boundary=in"),
            400,
            "found a form within a form",
        ),
        (part("prompt", b"x" * (FIELD_LIMIT_BYTES + 1)), 413, "beside the file"),
        (part("a", b"x" * 40_000) + part("b", b"x" * 40_000), 413, "beside the file"),
        (part("", b"") * 2_000, 413, "beside the file"),
        (part("file", b"x" * (LIMIT_BYTES + 1)), 413, f"at most {LIMIT_BYTES} bytes"),
    ],
)
async def test_a_form_that_is_none_or_too_large_is_refused(
    body: bytes, status: int, complaint: str
) -> None:
    found, answer = await send(body)

    assert found == status
    assert complaint in answer["message"]


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("application/json", "found a body of type application/json"),
        ("audio/wav", "expected multipart/form-data"),
        ("multipart/form-data", "a form that is broken"),
        (f"multipart/form-data; boundary={'x' * 71}", "a form that is broken"),
    ],
)
async def test_a_body_of_another_type_is_refused(kind: str, complaint: str) -> None:
    status, answer = await send(part("file", b"x") + b"--cut--\r\n", kind)

    assert status == 400
    assert complaint in answer["message"]


async def test_forms_come_as_programs_make_them() -> None:
    form = aiohttp.FormData({"model": "base"})
    form.add_field("file", FILE, filename="speech.wav", content_type="audio/wav")

    async with (
        open_doorway(FORM) as doorway,
        doorway.browser() as browser,
        browser.post("/form", data=form, headers=BEARER) as answer,
    ):
        body = await answer.json()

    assert body == {"fields": [["model", "base"]], "file": FILE.decode("latin-1")}
