"""What a token may have it has once, at however many gateways."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.broker.gatehouse import ANN, Caller, Gatehouse, becomes, gatehouses
from tests.broker.redis_server import RedisServer
from tests.net.prompt import at_once
from tests.waiting import until
from wsserver.errors import LimitReached
from wsserver.net.refusal import Refused
from wsserver.net.tokens import Token
from wsserver.peers import Entry

ROUNDS = 25


@pytest.fixture
async def two(redis_server: RedisServer) -> AsyncIterator[tuple[Gatehouse, Gatehouse]]:
    async with gatehouses(redis_server) as two:
        yield two


async def crowd(*gatehouses: Gatehouse) -> list[Caller]:
    """Have somebody ask at each at the same moment; give those who were let in."""
    asked = await asyncio.gather(*[one.enter() for one in gatehouses], return_exceptions=True)
    refused = [each for each in asked if not isinstance(each, Caller)]
    assert {type(each) for each in refused} <= {Refused}, refused
    return [each for each in asked if isinstance(each, Caller)]


async def learns_of_audio(gatehouse: Gatehouse) -> None:
    """Wait until a gateway knows what was heard elsewhere, which it is told at its door."""
    async with asyncio.timeout(30):
        while not gatehouse.gateway.spent("ann"):
            await gatehouse.judged()
            await asyncio.sleep(0.02)


async def test_of_many_who_ask_at_once_at_two_gateways_as_many_come_in_as_may(
    two: tuple[Gatehouse, Gatehouse],
) -> None:
    counts = []
    for _ in range(ROUNDS):
        inside = await crowd(*two, *two)
        counts.append(len(inside))
        codes = [await one.code() for one in two]
        for caller in inside:
            caller.leave()
        assert codes == ["too_many_sessions"] * 2
        for one in two:
            await becomes("admitted", one)

    assert counts == [1] * ROUNDS


async def test_who_vanishes_while_others_are_asked_has_no_place(
    two: tuple[Gatehouse, Gatehouse],
) -> None:
    asking = [asyncio.create_task(two[0].enter()) for _ in range(5)]
    await asyncio.sleep(0)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)

    await becomes("admitted", two[1])
    assert two[0].gate.sessions == 0


async def test_audio_of_the_day_counts_wherever_it_was_heard(
    two: tuple[Gatehouse, Gatehouse],
) -> None:
    first = await two[0].enter()
    first.lease.spend(40)
    first.leave()
    await learns_of_audio(two[1])
    await becomes("admitted", two[1])

    second = await two[1].enter()  # what the first has used is known by now
    second.lease.spend(19)
    with pytest.raises(LimitReached, match="found 61 s of audio today, expected at most 60 s"):
        second.lease.spend(2)
    second.leave()

    await becomes("audio_used_up", two[0])


async def test_a_session_is_told_what_the_token_uses_elsewhere_meanwhile(
    redis_server: RedisServer,
) -> None:
    token = Token(name="ann", hash=ANN.hash, audio_seconds_per_day=60.0)
    async with gatehouses(redis_server, token) as (here, there):
        mine, other = await here.enter(), await there.enter()
        other.lease.spend(59)
        await until(lambda: here.gateway.spent("ann"))

        mine.lease.spend(0.5)
        with pytest.raises(LimitReached):
            mine.lease.spend(1)
        for caller in (mine, other):
            caller.leave()


async def test_a_token_for_one_session_serves_at_one_gateway(
    two: tuple[Gatehouse, Gatehouse],
) -> None:
    secret, other = two[0].sign(), two[0].sign()

    (await two[0].enter(secret)).leave()

    await becomes("admitted", two[1])
    assert [await one.code(secret) for one in two] == ["token_used"] * 2
    assert await two[1].code(other) == "admitted"


async def test_a_refusal_uses_no_token_up(two: tuple[Gatehouse, Gatehouse]) -> None:
    secret, caller = two[0].sign(), await two[0].enter()

    refused = await two[1].code(secret)
    caller.leave()

    assert refused == "too_many_sessions"
    await becomes("admitted", two[1], secret)


async def test_who_has_no_limits_waits_for_nobody(redis_server: RedisServer) -> None:
    async with gatehouses(redis_server) as (one, _):
        redis_server.halt()

        ticket = at_once(one.gateway.enter(Entry(token="bob")))
        redis_server.go_on()

    assert not isinstance(ticket, str)


async def test_while_redis_hangs_each_gateway_keeps_the_limits_as_it_knows_them(
    two: tuple[Gatehouse, Gatehouse], redis_server: RedisServer
) -> None:
    first, used = await two[0].enter(), two[0].sign()
    first.lease.spend(59)
    await learns_of_audio(two[1])
    first.leave()
    (await two[0].enter(used)).leave()
    redis_server.halt()

    inside, more = await crowd(*two), await crowd(*two)
    strangers = [await one.code("nobody") for one in two]
    again = await two[0].code(used)
    with pytest.raises(LimitReached):
        inside[1].lease.spend(2)
    redis_server.go_on()

    assert (len(inside), more) == (2, [])  # one at each
    assert strangers == ["bad_token"] * 2
    assert again == "token_used"
    inside[0].leave()
    await until(lambda: all(one.connection.is_up for one in two))
    await becomes("audio_used_up", two[0])
    inside[1].leave()


async def test_a_redis_that_is_started_anew_is_told_what_counts(
    two: tuple[Gatehouse, Gatehouse], redis_server: RedisServer
) -> None:
    secret = two[0].sign()
    (await two[0].enter(secret)).leave()
    caller = await two[0].enter()
    caller.lease.spend(59)

    redis_server.kill()
    await until(lambda: not any(one.connection.is_up for one in two))
    redis_server.start()
    await until(lambda: all(one.connection.is_up for one in two))

    await becomes("too_many_sessions", two[1])
    caller.leave()
    await becomes("token_used", two[1], secret)
    await learns_of_audio(two[1])
    second = await two[1].enter()
    with pytest.raises(LimitReached):
        second.lease.spend(2)
    second.leave()
