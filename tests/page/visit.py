"""Somebody who looks at the page and presses its buttons."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Locator, Page, Request, expect

from tests.page.stage import PATIENCE_SECONDS, READY, Call, Stage
from wsserver.messages import Ready

SAVED = """async () => {
  const { openShelf } = await import(new URL("page/shelf.js", document.baseURI));
  const shelf = await openShelf();
  const [head] = await shelf.heads();
  if (!head) return -1;
  const { sound } = await shelf.read(head.id);
  return Math.max(head.places.first, ...sound.map(([place, chunk]) => place + chunk.length));
}"""
"""Gives up to which sample the oldest dictation lies on this device; -1 without any."""

SETTLED = """async () => {
  const { openShelf } = await import(new URL("page/shelf.js", document.baseURI));
  const [head] = await (await openShelf()).heads();
  return head ? head.places.first : -1;
}"""
"""Gives up to which sample all is final of the oldest dictation on this device; -1 without any."""

EXCHANGE = "**/v1/tokens"
"""Where the page exchanges its token."""


@dataclass(slots=True)
class Visit:
    page: Page
    stage: Stage
    wrongs: list[str]
    """What the page threw and what its policy forbade; a test takes out what it expects."""

    def at(self, name: str) -> Locator:
        return self.page.locator(f"#{name}")

    async def arrive(self) -> None:
        """Follow the link that brings the token along."""
        await self.page.goto(self.stage.link)
        await self.is_in("Ready")

    async def begin(self, ready: Ready = READY) -> Call:
        """Arrive, press Start, and be listened to."""
        await self.arrive()
        await self.at("main").click()
        call = await self.stage.call(ready)
        await self.is_in("Listening")
        return call

    async def reload(self) -> None:
        """Reload in the midst of whatever goes on."""
        self.page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
        await self.page.reload()

    async def saves(self, samples: int) -> None:
        """Wait until so many samples in all, final or not, need no page any more."""
        await self._until(SAVED, lambda saved: saved >= samples)

    async def has_settled(self, samples: int) -> None:
        """Wait until so many samples in all are final on this device as well."""
        await self._until(SETTLED, lambda settled: settled >= samples)

    async def saves_nothing(self) -> None:
        """Wait until nothing is kept for a later visit."""
        await self._until(SAVED, lambda saved: saved < 0)

    async def is_in(self, state: str) -> None:
        await expect(self.at("state")).to_have_text(state)

    async def reads(self, text: str) -> None:
        """See these words, whatever is settled of them."""
        await expect(self.at("words")).to_have_text(text)

    async def is_told(self, text: str) -> None:
        await expect(self.at("problem")).to_contain_text(text)

    async def is_told_nothing(self) -> None:
        await expect(self.at("problem")).to_be_hidden()

    async def run(self, script: str, argument: Any = None) -> Any:
        return await self.page.evaluate(script, argument)

    async def _until(self, script: str, is_so: Callable[[int], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not is_so(await self.run(script)):
                pass


def count_exchanges(page: Page) -> list[str]:
    """Give a list that grows with every exchange."""
    exchanges: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/v1/tokens"):
            exchanges.append(request.url)

    page.on("request", note)
    return exchanges


@asynccontextmanager
async def open_visit(
    browser: Browser, stage: Stage, window: dict[str, Any]
) -> AsyncIterator[Visit]:
    """Give a window of its own, with nothing remembered."""
    # Nobody sees on the way what a worker answers; the tests of the worker let it work.
    context = await browser.new_context(**{"locale": "en-US", "service_workers": "block", **window})
    page = await context.new_page()
    visit = Visit(page, stage, [])
    page.on("pageerror", lambda error: visit.wrongs.append(error.message))
    page.on("console", lambda said: _note_forbidden(visit, said.text))
    yield visit
    await context.close()
    assert visit.wrongs == []


def _note_forbidden(visit: Visit, said: str) -> None:
    if "Content Security Policy" in said:
        visit.wrongs.append(said)
