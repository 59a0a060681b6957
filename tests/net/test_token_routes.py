import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.net.doorway import BEARER, HASH, Doorway, Setup, open_doorway, with_admission
from wsserver.net.middleware import presented_by
from wsserver.net.settings import NetSettings
from wsserver.net.signed_tokens import SignedTokens
from wsserver.net.tokens import Token

BOTH = Token(name="ann", hash=HASH, scope=("speak", "view"))
PATH = "/v1/tokens"


class Watch:
    """The clock of the server, which can be moved by hand."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def signed(clock: Any = time.time) -> SignedTokens:
    return SignedTokens(bytes(32), (), 3_600, clock)


@asynccontextmanager
async def maker(
    settings: NetSettings | None = None, watch: Watch | None = None
) -> AsyncIterator[tuple[Doorway, aiohttp.ClientSession]]:
    """Open a doorway that takes signed tokens, with a route that opens a session for a moment."""
    clock = watch or Watch()
    doors: list[Doorway] = []

    async def speak(request: web.Request) -> web.Response:
        with await doors[0].gate.admit(presented_by(request)) as lease:
            return web.json_response({"name": lease.token.name})

    setup = Setup(
        settings=settings or with_admission(tokens=(BOTH,)),
        routes=[web.post("/speak", speak)],
        signed=signed(clock),
        clock=clock,
    )
    async with open_doorway(setup) as doorway, doorway.browser() as browser:
        doors.append(doorway)
        yield doorway, browser


async def made(browser: aiohttp.ClientSession, **wish: Any) -> dict[str, Any]:
    async with browser.post(PATH, json=wish, headers=BEARER) as answer:
        assert answer.status == 200, await answer.text()
        return dict(await answer.json())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def spoken(browser: aiohttp.ClientSession, token: str) -> tuple[int, str]:
    async with browser.post("/speak", headers=bearer(token)) as answer:
        body = await answer.json()
        return answer.status, body.get("code") or body["name"]


async def test_the_page_gets_a_token_for_one_session_and_ten_minutes() -> None:
    async with (
        maker() as (doorway, browser),
        browser.post(PATH, headers={**BEARER, "Origin": doorway.url}) as answer,
    ):
        body = await answer.json()

        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
    found = signed().check(body["token"])
    assert body.keys() == {"token", "expires_at", "scope"}
    assert body["expires_at"] == found.expires == pytest.approx(time.time() + 600, abs=60)
    assert (body["scope"], found.scope) == ("speak", ("speak",))
    assert (found.subject, found.one_session) == ("ann", True)


async def test_what_is_wished_for_is_signed() -> None:
    async with maker() as (_, browser):
        body = await made(browser, scope="view speak", seconds=60, one_session=False)

    found = signed().check(body["token"])
    assert (body["scope"], found.scope) == ("speak view", ("speak", "view"))
    assert found.expires <= time.time() + 60
    assert not found.one_session


async def test_a_signed_token_opens_one_session_and_is_then_refused() -> None:
    async with maker() as (_, browser):
        token = (await made(browser))["token"]

        assert await spoken(browser, token) == (200, "ann")
        assert await spoken(browser, token) == (403, "token_used")


async def test_an_expired_token_is_refused_with_how_to_present_another() -> None:
    watch = Watch()
    async with maker(watch=watch) as (_, browser):
        token = (await made(browser, seconds=60))["token"]
        watch.ahead = 71

        async with browser.post("/speak", headers=bearer(token)) as answer:
            assert (answer.status, (await answer.json())["code"]) == (401, "token_expired")
            assert "WWW-Authenticate" in answer.headers
            assert token not in await answer.text()


async def test_admission_judges_a_signed_token_and_does_not_use_it_up() -> None:
    async with maker() as (_, browser):
        token = (await made(browser))["token"]
        for _ in range(2):
            async with browser.get("/v1/admission", headers=bearer(token)) as answer:
                assert await answer.json() == {"admitted": True}

        assert await spoken(browser, token) == (200, "ann")


async def test_a_signed_token_makes_no_others() -> None:
    async with maker() as (_, browser):
        token = (await made(browser, one_session=False))["token"]

        async with browser.post(PATH, headers=bearer(token)) as answer:
            assert (answer.status, (await answer.json())["code"]) == (403, "not_long_lived")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (401, "no_token")),
        ({"Authorization": "Bearer unknown"}, (403, "bad_token")),
        ({**BEARER, "Origin": "http://elsewhere"}, (403, "bad_origin")),
    ],
)
async def test_who_may_not_come_in_makes_none(
    headers: dict[str, str], expected: tuple[int, str]
) -> None:
    async with maker() as (_, browser), browser.post(PATH, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", (400, "bad_message")),
        (b"[]", (400, "bad_message")),
        (b'{"scope": "sing"}', (403, "missing_scope")),
        (b'{"scope": " "}', (400, "bad_message")),
        (b'{"scope": ["speak"]}', (400, "bad_message")),
        (b'{"seconds": 0}', (400, "bad_message")),
        (b'{"seconds": "60"}', (400, "bad_message")),
        (b'{"seconds": 3601}', (400, "bad_message")),
        (b'{"seconds": 1e999}', (400, "bad_message")),
        (b'{"one_session": 1}', (400, "bad_message")),
        (b'{"second": 60}', (400, "bad_message")),
        (b'{"scope": "\xff"}', (400, "bad_message")),
        (b"[" * 4096, (400, "bad_message")),
        (b" " * 4097, (413, "too_large")),
    ],
)
async def test_a_wish_that_cannot_be_granted_is_told(
    body: bytes, expected: tuple[int, str]
) -> None:
    async with (
        maker() as (_, browser),
        browser.post(PATH, data=body, headers=BEARER) as answer,
    ):
        assert (answer.status, (await answer.json())["code"]) == expected


async def test_nobody_gives_away_more_than_they_have() -> None:
    speaker = with_admission(tokens=(Token(name="ann", hash=HASH),))

    async with (
        maker(speaker) as (_, browser),
        browser.post(PATH, json={"scope": "speak view"}, headers=BEARER) as answer,
    ):
        assert (answer.status, (await answer.json())["code"]) == (403, "missing_scope")


async def test_a_server_that_takes_no_signed_tokens_makes_none() -> None:
    async with (
        open_doorway() as doorway,
        doorway.browser() as browser,
        browser.post(PATH, headers=BEARER) as answer,
    ):
        assert answer.status == 404


async def test_no_log_holds_a_signed_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with maker() as (_, browser):
        token = (await made(browser, scope="view"))["token"]
        await spoken(browser, token)
        async with browser.get(f"/v1/admission?token={token}") as answer:
            assert (await answer.json())["code"] == "bad_token"
        async with browser.post("/speak", headers=bearer(token[:-4])) as answer:
            assert token[:-4] not in await answer.text()

    assert caplog.records
    assert token.rpartition(".")[0] not in caplog.text


async def test_wrong_tokens_and_handshakes_are_bounded_by_address() -> None:
    watch = Watch()
    settings = with_admission(tokens=(BOTH,), failures_per_minute=2, handshakes_per_minute=3)
    async with maker(settings, watch) as (_, browser):
        wrong = await asyncio.gather(*(spoken(browser, "wrong") for _ in range(4)))
        async with browser.post("/speak", headers=BEARER) as answer:
            assert int(answer.headers["Retry-After"]) <= 30
        watch.ahead = 60
        tokens = [(await made(browser))["token"] for _ in range(4)]
        right = [await spoken(browser, token) for token in tokens]

    assert sorted(wrong) == [(403, "bad_token")] * 2 + [(429, "too_many_failures")] * 2
    assert right == [(200, "ann")] * 3 + [(429, "too_many_handshakes")]
