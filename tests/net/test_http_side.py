import logging

import pytest
from aiohttp import web

from tests.net.doorway import (
    BEARER_LINES,
    PATH,
    PLAIN,
    UPGRADE_LINES,
    Setup,
    head,
    open_doorway,
    with_admission,
)


async def access_log(caplog: pytest.LogCaptureFixture, request: bytes) -> list[str]:
    caplog.set_level(logging.INFO, logger="wsserver.access")
    async with open_doorway() as doorway:
        await doorway.send_and_read(request)
    return [record.getMessage() for record in caplog.records if record.name == "wsserver.access"]


async def test_an_answer_is_logged_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    (line,) = await access_log(caplog, head("GET /ping HTTP/1.1"))

    assert line.startswith("127.0.0.1 GET /ping 200 0.")
    assert line.endswith(" s")


async def test_what_the_page_is_made_of_is_logged_for_who_asks_for_it_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def part(_: web.Request) -> web.Response:
        return web.Response()

    caplog.set_level(logging.DEBUG, logger="wsserver.access")
    async with open_doorway(Setup(routes=[web.get("/page/app.js", part)])) as doorway:
        for path in ("/page/app.js", "/page/missing.js", "/ping"):
            await doorway.send_and_read(head(f"GET {path} HTTP/1.1", *BEARER_LINES))

    lines = [record for record in caplog.records if record.name == "wsserver.access"]
    assert [line.levelname for line in lines] == ["DEBUG", "INFO", "INFO"]


@pytest.mark.parametrize(("hops", "address"), [(0, "127.0.0.1"), (1, "198.51.100.7")])
async def test_answers_and_refusals_are_logged_with_the_address_that_counts(
    hops: int, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    forwarded = "X-Forwarded-For: 198.51.100.7"
    caplog.set_level(logging.INFO)
    async with open_doorway(Setup(settings=with_admission(trust_forwarded_for=hops))) as doorway:
        await doorway.send_and_read(head("GET /ping HTTP/1.1", forwarded))
        for path in (PATH, "/elsewhere"):
            target = f"GET {path}?token={PLAIN} HTTP/1.1"
            await doorway.send_and_read(head(target, *UPGRADE_LINES[:4], forwarded))

    lines = [record.getMessage() for record in caplog.records if record.name == "wsserver.access"]
    assert lines[0].startswith(f"{address} GET /ping 200 ")
    assert lines[1:] == [
        f"{address} GET {PATH} 401 WebSocket refused: no_token",
        f"{address} GET /elsewhere 404 WebSocket refused: not_found",
    ]
    assert "HTTP response sent" not in caplog.text


@pytest.mark.parametrize(
    ("target", "logged"),
    [
        pytest.param(f"/ping?token={PLAIN}", "/ping", id="a token in the query"),
        ("/ping%0aforged%20line", "/ping%0aforged%20line"),
        ("/" + "x" * 500, "/" + "x" * 199),
    ],
)
async def test_the_log_holds_neither_a_query_nor_a_line_of_the_clients(
    target: str, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    (line,) = await access_log(
        caplog, head(f"GET {target} HTTP/1.1", f"User-Agent: {PLAIN}", f"Referer: {PLAIN}")
    )

    assert line.split()[2] == logged
    assert PLAIN not in line
    assert "\n" not in line


async def test_a_head_that_cannot_be_parsed_is_answered_in_json_and_not_quoted() -> None:
    async with open_doorway() as doorway:
        answer = await doorway.send_and_read(head("GET /ping HTTP/1.1", f"Bad Name: {PLAIN}"))

    top, _, body = answer.partition(b"\r\n\r\n")
    assert b" 400 " in top
    assert b"application/json" in top
    assert b"X-Content-Type-Options: nosniff" in top
    assert b"aiohttp" not in answer
    assert PLAIN.encode() not in answer
    assert b"found no valid request" in body
