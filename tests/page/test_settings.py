"""What the operator set reaches the page, even if no server answered at first."""

import asyncio

from playwright.async_api import Page, Route

from tests.page.stage import PATIENCE_SECONDS

TABLE = {"en": {"new line": "new_line"}}

ASK = """async (count) => {
  const { initSettings } = await import("/page/settings.js");
  const settings = initSettings();
  const found = [];
  for (let i = 0; i < count; i++) found.push((await settings()).commands);
  return found;
}"""


async def test_settings_are_asked_for_until_a_server_answers(modules: Page) -> None:
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            await route.abort()
        elif len(asked) == 2:
            await route.fulfill(status=502)
        else:
            await route.fulfill(json={"commands": TABLE})

    await modules.route("**/page/settings.json", answer)
    async with asyncio.timeout(PATIENCE_SECONDS):
        found = await modules.evaluate(ASK, 4)
    await modules.unroute("**/page/settings.json")

    assert found == [{}, {}, TABLE, TABLE]
    assert len(asked) == 3


async def test_a_server_without_settings_is_not_asked_again(modules: Page) -> None:
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(status=404)

    await modules.route("**/page/settings.json", answer)
    found = await modules.evaluate(ASK, 2)
    await modules.unroute("**/page/settings.json")

    assert (found, len(asked)) == ([{}, {}], 1)
