import logging

import pytest

from tests.net.doorway import PLAIN, head, open_doorway


async def access_log(caplog: pytest.LogCaptureFixture, request: bytes) -> list[str]:
    caplog.set_level(logging.INFO, logger="wsserver.access")
    async with open_doorway() as doorway:
        await doorway.send_and_read(request)
    return [record.getMessage() for record in caplog.records if record.name == "wsserver.access"]


async def test_an_answer_is_logged_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    (line,) = await access_log(caplog, head("GET /ping HTTP/1.1"))

    assert line.startswith("127.0.0.1 GET /ping 200 0.")
    assert line.endswith(" s")


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
