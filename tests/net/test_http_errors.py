import asyncio
import json
import logging
from typing import Any

import pytest
from aiohttp import web

from tests.net.doorway import BEARER, BEARER_LINES, Doorway, Setup, head, open_doorway, with_http
from wsserver.errors import BadAudio, EngineLost, Overloaded
from wsserver.net.refusal import Refusal, Refused


def raising(error: Exception) -> list[web.RouteDef]:
    async def route(_: web.Request) -> web.Response:
        raise error

    return [web.get(path, route) for path in ("/broken", "/stt")]


async def ask(doorway: Doorway, path: str) -> tuple[int, dict[str, Any]]:
    async with doorway.browser() as browser, browser.get(path, headers=BEARER) as answer:
        assert answer.content_type == "application/json"
        assert "Server" not in answer.headers
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("error", "status", "code", "message"),
    [
        (BadAudio("found 3 bytes"), 400, "bad_audio", "found 3 bytes"),
        (Overloaded("found no room"), 503, "overloaded", "found no room"),
        (EngineLost("the engine died"), 503, "engine_lost", "the engine died"),
        (Refused(Refusal(429, "used_up", "no more", 9)), 429, "used_up", "no more"),
        (ZeroDivisionError("secret"), 500, "server_error", "the server made a mistake"),
        (web.HTTPGone(), 410, "gone", "gone"),
        (web.HTTPRequestEntityTooLarge(5, 6), 413, "too_large", "found a body above the limit"),
        (TimeoutError(), 500, "server_error", "the server made a mistake"),
    ],
)
async def test_whatever_a_route_raises_is_told_as_json(
    error: Exception, status: int, code: str, message: str
) -> None:
    async with open_doorway(Setup(routes=raising(error))) as doorway:
        found, body = await ask(doorway, "/broken")
        legacy = await ask(doorway, "/stt")

    assert found == status
    assert body["status"] == status
    assert (body["code"], body["message"]) == (code, message)
    assert legacy == (status, {"Error": message, "status": "failed"})


async def test_a_refusal_keeps_its_headers() -> None:
    refused = Refused(Refusal(429, "used_up", "no more", 9))

    async with (
        open_doorway(Setup(routes=raising(refused))) as doorway,
        doorway.browser() as browser,
        browser.get("/broken", headers=BEARER) as answer,
    ):
        assert answer.headers["Retry-After"] == "9"
        assert (await answer.json())["retry_after"] == 9


@pytest.mark.parametrize(
    ("request_line", "lines", "status", "code"),
    [
        ("GET /v1/models", [], 401, "no_token"),
        ("GET /v1/models/any", ["Authorization: Bearer nobody"], 401, "invalid_api_key"),
        ("POST /v1/audio/nothing", BEARER_LINES, 404, "not_found"),
        ("POST /v1/audio/any", [*BEARER_LINES, "Content-Length: 99999999"], 413, "too_large"),
        ("GET /v1/audio", BEARER_LINES, 404, "not_found"),
    ],
)
async def test_errors_have_the_shape_of_their_path_even_before_a_route_is_found(
    request_line: str, lines: list[str], status: int, code: str
) -> None:
    async with open_doorway() as doorway:
        answer = await doorway.send_and_read(head(f"{request_line} HTTP/1.1", *lines))

    top, _, body = answer.partition(b"\r\n\r\n")
    error = json.loads(body)["error"]
    assert int(answer.split(b" ")[1]) == status
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["code"] == code
    assert (b"WWW-Authenticate" in top) is (status == 401)


async def test_a_server_that_drains_says_so_in_the_shape_of_the_path() -> None:
    async with open_doorway() as doorway:
        doorway.gate.drain()
        status, body = await ask(doorway, "/v1/models")

    assert status == 503
    assert (body["error"]["type"], body["error"]["code"]) == ("server_error", "draining")


async def test_a_path_that_only_begins_alike_has_the_usual_shape() -> None:
    async with open_doorway() as doorway:
        assert await ask(doorway, "/v1/audiobooks") == (
            404,
            {"status": 404, "code": "not_found", "message": "not found"},
        )


async def test_only_the_fault_of_the_server_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    errors = {"/theirs": BadAudio("theirs"), "/ours": EngineLost("ours")}

    async def route(request: web.Request) -> web.Response:
        raise errors[request.path]

    async with open_doorway(Setup(routes=[web.get(path, route) for path in errors])) as doorway:
        for path in errors:
            await ask(doorway, path)

    assert [record.getMessage() for record in caplog.records] == ["/ours failed"]
    assert "EngineLost: ours" in caplog.text


async def test_a_redirection_is_no_error() -> None:
    async with (
        open_doorway(Setup(routes=raising(web.HTTPFound("/ping")))) as doorway,
        doorway.browser() as browser,
        browser.get("/broken", headers=BEARER, allow_redirects=False) as answer,
    ):
        assert answer.status == 302
        assert answer.headers["Location"] == "/ping"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/missing", 404, "not_found"),
        ("POST", "/ping", 405, "method_not_allowed"),
        ("OPTIONS", "/who", 405, "method_not_allowed"),
    ],
)
async def test_what_is_not_there_is_told_as_json(
    method: str, path: str, status: int, code: str
) -> None:
    setup = Setup(routes=raising(BadAudio("never asked")))
    path = path.replace("/who", "/broken")

    async with (
        open_doorway(setup) as doorway,
        doorway.browser() as browser,
        browser.request(method, path, headers=BEARER) as answer,
    ):
        body = await answer.json()
        allowed = answer.headers.get("Allow")

    assert answer.status == status
    assert (body["status"] == "failed") is (path == "/ping")
    assert path == "/ping" or body["code"] == code
    assert (allowed == "GET,HEAD") is (status == 405)


async def test_a_body_that_is_broken_is_the_clients_fault() -> None:
    request = head("POST /length HTTP/1.1", "Transfer-Encoding: chunked", *BEARER_LINES)

    async with open_doorway() as doorway:
        answer = await doorway.send_and_read(request + b"2\r\nok\r\nzz\r\n")

    assert answer.split(b" ")[1] == b"400"
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] in ("bad_message", "bad_request")


async def test_a_body_that_is_not_packed_as_it_says_is_the_clients_fault() -> None:
    request = head(
        "POST /length HTTP/1.1", "Content-Length: 4", "Content-Encoding: gzip", *BEARER_LINES
    )

    async with open_doorway() as doorway:
        answer = await doorway.send_and_read(request + b"abcd")

    assert answer.split(b" ")[1] == b"400"
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] in ("bad_message", "bad_request")


async def test_a_body_that_breaks_later_is_given_up_when_its_time_is_over() -> None:
    begun = asyncio.Event()

    async def route(request: web.Request) -> web.Response:
        begun.set()
        return web.json_response({"bytes": len(await request.read())})

    setup = Setup(settings=with_http(body_timeout_seconds=0.2), routes=[web.post("/broken", route)])
    async with open_doorway(setup) as doorway, doorway.raw() as raw:
        await raw.send(head("POST /broken HTTP/1.1", "Transfer-Encoding: chunked", *BEARER_LINES))
        await begun.wait()
        await raw.send(b"zz\r\nnonsense\r\n")
        answer = await raw.read_all()

    assert answer.split(b" ")[1] in (b"400", b"408")


async def test_half_an_answer_is_cut_off_instead_of_mended() -> None:
    async def route(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half")
        raise BadAudio("too late")

    async with open_doorway(Setup(routes=[web.get("/half", route)])) as doorway:
        answer = await doorway.send_and_read(head("GET /half HTTP/1.1", *BEARER_LINES))

    assert answer.endswith(b"half\r\n")
    assert answer.count(b"HTTP/1.1") == 1


async def test_a_route_is_canceled_for_a_client_that_is_gone_and_nothing_is_wrong(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    ended = asyncio.Event()

    async def route(request: web.Request) -> web.Response:
        try:
            await request.read()
        except asyncio.CancelledError:
            ended.set()
            raise
        raise AssertionError("found a whole body")

    async with open_doorway(Setup(routes=[web.post("/gone", route)])) as doorway:
        async with doorway.raw() as raw:
            await raw.send(head("POST /gone HTTP/1.1", "Content-Length: 9", *BEARER_LINES) + b"x")
            await raw.reset()
        await ended.wait()

    assert caplog.records == []


async def test_an_answer_that_nobody_takes_is_no_error_of_the_server(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)

    async def route(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"data")
        raise AssertionError("found somebody to write to")

    async with open_doorway(Setup(routes=[web.get("/untaken", route)])) as doorway:
        answer = asyncio.create_task(
            doorway.send_and_read(head("GET /untaken HTTP/1.1", *BEARER_LINES))
        )
        await asyncio.wait([answer])

    assert caplog.records == []
    assert isinstance(answer.exception(), ConnectionError) or answer.result() == b""
