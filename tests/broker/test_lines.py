"""A session goes on at any gateway, and one of them has it."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from tests.broker.gatehouse import ANN, Caller, Gatehouse, becomes, gatehouses
from tests.broker.redis_server import RedisServer
from tests.waiting import until
from wsserver.errors import TakenOver
from wsserver.net.tokens import Token

ROUNDS = 20


@pytest.fixture
async def two(redis_server: RedisServer) -> AsyncIterator[tuple[Gatehouse, Gatehouse]]:
    async with gatehouses(redis_server) as two:
        yield two


async def told(*gatehouses: Gatehouse) -> None:
    """Have all gateways tell what they have, and hear what the others say to it."""
    for one in gatehouses:
        one.gateway.begin()
        await one.gateway._tell_changes()


def holders(callers: Sequence[Caller]) -> list[Caller]:
    """Give those who have a session and were not told that another has it."""
    return [caller for caller in callers if caller.line._held and not caller.errors]


async def test_a_session_goes_on_elsewhere_in_the_place_that_it_has(
    two: tuple[Gatehouse, Gatehouse],
) -> None:
    frozen = await two[0].enter()
    frozen.hold("s", 1)
    await told(two[0])

    newcomers = await two[1].code()
    goes_on = await two[1].enter(two[1].cursor("s", 1))
    await goes_on.resume(two[1].cursor("s", 1))

    assert newcomers == "too_many_sessions"
    await until(lambda: frozen.errors == ["taken_over"])
    assert two[0].gate.sessions == 0
    assert goes_on.errors == []
    frozen.leave()
    assert [await one.code() for one in two] == ["too_many_sessions"] * 2
    goes_on.leave()
    await becomes("admitted", two[0])


@pytest.mark.parametrize("heard", [True, False])
async def test_a_cursor_that_is_older_than_the_connection_elsewhere_is_refused(
    two: tuple[Gatehouse, Gatehouse], heard: bool
) -> None:
    holder = await two[0].enter()
    holder.hold("s", 3, heard=heard)
    await told(two[0])

    sealed = two[1].cursor("s", 1 if not heard else 2)
    refused = await two[1].code(sealed)

    assert refused == "too_many_sessions"
    assert holder.errors == []
    holder.leave()


async def test_of_two_that_race_for_a_session_one_has_it(redis_server: RedisServer) -> None:
    token = Token(name="ann", hash=ANN.hash)
    async with gatehouses(redis_server, token) as two:
        for number in range(ROUNDS):
            sealed = two[0].cursor(f"s{number}", 1)
            callers = [await one.enter(sealed) for one in two]
            done = await asyncio.gather(
                *[caller.resume(sealed) for caller in callers], return_exceptions=True
            )
            assert {type(each) for each in done} <= {type(None), TakenOver}
            await until(lambda: len(holders(callers)) == 1)  # noqa: B023 - it is asked here
            await told(*two)
            assert len(holders(callers)) == 1
            for caller in callers:
                caller.leave()


async def test_once_its_client_speaks_a_session_is_not_had_by_the_cursor_before(
    redis_server: RedisServer,
) -> None:
    token = Token(name="ann", hash=ANN.hash)
    async with gatehouses(redis_server, token) as two:
        sealed = two[0].cursor("s", 1)
        first, second = await two[0].enter(), await two[1].enter()
        await first.resume(sealed)
        first.line.hear()
        await told(two[0])

        with pytest.raises(TakenOver):
            await second.resume(sealed)

        assert (first.errors, holders([first, second])) == ([], [first])
        for caller in (first, second):
            caller.leave()


async def test_a_cursor_whose_ready_was_lost_opens_the_session_at_another_gateway(
    two: tuple[Gatehouse, Gatehouse],
) -> None:
    sealed = two[0].cursor("s", 1)
    first = await two[0].enter(sealed)
    await first.resume(sealed)
    await told(two[0])

    second = await two[1].enter(sealed)
    await second.resume(sealed)

    await until(lambda: first.errors == ["taken_over"])
    assert second.errors == []
    for caller in (first, second):
        caller.leave()


async def test_who_comes_again_before_the_session_goes_on_has_the_place_of_the_first_try(
    two: tuple[Gatehouse, Gatehouse],
) -> None:
    sealed = two[0].cursor("s", 1)
    first = await two[0].enter(sealed)

    second = await two[1].enter(sealed)
    await until(lambda: two[0].gate.sessions == 0)
    with pytest.raises(TakenOver):
        await first.resume(sealed)
    await second.resume(sealed)

    assert second.errors == []
    second.leave()


async def test_a_gateway_that_is_told_nothing_finds_out_by_itself(
    two: tuple[Gatehouse, Gatehouse],
) -> None:
    frozen = await two[0].enter()
    frozen.hold("s", 1)
    await told(two[0])
    two[0].subscriptions.drop(two[0].gateway._register.channel)
    await told(*two)

    sealed = two[1].cursor("s", 1)
    goes_on = await two[1].enter(sealed)
    await goes_on.resume(sealed)

    await until(lambda: frozen.errors == ["taken_over"])
    assert goes_on.errors == []
    goes_on.leave()


async def test_after_redis_was_away_the_connection_that_is_spoken_on_has_the_session(
    two: tuple[Gatehouse, Gatehouse], redis_server: RedisServer
) -> None:
    sealed = two[0].cursor("s", 1)
    frozen = await two[0].enter(sealed)
    await frozen.resume(sealed)
    redis_server.kill()
    await until(lambda: not any(one.connection.is_up for one in two))

    goes_on = await two[1].enter(sealed)
    await goes_on.resume(sealed)
    goes_on.line.hear()
    redis_server.start()

    await until(lambda: frozen.errors == ["taken_over"])
    await told(*two)
    assert goes_on.errors == []
    goes_on.leave()
