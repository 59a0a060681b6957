"""Upgrades by signed tokens, and how many of them one address may ask for, through real sockets."""

import asyncio
import base64
import json
import logging
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.net.doorway import (
    BEARER,
    PATH,
    Doorway,
    Setup,
    head,
    open_doorway,
    upgrade,
    with_admission,
    with_http,
)
from wsserver.net.signed_tokens import Grant, SignedTokens

SIGNED = SignedTokens(bytes(32), (), 3_600, time.time)


def sign() -> str:
    return SIGNED.sign(Grant(subject="ann", scope=("speak",), seconds=600))[0]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def refused(doorway: Doorway, **options: Any) -> tuple[int, str, int]:
    """Ask for an upgrade that fails; give status, code and Retry-After, 0 for none."""
    with pytest.raises(InvalidStatus) as error:
        async with doorway.connect(**options):
            pass
    response = error.value.response
    code = str(json.loads(response.body or b"{}")["code"])
    return response.status_code, code, int(response.headers.get("Retry-After", 0))


async def test_a_signed_token_opens_one_socket_and_no_second() -> None:
    token = sign()

    async with open_doorway(Setup(signed=SIGNED)) as doorway:
        async with doorway.connect(additional_headers=bearer(token)) as connection:
            await connection.send("word")
            assert await connection.recv() == "word"
        again = [refused(doorway, additional_headers=bearer(token)) for _ in range(5)]

        assert set(await asyncio.gather(*again)) == {(403, "token_used", 0)}


async def test_a_browser_offers_a_signed_token_as_a_subprotocol() -> None:

    encoded = base64.urlsafe_b64encode(sign().encode()).decode().rstrip("=")
    offers = [Subprotocol("dictation.v1"), Subprotocol(f"token.{encoded}")]

    async with (
        open_doorway(Setup(signed=SIGNED)) as doorway,
        doorway.connect(additional_headers={}, subprotocols=offers) as connection,
    ):
        assert connection.subprotocol == "dictation.v1"


async def test_an_address_opens_only_so_many_sockets_at_a_time() -> None:
    settings = with_admission(max_sessions_per_address=1)

    async with open_doorway(Setup(settings=settings)) as doorway:
        async with doorway.connect():
            assert await refused(doorway) == (429, "too_many_from_address", 5)
        await doorway.empty()
        async with doorway.connect():
            pass


async def test_behind_a_trusted_proxy_each_client_counts_for_itself() -> None:
    settings = with_admission(max_sessions_per_address=1, trust_forwarded_for=1)
    ann, bob = ({**BEARER, "X-Forwarded-For": f"198.51.100.{n}"} for n in (1, 2))

    async with (
        open_doorway(Setup(settings=settings)) as doorway,
        doorway.connect(additional_headers=ann),
        doorway.connect(additional_headers=bob),
    ):
        found = await refused(doorway, additional_headers=ann)

    assert found[:2] == (429, "too_many_from_address")


async def test_an_address_asks_for_only_so_many_sockets_a_minute() -> None:
    settings = with_admission(handshakes_per_minute=2)
    now = 1_000.0

    async with open_doorway(Setup(settings=settings, clock=lambda: now)) as doorway:
        for _ in range(2):
            async with doorway.connect():
                pass
        assert await refused(doorway) == (429, "too_many_handshakes", 30)
        now += 30
        async with doorway.connect():
            pass


async def test_who_waits_longest_with_the_head_makes_room_for_who_comes() -> None:
    settings = with_http(waiting_limit_per_address=2)

    async with (
        open_doorway(Setup(settings=settings)) as doorway,
        doorway.raw() as first,
        doorway.raw() as second,
    ):
        await first.send(b"GET ")
        await second.send(b"GET ")
        while len(doorway.listener._hall.waiting) < 2:
            await asyncio.sleep(0)
        async with doorway.raw() as third:
            assert (await first.read_all()).startswith(b"HTTP/1.1 503 ")

            await third.send(upgrade())
            assert (await third.read_head()).startswith(b"HTTP/1.1 101 ")
            await third.reset()
        await second.send(head("GET /ping HTTP/1.1")[4:])
        assert (await second.read_all()).startswith(b"HTTP/1.1 200 ")


async def test_a_crowd_that_never_speaks_keeps_nobody_out() -> None:
    settings = with_http(waiting_limit=3)

    async with open_doorway(Setup(settings=settings)) as doorway, AsyncExitStack() as crowd:
        for _ in range(10):
            await crowd.enter_async_context(doorway.raw())
            assert b" 200 " in await doorway.send_and_read(head("GET /ping HTTP/1.1"))
            async with doorway.connect():
                pass

        assert len(doorway.listener._hall.waiting) <= 3


async def test_who_vanishes_or_is_refused_does_not_wait_any_more() -> None:
    settings = with_http(waiting_limit=1)
    settings = replace(settings, admission=replace(settings.admission, handshakes_per_minute=None))

    async with open_doorway(Setup(settings=settings)) as doorway:
        for _ in range(5):
            assert b" 400 " in await doorway.send_and_read(b"nonsense\r\n\r\n")
            while len(doorway.listener._hall.waiting):  # the server sees the end a moment later
                await asyncio.sleep(0)
            assert b" 404 " in await doorway.send_and_read(upgrade(PATH + "/none"))
            async with doorway.raw() as raw:
                await raw.send(b"GET")
            while len(doorway.listener._hall.waiting):
                await asyncio.sleep(0)


async def test_who_was_refused_and_lingers_makes_room_without_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        open_doorway(Setup(settings=with_http(waiting_limit=1))) as doorway,
        doorway.raw() as lingering,
    ):
        await lingering.send(b"nonsense\r\n\r\n")
        assert b" 400 " in await lingering.read_all()

        assert b" 200 " in await doorway.send_and_read(head("GET /ping HTTP/1.1"))

    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert not [record for record in told if record.name == "asyncio"]
