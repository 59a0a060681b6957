from aiohttp import web

from tests.net.doorway import BEARER, BEARER_LINES, Setup, head, open_doorway
from wsserver.net.headers import security_headers


async def test_every_answer_carries_the_security_headers() -> None:
    paths = ["/ping", "/missing", "/healthz", "/v1/admission"]

    async with open_doorway() as doorway, doorway.browser() as browser:
        expected = security_headers(f"127.0.0.1:{doorway.listener.port}")
        for path in paths:
            async with browser.get(path) as answer:
                assert expected.items() <= dict(answer.headers).items()


async def test_a_stream_carries_them_too() -> None:
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"data")
        return response

    async with open_doorway(Setup(routes=[web.get("/stream", stream)])) as doorway:
        answer = await doorway.send_and_read(head("GET /stream HTTP/1.1", *BEARER_LINES))

    assert b"X-Content-Type-Options: nosniff" in answer
    assert b"Connection: close" in answer


async def test_routes_may_be_added_until_the_start() -> None:
    async def late(_: web.Request) -> web.Response:
        return web.json_response({"late": True})

    async with (
        open_doorway(Setup(routes=[web.get("/late", late)])) as doorway,
        doorway.browser() as browser,
        browser.get("/late", headers=BEARER) as answer,
    ):
        assert await answer.json() == {"late": True}
