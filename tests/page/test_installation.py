"""The browser keeps the page: it opens without a server, and is always of one version."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.page.stage import PATIENCE_SECONDS, WEBCLIENT, Curtain, Stage, open_stage

CONTROLLED = "navigator.serviceWorker.controller?.state === 'activated'"

KEPT = """async () => {
  const kept = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const response = await cache.match(request);
      const headers = [...request.headers, ...response.headers].flat();
      kept.push([name, request.url, headers.join(" "), await response.text()]);
    }
  }
  return kept;
}"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A page that a test may change."""
    return shutil.copytree(WEBCLIENT, tmp_path / "webclient")


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(locale="en-US", service_workers="allow")
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    wrongs: list[str] = []
    page = await context.new_page()
    page.on("pageerror", lambda error: wrongs.append(error.message))
    yield page
    assert wrongs == []


async def until(page: Page, expression: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await page.evaluate(expression):
            pass


async def arrive(page: Page, stage: Stage) -> None:
    """Come for the first time, and stay until the page is kept."""
    await page.goto(stage.link)
    await expect(page.locator("#state")).to_have_text("Ready")
    await until(page, CONTROLLED)


def port_of(stage: Stage) -> int:
    return int(stage.url.rstrip("/").rpartition(":")[2])


async def kept(page: Page) -> list[list[str]]:
    found: list[list[str]] = await page.evaluate(KEPT)
    return found


async def test_the_page_opens_without_a_server_and_says_so(page: Page, files: Path) -> None:
    async with open_stage(Curtain(), files=files) as stage:
        await arrive(page, stage)
        await page.locator("#text").fill("Written before.")

    await page.goto(stage.url)

    await expect(page.locator("#problem")).to_contain_text("The server cannot be reached")
    await expect(page.locator("#text")).to_have_value("Written before.")
    await page.locator("#text").fill("Written without a server.")
    await expect(page.locator("#text")).to_have_value("Written without a server.")


async def test_a_server_that_is_back_is_noticed(page: Page, files: Path) -> None:
    async with open_stage(Curtain(), files=files) as stage:
        await arrive(page, stage)
    await page.goto(stage.url)
    await expect(page.locator("#problem")).to_be_visible()

    async with open_stage(Curtain(), port=port_of(stage), files=files):
        await page.evaluate("window.dispatchEvent(new Event('online'))")

        # This one does not know the token of the first.
        await expect(page.locator("#door")).to_be_visible()
        await expect(page.locator("#problem")).to_be_hidden()


async def test_nobody_is_taken_from_the_text_by_a_server_that_is_back(
    page: Page, files: Path
) -> None:
    async with open_stage(Curtain(), files=files) as stage:
        await arrive(page, stage)
    await page.goto(stage.url)
    await expect(page.locator("#problem")).to_be_visible()
    await page.locator("#text").fill("Without a server.")

    async with open_stage(Curtain(), port=port_of(stage), files=files):
        await page.evaluate("window.dispatchEvent(new Event('online'))")
        await expect(page.locator("#problem")).to_contain_text("wants a token")
        await expect(page.locator("#text")).to_be_focused()
        await page.get_by_role("button", name="Enter a token").click()

        await expect(page.locator("#token")).to_be_focused()


async def test_a_visit_takes_all_parts_from_what_is_kept(page: Page, files: Path) -> None:
    async with open_stage(Curtain(), files=files) as stage:
        await arrive(page, stage)
        answers: dict[str, bool] = {}
        page.on("response", lambda got: answers.update({got.url: got.from_service_worker}))
        await page.reload()
        await expect(page.locator("#state")).to_have_text("Ready")

    parts = {url for url in answers if url.startswith(f"{stage.url}page/")}
    settings = f"{stage.url}page/settings.json"
    assert {url for url in parts if not answers[url]} <= {settings}
    assert f"{stage.url}page/main.js" in parts


async def test_another_version_comes_whole_with_the_next_load(page: Page, files: Path) -> None:
    async with open_stage(Curtain(), files=files) as stage:
        await arrive(page, stage)
        before = await page.evaluate("caches.keys()")
    main, wording = files / "main.js", files / "wording.js"
    main.write_text(main.read_text() + "\nwindow.main = 2;\n")
    wording.write_text(wording.read_text() + "\nglobalThis.wording = 2;\n")

    async with open_stage(Curtain(), port=port_of(stage), files=files):
        await page.goto(stage.url)
        await until(page, "window.main === 2 && window.wording === 2")
        # And it is kept for the time without a server, instead of the other.
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (now := await page.evaluate("caches.keys()")) == before or len(now) > 1:
                pass
    await page.goto(stage.url)

    await until(page, "window.main === 2 && window.wording === 2")


async def test_files_of_two_versions_are_never_kept_together(
    page: Page, context: BrowserContext, files: Path
) -> None:
    async with open_stage(Curtain(), files=files) as stage:
        worker = f"{stage.url}page/service-worker.js"
        await page.goto(worker)
        source = await page.evaluate("document.body.textContent")
        digest = source.partition('"main.js": "')[2][:64]
        # As if a server of another version had answered in between.
        await context.route(
            worker,
            lambda route: route.fulfill(
                body=source.replace(digest, "0" * 64),
                content_type="text/javascript",
                headers={"Service-Worker-Allowed": "../"},
            ),
        )
        await page.goto(stage.link)
        state: Any = await page.evaluate(
            """async () => {
              const { installing } = await navigator.serviceWorker.register(
                "page/service-worker.js", { scope: "./", updateViaCache: "none" });
              if (!installing) return "none";
              await new Promise((resolve) => installing.addEventListener("statechange", resolve));
              return installing.state;
            }"""
        )

        assert state in ("redundant", "none")
        assert await page.evaluate("caches.keys()") == []


async def test_nothing_but_files_is_kept(page: Page, files: Path) -> None:
    async with open_stage(Curtain(), files=files) as stage:
        await arrive(page, stage)
        await page.locator("#main").click()
        call = await stage.call()
        await expect(page.locator("#state")).to_have_text("Listening")
        assert call.credential
        await page.goto(f"{stage.url}?token={stage.token}#token={stage.token}")
        await expect(page.locator("#state")).to_have_text("Ready")
        everything = await kept(page)

    names = {url.removeprefix(stage.url) for _, url, _, _ in everything}
    on_disk = {f"page/{path.relative_to(files)}" for path in files.rglob("*.*")}
    assert names - {""} <= on_disk
    assert {"", "page/main.js", "page/client/way.js", "page/theme.css"} <= names
    assert "page/service-worker.js" not in names
    assert not [url for _, *told in everything for url in told if stage.token in url]


@pytest.mark.parametrize("path", ["captions", "v1/admission", "page/service-worker.js"])
async def test_what_is_no_part_of_the_page_is_asked_of_the_server(
    page: Page, files: Path, path: str
) -> None:
    async with open_stage(Curtain(), files=files) as stage:
        await arrive(page, stage)

        answer = await page.goto(f"{stage.url}{path}")

        assert answer
        assert not answer.from_service_worker


async def test_an_insecure_page_is_not_kept(context: BrowserContext, files: Path) -> None:
    page = await context.new_page()
    async with open_stage(Curtain(), files=files) as stage:
        await page.goto(stage.link.replace("127.0.0.1", "dictation.test"))
        await expect(page.locator("#problem")).to_be_visible()

        assert await page.evaluate("[isSecureContext, 'serviceWorker' in navigator]") == [
            False,
            False,
        ]


async def test_the_manifest_has_what_an_installation_takes(page: Page, files: Path) -> None:
    async with open_stage(Curtain(), files=files) as stage:
        await arrive(page, stage)
        session = await page.context.new_cdp_session(page)
        found = await session.send("Page.getAppManifest")
        errors = await session.send("Page.getInstallabilityErrors")

    assert found["errors"] == []
    assert found["manifest"]["startUrl"] == stage.url
    assert [error["errorId"] for error in errors["installabilityErrors"]] in ([], ["in-incognito"])
