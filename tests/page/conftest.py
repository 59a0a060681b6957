"""A real Chromium before the real page."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Playwright, async_playwright, expect
from pytest_asyncio import is_async_test

from tests.page.chromium import launch
from tests.page.reading import Reading, open_reading
from tests.page.stage import PATIENCE_SECONDS, Curtain, Stage, open_stage
from tests.page.visit import Visit, open_visit

Options = dict[str, object]

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests here in one event loop, since they share one browser."""
    for item in items:
        if item.path.parent == Path(__file__).parent and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is, as people have it."""
    found = shutil.which("chromium")
    if found is None and not os.environ.get("CI"):
        pytest.skip("found no chromium on the path; install Debian's to test the page")
    assert found is not None, "found no chromium on the path"
    return found


@pytest.fixture(scope="session")
def shell(chromium: str) -> str:
    """Where the same browser is without anything around its pages, if it is installed.

    What is around a page costs about as much time as the page.
    """
    return shutil.which("chromium-headless-shell") or chromium


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as playwright:
        yield playwright


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(playwright: Playwright, shell: str) -> AsyncIterator[Browser]:
    """A browser whose microphone beeps once a second."""
    browser = await launch(playwright, shell)
    yield browser
    await browser.close()


@pytest.fixture
def curtain() -> Curtain:
    return Curtain()


@pytest.fixture
def max_sessions() -> int:
    """Sessions the stage takes; a test may say otherwise."""
    return 8


@pytest.fixture
def longest_seconds() -> int | None:
    """For how long the stage signs tokens, None for never; a test may say otherwise."""
    return 3600


@pytest_asyncio.fixture(loop_scope="session")
async def stage(
    curtain: Curtain, max_sessions: int, longest_seconds: int | None
) -> AsyncIterator[Stage]:
    async with open_stage(curtain, max_sessions, longest_seconds) as stage:
        yield stage


@pytest.fixture
def window() -> Options:
    """What kind of window the visitor has; a test may say otherwise."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, stage: Stage, window: Options) -> AsyncIterator[Visit]:
    """Somebody with a browser before the stage; at the end nothing went wrong unseen."""
    async with open_visit(browser, stage, window) as visit:
        yield visit


@pytest_asyncio.fixture(loop_scope="session")
async def reading(browser: Browser) -> AsyncIterator[Reading]:
    """A room of a real server, which browsers reach by a line that can break."""
    async with open_reading(browser, title="Town hall") as reading:
        yield reading


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def modules(browser: Browser) -> AsyncIterator[Page]:
    """A window in which the page's modules can be imported one by one."""
    async with open_stage(Curtain()) as stage:
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(f"{stage.url}page/pcm.js")
        yield page
        await context.close()
