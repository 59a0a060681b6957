"""Exchanges of the page's token that take long, or are refused, or come to nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, Route, expect

from tests.page.stage import PATIENCE_SECONDS
from tests.page.visit import EXCHANGE, Visit, count_exchanges
from wsserver.net.credentials import Presented
from wsserver.net.refusal import Refusal

COUNT_SOCKETS = """
  globalThis.sockets = 0;
  globalThis.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      globalThis.sockets += 1;
    }
  };
"""

Serve = Callable[[Route], Awaitable[None]]


@asynccontextmanager
async def away(visit: Visit) -> AsyncIterator[None]:
    """Let the page go on recording and look for a new session, which is to be had at the end."""
    call = await visit.begin()
    visit.stage.gate.drain()
    call.break_off()
    await visit.is_told("The server is about to stop.")
    yield
    visit.stage.gate.is_draining = False


@asynccontextmanager
async def held(page: Page) -> AsyncIterator[Callable[[], Awaitable[Route]]]:
    """Hold all exchanges back; give what waits for the next one, which the test lets go."""
    routes: asyncio.Queue[Route] = asyncio.Queue()
    await page.route(EXCHANGE, lambda route: routes.put(route))
    yield lambda: asyncio.wait_for(routes.get(), PATIENCE_SECONDS)
    await page.unroute(EXCHANGE)


async def let_go(page: Page, route: Route) -> None:
    """Answer an exchange, and wait until the page has the answer."""
    async with page.expect_request_finished(lambda asked: asked == route.request):
        await route.continue_()


async def test_who_cancels_during_the_exchange_opens_nothing(visit: Visit) -> None:
    await visit.page.add_init_script(COUNT_SOCKETS)
    await visit.arrive()
    async with held(visit.page) as exchange:
        await visit.at("main").click()
        route = await exchange()
        await visit.page.get_by_role("button", name="Cancel").click()
        await visit.is_in("Ready")
        await let_go(visit.page, route)

    await visit.at("main").click()
    await visit.stage.call()
    await visit.is_in("Listening")

    assert await visit.run("() => sockets") == 1
    assert visit.stage.arrivals.empty()


async def test_who_does_not_wait_for_an_exchange_has_one_connection(visit: Visit) -> None:
    await visit.page.add_init_script(COUNT_SOCKETS)
    async with away(visit), held(visit.page) as exchange:
        visit.stage.gate.is_draining = False
        await visit.at("main").click()
        stale = await exchange()
        await visit.at("main").click()
        fresh = await exchange()
        await let_go(visit.page, stale)
        await let_go(visit.page, fresh)
    await visit.stage.call()
    await visit.is_in("Listening")

    assert await visit.run("() => sockets") == 2
    assert visit.stage.arrivals.empty()


@asynccontextmanager
async def spent(visit: Visit, times: int) -> AsyncIterator[None]:
    """Use up so many tokens before they reach the page."""
    left = [None] * times

    async def spend(route: Route) -> None:
        response = await route.fetch()
        if left:
            left.pop()
            bearer = f"Bearer {(await response.json())['token']}"
            (await visit.stage.gate.admit(Presented(path="/", authorization=(bearer,)))).release()
        await route.fulfill(response=response)

    await visit.page.route(EXCHANGE, spend)
    yield
    await visit.page.unroute(EXCHANGE)


async def test_a_token_that_was_spent_on_the_way_is_made_anew(visit: Visit) -> None:
    await visit.arrive()

    async with spent(visit, times=1):
        await visit.at("main").click()
        call = await visit.stage.call()
        await visit.is_in("Listening")

    assert visit.stage.is_made(call.credential)
    await visit.is_told_nothing()


async def test_tokens_that_are_always_spent_are_not_made_for_ever(visit: Visit) -> None:
    await visit.arrive()
    exchanges = count_exchanges(visit.page)

    async with spent(visit, times=9):
        await visit.at("main").click()
        await visit.is_told("The connection was refused on its way.")

    await visit.is_in("Ready")
    assert len(exchanges) == 2


def refuse(status: int, code: str) -> Serve:
    """Answer an exchange as the server refuses one."""
    refusal = Refusal(status, code, "found something else", retry_after=1)

    async def serve(route: Route) -> None:
        await route.fulfill(status=status, json=refusal.as_json(), headers=refusal.headers())

    return serve


async def lose(route: Route) -> None:
    await route.abort()


@pytest.mark.parametrize(
    ("serve", "told"),
    [
        (refuse(429, "too_many_failures"), "This address was wrong too often."),
        (refuse(503, "draining"), "The server is about to stop."),
        (lose, "The server cannot be reached."),
    ],
)
async def test_an_exchange_that_cannot_be_now_is_tried_again(
    visit: Visit, serve: Serve, told: str
) -> None:
    await visit.page.route(EXCHANGE, serve)
    await visit.arrive()
    await visit.at("main").click()
    await visit.is_told(told)
    await visit.is_in("Ready")
    await visit.page.unroute(EXCHANGE)
    async with away(visit):
        await visit.page.route(EXCHANGE, serve)

    await visit.at("main").click()
    await visit.is_told(told)
    await visit.is_in("Reconnecting, still recording")
    await visit.page.unroute(EXCHANGE)
    await visit.stage.call()

    await visit.is_in("Listening")
    await visit.is_told_nothing()


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (401, "token_expired", "This token has expired. It was made for a few minutes only."),
        (403, "bad_token", "This token is not known here. The server may have been started anew"),
        (403, "missing_scope", "does not allow dictation. It was made for reading along."),
    ],
)
async def test_who_may_not_exchange_is_asked_for_another_token_and_told_why_once(
    visit: Visit, status: int, code: str, told: str
) -> None:
    await visit.arrive()
    await visit.page.route(EXCHANGE, refuse(status, code))

    await visit.at("main").click()

    await expect(visit.at("token")).to_be_focused()
    await expect(visit.at("token-refused")).to_contain_text(told)
    await expect(visit.at("token-refused")).to_contain_text("Your text stays here.")
    await visit.is_told_nothing()
    assert visit.stage.arrivals.empty()
