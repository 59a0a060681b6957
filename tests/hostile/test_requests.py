"""Requests that no browser sends; the session after them gets its final."""

import asyncio
import gzip
import zlib
from collections.abc import Sequence

import pytest

from tests.end_to_end.conftest import TOKEN, Run
from tests.hostile import attack
from tests.hostile.attack import BEARER, UPGRADE, head
from wsserver.net.tokens import hash_token

STT = ("POST /stt", BEARER)
MEGABYTE = 1024 * 1024


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


@pytest.mark.parametrize(
    ("encoding", "bomb"),
    [
        ("gzip", gzip.compress(bytes(64 * MEGABYTE))),
        ("deflate", zlib.compress(bytes(64 * MEGABYTE))),
        ("gzip", gzip.compress(gzip.compress(bytes(64 * MEGABYTE)))),
    ],
    ids=["gzip", "deflate", "gzip in gzip"],
)
async def test_a_body_that_swells_is_refused_before_it_is_large(
    run: Run, encoding: str, bomb: bytes
) -> None:
    lines = (*STT, f"Content-Encoding: {encoding}", f"Content-Length: {len(bomb)}")
    async with run(server={"http": {"body_limit_bytes": MEGABYTE}}) as server:
        answer = await attack.ask(server, head(*lines), bomb)
        await attack.dictate(server)

    # Within the gzip in the gzip there is no sound file: it is unpacked once, as it is declared.
    assert attack.status(answer) in (400, 413)


@pytest.mark.parametrize(
    ("request_head", "expected"),
    [
        (head("GET /ping", *(f"X-{n}: y" for n in range(5_000))), 431),
        (head("GET /ping", "X: " + "y" * 100_000), 431),
        (head("GET /" + "x" * 100_000), 431),
        (head("GET /v1/dictation", *UPGRADE, BEARER, *["Cookie: a=b"] * 5_000), 431),
        (head("GET /v1/dictation", *UPGRADE, BEARER, *["X: y"] * 500), 431),
        (head("GET /v1/dictation", *UPGRADE, BEARER, "X: " + "y" * 9_000), 431),
        (head("GET /ping", " folded: line"), 400),
        (head("GET /ping", ": no name"), 400),
        (head("GET /ping", "No colon"), 400),
        (head("GET /ping", "X: a\x00b"), 400),
        (head("GET /ping", "X: a\rb"), 400),
    ],
    ids=[
        "5,000 headers", "a huge header", "a huge path", "5,000 cookies", "500 headers of a socket",
        "a long header of a socket", "folded", "no name", "no colon", "zero", "a lone return",
    ],
)  # fmt: skip
async def test_a_head_out_of_proportion_is_refused(
    run: Run, request_head: bytes, expected: int
) -> None:
    async with run() as server:
        answer = await attack.ask(server, request_head)
        await attack.dictate(server)

    assert attack.status(answer) == expected


async def test_many_heads_that_drip_hold_nobody_up(run: Run) -> None:
    async with run(server={"http": {"head_timeout_seconds": 0.5}}) as server:
        drips = [attack.drip(server, head("GET /ping")[:9]) for _ in range(20)]
        *answers, _ = await asyncio.gather(*drips, attack.dictate(server))

    assert [attack.status(answer or b"") for answer in answers] == [408] * 20


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 4", "Content-Length: 5"),
        ("Content-Length: 4, 5",),
        ("Content-Length: +4",),
        ("Content-Length: 0x4",),
        ("Content-Length: 4", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 4"),
        ("Transfer-Encoding: identity, chunked, identity",),
        ("Transfer-Encoding : chunked",),
        ("Transfer-Encoding:\x0bchunked",),
        ("Content-Length: 4", "Transfer-Encoding: xchunked"),
    ],
)
async def test_a_body_of_two_lengths_is_refused_and_nothing_behind_it_is_heard(
    run: Run, lines: Sequence[str]
) -> None:
    smuggled = head("GET /ping")
    async with run() as server:
        answer = await attack.ask(server, head(*STT, *lines), b"0\r\n\r\n", smuggled)
        await attack.dictate(server)

    assert attack.status(answer) == 400
    assert answer.count(b"HTTP/1.") == 1
    assert b"connection: close" in answer.lower()


@pytest.mark.parametrize(
    "pieces",
    [
        (b"0\r\n\r\n", head("GET /ping")),
        (chunked(b"RIFF"), head("GET /ping")),
        (chunked(b"RIFF").replace(b"4\r\n", b"4;ext=\r\n"), head("GET /ping")),
    ],
)
async def test_a_second_request_behind_a_body_is_not_heard(
    run: Run, pieces: Sequence[bytes]
) -> None:
    async with run() as server:
        request = head(*STT, "Transfer-Encoding: chunked")
        answer = await attack.ask(server, request, *pieces)

    assert answer.count(b"HTTP/1.") == 1
    assert b"connection: close" in answer.lower()


ELSEWHERE = ("https://elsewhere.example", "null", "http://127.0.0.1.elsewhere.example", "file://")


@pytest.mark.parametrize("origin", ELSEWHERE)
@pytest.mark.parametrize("first", ["GET /v1/dictation", "POST /stt"])
async def test_a_page_of_another_site_gets_nothing_even_with_a_token(
    run: Run, first: str, origin: str
) -> None:
    lines = UPGRADE if first.startswith("GET") else ("Content-Length: 0",)
    async with run() as server:
        answer = await attack.ask(server, head(first, *lines, BEARER, f"Origin: {origin}"))
        await attack.dictate(server)

    assert attack.status(answer) == 403
    assert b"found the origin" in answer
    assert b"access-control-allow" not in answer.lower()


async def test_a_page_of_another_site_may_not_ask_before_either(run: Run) -> None:
    lines = (f"Origin: {ELSEWHERE[0]}", "Access-Control-Request-Method: POST")
    async with run() as server:
        answer = await attack.ask(server, head("OPTIONS /stt", *lines))

    assert attack.status(answer) in (401, 405)
    assert b"access-control-allow" not in answer.lower()


@pytest.mark.parametrize(
    "path",
    [
        "%2e%2e/app.py", "%2e%2e%2fapp.py", "..%5capp.py", "..\\app.py", "%252e%252e/app.py",
        "....//app.py", "%c0%ae%c0%ae/app.py", "index.html%00.js", "%00", "/etc/passwd",
        "%2fetc%2fpasswd", "C:%5cwindows", "./index.html/..", "main.js%20", "main.js.", "MAIN.JS",
        "~root", ".", "%2e", "__init__.py", ".git/config", "main.js;x=y", "%ff", "a" * 4_000,
    ],
)  # fmt: skip
async def test_no_trick_of_a_path_gets_anything_but_the_page(run: Run, path: str) -> None:
    async with run() as server:
        answer = await attack.ask(server, head(f"GET /page/{path}"))

    assert attack.status(answer) in (400, 401, 404)
    assert len(answer) < 2_000


@pytest.mark.parametrize("path", ["/", "/page/main.js", "/page/nothing", "/stt", "/v1/dictation"])
async def test_every_answer_says_what_a_browser_may_do_with_it(run: Run, path: str) -> None:
    async with run() as server:
        answer = await attack.ask(server, head(f"GET {path}"))

    lines = answer.partition(b"\r\n\r\n")[0].lower()
    for name in (
        b"content-security-policy: default-src 'none'; script-src 'self'",
        b"cross-origin-opener-policy: same-origin",
        b"cross-origin-resource-policy: same-origin",
        b"permissions-policy: camera=()",
        b"referrer-policy: no-referrer",
        b"x-content-type-options: nosniff",
    ):
        assert name in lines


@pytest.mark.parametrize(
    ("path", "offered"),
    [
        ("/v1/realtime", b"realtime, openai-insecure-api-key.\xff"),
        ("/v1/listen", b"token, \xff\x80"),
    ],
)
async def test_a_key_of_odd_bytes_is_refused_as_any_other(
    run: Run, path: str, offered: bytes
) -> None:
    asked = head(f"GET {path}", *UPGRADE)[:-2] + b"Sec-WebSocket-Protocol: " + offered
    async with run() as server:
        answer = await attack.ask(server, asked + b"\r\n\r\n")
        await attack.dictate(server)

    assert attack.status(answer) in (401, 403)


async def test_the_page_holds_no_script_or_style_that_its_policy_forbids(run: Run) -> None:
    async with run() as server:
        page = (await attack.ask(server, head("GET /"))).partition(b"\r\n\r\n")[2].lower()

    assert page.count(b"<script") == page.count(b'<script type="module" src="page/')
    assert b"<style" not in page
    assert b" style=" not in page
    assert b" onclick=" not in page
    assert b"javascript:" not in page


async def test_a_token_of_the_wrong_scope_may_not_speak(run: Run) -> None:
    viewer = {"name": "viewer", "hash": hash_token("viewer-token"), "scope": ["view"]}
    tests = {"name": "tests", "hash": hash_token(TOKEN)}
    bearer = "Authorization: Bearer viewer-token"
    async with run(server={"admission": {"tokens": [viewer, tests]}}) as server:
        socket = await attack.ask(server, head("GET /v1/dictation", *UPGRADE, bearer))
        file = await attack.ask(server, head("POST /stt", bearer, "Content-Length: 0"))
        await attack.dictate(server)

    assert (attack.status(socket), attack.status(file)) == (403, 403)
    assert b"missing_scope" in socket
