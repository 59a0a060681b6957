import asyncio
import json

import pytest
from aiohttp import web

from tests.net.doorway import (
    BEARER,
    BEARER_LINES,
    PLAIN,
    Setup,
    bystander,
    head,
    open_doorway,
    with_admission,
    with_http,
)
from wsserver.net.middleware import TOKEN, is_public


async def who(request: web.Request) -> web.Response:
    return web.json_response({"name": request[TOKEN].name})


async def deaf(_: web.Request) -> web.Response:
    """Answer without reading the body."""
    return web.json_response({})


WHO = Setup(routes=[web.get("/who", who)])


@pytest.mark.parametrize(
    ("path", "public"),
    [
        ("/", True),
        ("/page/main.js", True),
        ("/page/parts/link.js", True),
        ("/ping", True),
        ("/page", False),
        ("/pages/main.js", False),
        ("/ping/", False),
        ("/stt", False),
        ("", False),
    ],
)
def test_public_routes_are_named_one_by_one_or_by_their_folder(path: str, public: bool) -> None:
    assert is_public(path, ("/", "/page/*", "/ping")) is public


@pytest.mark.parametrize("headers", [BEARER, {"Authorization": f"Token {PLAIN}"}])
async def test_a_route_that_is_not_public_learns_whose_token_came(headers: dict[str, str]) -> None:
    async with (
        open_doorway(WHO) as doorway,
        doorway.browser() as browser,
        browser.get("/who", headers=headers) as answer,
    ):
        assert await answer.json() == {"name": "ann"}


@pytest.mark.parametrize("path", ["/who", "/missing"])
@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "no_token"),
        ({"Authorization": "Bearer unknown"}, 403, "bad_token"),
        ({"Authorization": "nonsense"}, 403, "bad_token"),
    ],
)
async def test_a_route_that_is_not_public_needs_a_token(
    headers: dict[str, str], status: int, code: str, path: str
) -> None:
    async with (
        open_doorway(WHO) as doorway,
        doorway.browser() as browser,
        browser.get(path, headers=headers) as answer,
    ):
        assert answer.status == status
        assert (await answer.json())["code"] == code
        assert ("WWW-Authenticate" in answer.headers) is (status == 401)


@pytest.mark.parametrize(
    "path", ["/page/../who", "/page/%2e%2e/who", "//who", "/WHO", "/./who", "/page/..%2fwho"]
)
async def test_no_spelling_of_a_path_goes_around_the_token(path: str) -> None:
    async with open_doorway(WHO) as doorway:
        answer = await doorway.send_and_read(head(f"GET {path} HTTP/1.1"))

    assert answer.split(b" ")[1] in (b"401", b"404")


async def test_public_routes_can_be_chosen() -> None:
    settings = with_admission(public_routes=("/length",))

    async with open_doorway(Setup(settings=settings)) as doorway, doorway.browser() as browser:
        async with browser.post("/length", data=b"1234") as answer:
            assert await answer.json() == {"bytes": 4}
        async with browser.get("/ping") as answer:
            assert answer.status == 401


async def test_a_body_that_is_said_to_be_too_large_is_not_waited_for() -> None:
    request = head("POST /length HTTP/1.1", "Content-Length: 1001", *BEARER_LINES)

    async with (
        open_doorway(Setup(settings=with_http(body_limit_bytes=1000))) as doorway,
        doorway.raw() as raw,
    ):
        await raw.send(request)
        answer = await raw.read_head()

    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_grows_too_large_is_refused() -> None:
    request = head("POST /length HTTP/1.1", "Transfer-Encoding: chunked", *BEARER_LINES)

    async with open_doorway(Setup(settings=with_http(body_limit_bytes=1000))) as doorway:
        answer = await doorway.send_and_read(request + b"3e9\r\n" + bytes(1001) + b"\r\n0\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "too_large"


async def test_a_body_as_large_as_the_limit_is_taken() -> None:
    request = head("POST /length HTTP/1.1", "Content-Length: 1000", *BEARER_LINES)

    async with open_doorway(Setup(settings=with_http(body_limit_bytes=1000))) as doorway:
        answer = await doorway.send_and_read(request + bytes(1000))

    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_a_body_that_trickles_is_answered_when_its_time_is_over() -> None:
    settings = with_http(body_timeout_seconds=0.2)

    async with (
        open_doorway(Setup(settings=settings)) as doorway,
        bystander(doorway),
        doorway.raw() as raw,
    ):
        await raw.send(head("POST /length HTTP/1.1", "Content-Length: 9999", *BEARER_LINES))
        answer = asyncio.create_task(raw.read_head())
        while not answer.done():
            await raw.send(b"x")
            await asyncio.wait([answer], timeout=0.02)

    assert answer.result().startswith(b"HTTP/1.1 408 ")


async def test_work_on_a_body_that_has_come_may_take_longer_than_the_body_may() -> None:
    async def work(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(0.7)
        return web.json_response({})

    setup = Setup(settings=with_http(body_timeout_seconds=0.5), routes=[web.post("/work", work)])
    async with (
        open_doorway(setup) as doorway,
        doorway.browser() as browser,
        browser.post("/work", data=b"x", headers=BEARER) as answer,
    ):
        assert answer.status == 200


async def test_a_body_that_nobody_reads_does_not_keep_the_answer() -> None:
    setup = Setup(routes=[web.post("/deaf", deaf)])

    async with open_doorway(setup) as doorway, doorway.raw() as raw:
        await raw.send(head("POST /deaf HTTP/1.1", "Content-Length: 5", *BEARER_LINES))
        answer = await raw.read_head()
        await raw.send(b"12345")
        await raw.read_all()

    assert answer.startswith(b"HTTP/1.1 200 ")
