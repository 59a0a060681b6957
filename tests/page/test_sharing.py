"""Somebody speaks before a real server, lets others read along, and stops."""

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, Playwright, expect

from tests.conftest import SAMPLES
from tests.page.axe import barriers
from tests.page.chromium import flags
from tests.page.stage import cursor
from tests.page.visit import Visit
from wsserver import config
from wsserver.app import App
from wsserver.messages import Ack, Flush, Flushed
from wsserver.net.tokens import hash_token

TOKENS = {"ada": "token-of-ada", "bob": "token-of-bob"}
PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
PATIENCE_MS = 60_000
"""For a machine that does other things as well."""

LINKS = dict.fromkeys(("captions", "overlay", "vtt", "srt"), "/captions?room=r1&token=t")


@dataclass(slots=True)
class Desk:
    """A window before the dictation page."""

    page: Page
    app: App
    wrongs: list[str] = field(default_factory=list)

    def at(self, name: str) -> Locator:
        return self.page.locator(f"#{name}")

    async def arrive(self, token: str = TOKENS["ada"]) -> None:
        await self.page.goto(f"{self.app.url}#token={token}")
        await expect(self.at("state")).to_have_text("Ready")

    async def share(self, title: str = "") -> None:
        """Open a room and leave the dialog."""
        await self.at("share").click()
        await self.at("share-title").fill(title)
        await self.at("share-open").click()
        await expect(self.at("share-links")).to_be_visible()
        await self.page.keyboard.press("Escape")

    async def link(self, name: str = "captions") -> str:
        return await self.at(f"share-{name}").input_value()

    async def stop_sharing(self) -> None:
        await self.at("share").click()
        await self.at("share-stop").click()
        await expect(self.at("share-form")).to_be_visible()

    async def is_sharing(self) -> None:
        await expect(self.at("share")).to_have_accessible_name("Share: others read along")

    async def is_alone(self) -> None:
        await expect(self.at("share")).to_have_accessible_name("Share")

    async def speak(self) -> None:
        await self.at("main").click()
        await expect(self.at("state")).to_have_text("Listening")

    async def words(self, count: int) -> str:
        """Wait for so many words of finals; give the text."""
        many = re.compile(rf"(\w+\W+){{{count}}}")
        await expect(self.at("text")).to_have_value(many, timeout=PATIENCE_MS)
        return await self.at("text").input_value()

    async def fits(self) -> bool:
        """Tell whether nothing is wider than the window, or than the dialog."""
        script = """() => [document.documentElement, document.querySelector("#share-panel")]
            .every((each) => each.scrollWidth <= each.clientWidth + 1)"""
        return bool(await self.page.evaluate(script))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app() -> AsyncIterator[App]:
    """A server in this process on the scripted engine, which hears in any voice."""
    tokens = [{"name": name, "hash": hash_token(plain)} for name, plain in TOKENS.items()]
    above = {"server": {"port": 0, "admission": {"tokens": tokens}}, "engine": {"kind": "fake"}}
    app = App(config.load(None, {}, above))
    await app.start()
    await app.check()
    yield app
    await app.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def talking(playwright: Playwright, chromium: str) -> AsyncIterator[Browser]:
    """A browser whose microphone says the same sentence again and again."""
    played = f"--use-file-for-fake-audio-capture={SAMPLES / 'en-us-my-uncle-sold.wav'}"
    browser = await playwright.chromium.launch(
        executable_path=chromium, args=[*flags(), played], timeout=60_000
    )
    yield browser
    await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(talking: Browser, app: App, window: dict[str, Any]) -> AsyncIterator[Desk]:
    context = await talking.new_context(locale="en-US", **window)
    desk = Desk(await context.new_page(), app)
    desk.page.on("pageerror", lambda error: desk.wrongs.append(error.message))
    yield desk
    await context.close()
    assert desk.wrongs == []


async def reader_of(desk: Desk) -> Page:
    """Open the captions link in a window of somebody else."""
    context = await desk.page.context.browser.new_context()  # type: ignore[union-attr]
    page = await context.new_page()
    await page.goto(await desk.link())
    return page


async def end(app: App, room: str) -> int:
    """End *room* from elsewhere."""
    bearer = {"Authorization": f"Bearer {TOKENS['ada']}"}
    async with (
        aiohttp.ClientSession(app.url) as http,
        http.delete(f"/v1/rooms/{room}", headers=bearer) as answer,
    ):
        return answer.status


async def room_of(desk: Desk) -> str:
    kept = await desk.page.evaluate("JSON.parse(sessionStorage.getItem('dictation.room'))")
    return str(kept["room"])


async def test_others_read_along_until_sharing_stops(desk: Desk) -> None:
    await desk.arrive()
    await desk.share("The tides")
    await desk.is_sharing()
    reader = await reader_of(desk)
    await expect(reader.locator("#state")).to_have_text("Nobody speaks now")

    await desk.speak()
    await expect(reader.locator("#state")).to_have_text("Live")
    said = (await desk.words(8)).split()
    await expect(reader.locator("#lines")).to_contain_text(" ".join(said[:3]))
    assert await reader.title() == "The tides \N{EN DASH} Captions"

    await desk.stop_sharing()
    await expect(reader.locator("#state")).to_have_text("This has ended.")
    await desk.is_alone()
    await expect(desk.at("state")).to_have_text("Listening")
    await reader.context.close()


async def test_who_shares_while_they_speak_loses_no_sound(visit: Visit) -> None:
    opened = {
        "room": "r1",
        "title": None,
        "expires": time.time() + 60,
        "token": "t",
        "links": LINKS,
    }
    await visit.page.route("**/v1/rooms", lambda route: route.fulfill(status=201, json=opened))
    alone = await visit.begin()
    await alone.listen(16_000)

    await visit.at("share").click()
    await visit.at("share-open").click()
    shared = await visit.stage.call()
    await visit.is_in("Listening")
    await shared.listen(len(alone.audio) // 2)

    assert (alone.start.room, shared.start.room) == (None, "r1")
    assert shared.audio.startswith(alone.audio)
    await visit.is_told_nothing()


async def test_who_shares_in_a_pause_is_read_from_the_next_word_on(visit: Visit) -> None:
    opened = {
        "room": "r1",
        "title": None,
        "expires": time.time() + 60,
        "token": "t",
        "links": LINKS,
    }
    await visit.page.route("**/v1/rooms", lambda route: route.fulfill(status=201, json=opened))
    alone = await visit.begin()
    await visit.at("main").click()
    flush = await alone.hear(Flush)
    await alone.say(Ack(through=len(alone.audio) // 2, cursor=cursor("a")), Flushed(id=flush.id))

    await visit.at("share").click()
    await visit.at("share-open").click()
    await visit.page.keyboard.press("Escape")
    await visit.at("main").click()
    shared = await visit.stage.call()

    await visit.is_in("Listening")
    assert shared.start.room == "r1"


async def test_all_links_lead_somewhere(desk: Desk) -> None:
    await desk.arrive()
    await desk.share()

    links = {name: await desk.link(name) for name in ("captions", "overlay", "vtt", "srt")}
    async with aiohttp.ClientSession() as http:
        answers = {name: (await http.get(link)).content_type for name, link in links.items()}

    assert answers == {
        "captions": "text/html",
        "overlay": "text/html",
        "vtt": "text/vtt",
        "srt": "application/x-subrip",
    }


async def test_the_keyboard_alone_will_do(desk: Desk) -> None:
    await desk.arrive()
    await desk.speak()
    keys = desk.page.keyboard

    await desk.at("share").focus()
    await keys.press("Enter")
    await expect(desk.at("share-title")).to_be_focused()
    await keys.type("Tides")
    await keys.press("Enter")
    await expect(desk.at("share-captions")).to_be_focused()
    await keys.press("Tab")
    await expect(desk.at("share-captions-copy")).to_be_focused()
    await keys.press("Escape")

    await expect(desk.at("share-panel")).to_be_hidden()
    await expect(desk.at("share")).to_be_focused()
    await expect(desk.at("state")).to_have_text("Listening")
    await keys.press("Enter")
    await desk.at("share-stop").focus()
    await keys.press("Enter")
    await expect(desk.at("share-title")).to_be_focused()


async def test_a_link_is_copied(desk: Desk) -> None:
    await desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await desk.arrive()
    await desk.share()

    await desk.at("share").click()
    await desk.at("share-overlay-copy").click()

    await expect(desk.at("share-overlay-copy")).to_have_accessible_name(re.compile("^Copied "))
    copied = await desk.page.evaluate("navigator.clipboard.readText()")
    assert copied == await desk.link("overlay")


@pytest.mark.parametrize("window", [{}, PHONE, {"color_scheme": "dark"}], ids=str)
async def test_the_dialog_fits_and_reads_well(desk: Desk) -> None:
    await desk.arrive()

    await desk.at("share").click()
    assert await barriers(desk.page) == []
    assert await desk.fits()
    await desk.at("share-title").fill("A-title-that-does-not-want-to-end" * 4)
    await desk.at("share-open").click()
    await expect(desk.at("share-links")).to_be_visible()

    assert await barriers(desk.page) == []
    assert await desk.fits()


async def test_a_reload_keeps_the_room_of_this_tab(desk: Desk) -> None:
    await desk.arrive()
    await desk.share()
    link = await desk.link()

    await desk.page.reload()
    await desk.is_sharing()
    await desk.speak()
    reader = await reader_of(desk)

    assert await desk.link() == link
    await expect(reader.locator("#state")).to_have_text("Live")
    await reader.context.close()


async def test_a_reload_says_that_sharing_has_ended(desk: Desk) -> None:
    await desk.arrive()
    await desk.share()
    assert await end(desk.app, await room_of(desk)) == 204

    await desk.page.reload()

    await desk.is_alone()
    await expect(desk.at("hint")).to_contain_text("Sharing has ended: the links lead nowhere now.")
    await desk.at("share").click()
    await expect(desk.at("share-refused")).to_contain_text("Sharing has ended")


async def test_a_start_in_a_room_that_was_ended_elsewhere_says_so(desk: Desk) -> None:
    await desk.arrive()
    await desk.share()
    assert await end(desk.app, await room_of(desk)) == 204

    await desk.speak()

    await desk.is_alone()
    await expect(desk.at("hint")).to_contain_text("Sharing has ended")


async def test_another_token_cannot_speak_in_the_room(desk: Desk) -> None:
    await desk.arrive()
    await desk.share()
    await desk.page.evaluate("location.hash = 'token=token-of-bob'")
    await expect(desk.at("state")).to_have_text("Ready")

    await desk.at("main").click()
    await expect(desk.at("problem")).to_contain_text("What you say cannot be shared any more")
    await desk.is_alone()
    await desk.at("retry").click()

    await expect(desk.at("state")).to_have_text("Listening")


async def test_another_token_cannot_end_the_room_but_leaves_it(desk: Desk) -> None:
    await desk.arrive()
    await desk.share()
    await desk.page.evaluate("location.hash = 'token=token-of-bob'")
    await expect(desk.at("state")).to_have_text("Ready")

    await desk.stop_sharing()

    await expect(desk.at("share-refused")).to_contain_text("it was begun with another token")
    await desk.is_alone()


async def test_a_token_for_one_dictation_shares_nothing(desk: Desk) -> None:
    bearer = {"Authorization": f"Bearer {TOKENS['ada']}"}
    async with (
        aiohttp.ClientSession(desk.app.url) as http,
        http.post("/v1/tokens", headers=bearer) as answer,
    ):
        signed = (await answer.json())["token"]
    await desk.arrive(signed)

    await desk.at("share").click()
    await desk.at("share-open").click()

    await expect(desk.at("share-refused")).to_contain_text("opens a single dictation")
    await expect(desk.at("share-form")).to_be_visible()


async def test_a_server_that_is_gone_is_told(desk: Desk) -> None:
    await desk.arrive()
    await desk.page.route("**/v1/rooms", lambda route: route.abort())

    await desk.at("share").click()
    await desk.at("share-open").click()

    await expect(desk.at("share-refused")).to_contain_text("The server cannot be reached.")


async def test_who_cannot_stop_sharing_is_told_that_it_goes_on(desk: Desk) -> None:
    await desk.arrive()
    await desk.share()
    await desk.page.route("**/v1/rooms/*", lambda route: route.abort())

    await desk.at("share").click()
    await desk.at("share-stop").click()

    await expect(desk.at("share-unstopped")).to_contain_text("Others can still read along.")
    await expect(desk.at("share-links")).to_be_visible()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"status": 403, "code": "missing_scope"}, "This token may not share"),
        ({"status": 400, "code": "bad_message"}, "Choose a shorter time."),
        ({"status": 404, "code": "not_found"}, "This server cannot share"),
        ({"status": 405, "code": ""}, "This server cannot share"),
        ({"status": 503, "code": "full"}, "The server is full."),
        ({"status": 401, "code": "token_expired"}, "This token has expired."),
        (None, "The server cannot be reached."),
    ],
)
async def test_what_keeps_from_sharing_is_said_in_words(
    modules: Page, answer: dict[str, Any] | None, told: str
) -> None:
    given = answer and {"message": "", **answer}

    said = await modules.evaluate(
        "async (given) => (await import('/page/share-wording.js')).refused(given)", given
    )

    assert told in said


@pytest.mark.parametrize(
    ("link", "is_far"),
    [
        ("http://127.0.0.1:8765/captions", False),
        ("https://localhost/captions", False),
        ("http://[::1]:8765/captions", False),
        ("https://192.168.0.7:8765/captions", True),
        ("https://talks.example.org/captions", True),
    ],
)
async def test_links_that_lead_nowhere_else_are_told(
    modules: Page, link: str, is_far: bool
) -> None:
    said = await modules.evaluate(
        "async (link) => (await import('/page/share-wording.js')).reach(link)", link
    )

    assert (said == "") is is_far


@pytest.mark.parametrize(
    ("seconds", "told"), [(3600, "until 1:00 PM"), (40 * 3600, "until Saturday 4:00 AM")]
)
async def test_the_end_of_links_is_told(modules: Page, seconds: int, told: str) -> None:
    noon = "new Date(2026, 0, 1, 12) / 1000"

    said = await modules.evaluate(
        f"async (more) => (await import('/page/share-wording.js'))"
        f".until({noon} + more, {noon}, 'en-US')",
        seconds,
    )

    assert told in re.sub(r"\s+", " ", said.replace(" at ", " "))
