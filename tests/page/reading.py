"""A room of a real server, somebody who speaks there, and browsers that read along."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from playwright.async_api import Browser, Locator, Page, expect

from tests.page.line import Line, open_line
from tests.page.stage import PATIENCE_SECONDS, READY
from wsserver import config
from wsserver.app import App
from wsserver.messages import Final, Partial, Start
from wsserver.net.room_publisher import RoomPublisher
from wsserver.net.tokens import hash_token

TOKEN = "a-token-for-tests"
NAME = "tests"
_ADMISSION = {"tokens": [{"name": NAME, "hash": hash_token(TOKEN)}]}


class Speaker:
    """A session that says in a room what the test wants said."""

    def __init__(self, app: App, room: str, session: str, generation: int = 1) -> None:
        self._publisher = RoomPublisher(app._rooms, NAME)
        self._seconds = 0.0
        self.utterance = 1
        ready = replace(READY, session=session, generation=generation)
        assert self._publisher.opened(Start(room=room), ready) is None

    def mumble(self, text: str, committed: str = "") -> None:
        """Be heard, but not yet understood for good."""
        at = self._seconds
        heard = Partial(
            utterance=self.utterance,
            text=text,
            committed=len(committed),
            start=at,
            end=at + 1,
            lag=0.3,
        )
        self._publisher.partial(heard)

    def say(self, *texts: str, pause_seconds: float = 0.2) -> None:
        """Say each as an utterance of its own."""
        for text in texts:
            seconds = len(text) / 15
            final = Final(
                utterance=self.utterance,
                text=text,
                start=self._seconds,
                end=self._seconds + seconds,
                language="en",
                through=0,
            )
            self._publisher.final(final, None)
            self._seconds += seconds + pause_seconds
            self.utterance += 1

    def leave(self) -> None:
        self._publisher.closed()


@dataclass(slots=True)
class Reader:
    """Somebody with a window on the room; *wrongs* is what went wrong there unseen."""

    page: Page
    wrongs: list[str] = field(default_factory=list)

    def at(self, name: str) -> Locator:
        return self.page.locator(f"#{name}")

    @property
    def lines(self) -> Locator:
        return self.page.locator("#lines p")

    async def reads(self, *lines: str) -> None:
        await expect(self.lines).to_have_text(list(lines))

    async def text(self) -> str:
        """Give all that stands there, whatever lines it stands in."""
        return " ".join(await self.lines.all_text_contents())

    async def reads_all(self, text: str) -> None:
        """See *text* and nothing else, whatever lines it stands in."""
        seen = ""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while seen != text:
                    seen = await self.text()
        assert seen == text

    async def is_in(self, state: str) -> None:
        await expect(self.at("state")).to_have_text(state)

    async def run(self, script: str, argument: Any = None) -> Any:
        return await self.page.evaluate(script, argument)


@dataclass(slots=True)
class Reading:
    """A server behind a line, one room of it, and a browser."""

    browser: Browser
    line: Line
    app: App
    room: str = ""
    links: dict[str, str] = field(default_factory=dict)

    def speaker(self, session: str = "a", generation: int = 1) -> Speaker:
        return Speaker(self.app, self.room, session, generation)

    def link(self, name: str = "captions", **options: str) -> str:
        more = "".join(f"&{key}={value}" for key, value in options.items())
        return self.line.url + self.links[name].lstrip("/") + more

    @asynccontextmanager
    async def reader(self, name: str = "captions", **window: Any) -> AsyncIterator[Reader]:
        """Open a window with nothing in it; at the end nothing went wrong there unseen."""
        context = await self.browser.new_context(locale="en-US", **window)
        reader = Reader(await context.new_page())
        reader.page.on("pageerror", lambda error: reader.wrongs.append(error.message))
        reader.page.on("console", lambda said: _note_forbidden(reader, said.text))
        yield reader
        await context.close()
        assert reader.wrongs == []

    @property
    def port(self) -> int:
        """Where the server is behind the line."""
        return int(self.app.url.rstrip("/").rpartition(":")[2])

    @property
    def viewers(self) -> int:
        return self.app._rooms.viewers

    async def has_viewers(self, count: int) -> None:
        """Wait until so many read along."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.viewers != count:
                await asyncio.sleep(0.01)

    def allow_viewers(self, most: int) -> None:
        rooms = self.app._rooms
        rooms._settings = replace(rooms._settings, viewers=most)

    def keep_finals(self, most: int) -> None:
        """Let rooms that are not open yet keep so many."""
        rooms = self.app._rooms
        rooms._settings = replace(rooms._settings, history_finals=most)

    async def is_pushed_back(self) -> None:
        """Wait until the server keeps something for a viewer who does not take it."""
        opened = self.app._rooms.find(self.room)
        assert opened
        while not any(viewer.is_slow for viewer in opened.audience._viewers):
            await asyncio.sleep(0.01)

    def put_clocks_forward(self, seconds: float) -> None:
        """Let tokens grow older at once."""

        def clock() -> float:
            return time.time() + seconds

        opened = self.app._rooms.find(self.room)
        assert opened
        opened.audience._clock = self.app._signed._clock = clock

    async def restart(self) -> None:
        """Put another server in the place of this one, which knows no story."""
        await self.app.stop()
        self.app = await _started()
        self.line.lead_to(self.port)

    async def open_room(self, **wish: Any) -> None:
        async with _http(self.line.url) as http, http.post("/v1/rooms", json=wish) as answer:
            assert answer.status == 201, await answer.text()
            opened = await answer.json()
        self.room, self.links = opened["room"], opened["links"]

    async def end_room(self) -> None:
        async with _http(self.line.url) as http, http.delete(f"/v1/rooms/{self.room}") as answer:
            assert answer.status == 204


def _note_forbidden(reader: Reader, said: str) -> None:
    if "Content Security Policy" in said:
        reader.wrongs.append(said)


def _http(url: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {TOKEN}"})


async def _started() -> App:
    server = {"port": 0, "admission": _ADMISSION}
    app = App(config.load(None, {}, {"server": server, "engine": {"kind": "fake"}}))
    await app.start()
    await app.check()
    return app


@asynccontextmanager
async def open_reading(browser: Browser, **wish: Any) -> AsyncIterator[Reading]:
    """Open a room as *wish* says on a server of its own."""
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(open_line())
        reading = Reading(browser, line, await _started())
        line.lead_to(reading.port)
        try:
            await reading.open_room(**wish)
            yield reading
        finally:
            await reading.app.stop()
