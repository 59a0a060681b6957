from typing import Any

import pytest
from playwright.async_api import Page


async def backoff(modules: Page, expression: str) -> Any:
    return await modules.evaluate(
        "async () => { const backoff = await import('/page/client/backoff.js');"
        f" return {expression}; }}"
    )


async def test_tries_come_less_and_less_often(modules: Page) -> None:
    delays = await backoff(
        modules, "[0, 1, 2, 3, 4, 5, 50].map((n) => backoff.retryDelayMs(n, 0, 0.5))"
    )

    assert delays == [500, 1000, 2000, 4000, 8000, 15_000, 15_000]


@pytest.mark.parametrize(("tries", "asked", "delay"), [(0, 5, 5000), (5, 5, 7500)])
async def test_a_try_waits_as_long_as_the_server_asks(
    modules: Page, tries: int, asked: int, delay: int
) -> None:
    assert await backoff(modules, f"backoff.retryDelayMs({tries}, {asked}, 0)") == delay


async def test_no_two_clients_try_at_the_same_moment(modules: Page) -> None:
    delays = await backoff(
        modules, "[0, 0.5, 1].map((chance) => backoff.retryDelayMs(1, 0, chance))"
    )

    assert delays == [500, 1000, 1500]
