"""The JavaScript client in pages and workers that are not ours."""

import difflib
import re
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Playwright, Route, expect

from tests.conftest import SAMPLES, Server
from tests.page.chromium import launch
from tests.page.stage import Stage, final
from wsserver.messages import Done, Finish

DOCUMENT = Path(__file__).parents[2] / "docs" / "javascript.md"
PATIENCE_MS = 90_000
"""For a machine that does other things as well."""

SAID = "my uncle sold his house by the sea"

HTML = """<!doctype html><title>Theirs</title><body><button id="start"></button>
<button id="stop"></button><script type="module" src="/theirs.js"></script>"""

IN_A_WORKER = """
import { connect } from "/page/dictation-client.js";
onmessage = async ({ data: [url, token] }) => {
  const dictation = await connect(url, { token });
  dictation.addEventListener("final", ({ detail }) => postMessage(detail.text));
  dictation.send(Int16Array.of(1, 2, 3));
  postMessage((await dictation.finish()).type);
};
"""


@pytest.fixture
def program(server: Server) -> str:
    """The program of the document, at our server."""
    (program,) = re.findall(
        r"^```js page\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert "wss://example.org/v1/dictation" in program
    return str(program.replace("wss://example.org/v1/dictation", server.socket_url))


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A recording after a second of silence, since a microphone may run before its page does."""
    path = tmp_path / "spoken.wav"
    with (
        wave.open(str(SAMPLES / "en-us-my-uncle-sold.wav")) as recorded,
        wave.open(str(path), "wb") as played,
    ):
        played.setparams(recorded.getparams())
        played.writeframes(bytes(2 * recorded.getframerate()))
        played.writeframes(recorded.readframes(recorded.getnframes()))
    return path


@pytest_asyncio.fixture(loop_scope="session")
async def theirs(playwright: Playwright, chromium: str, sound: Path) -> AsyncIterator[Page]:
    """A window whose microphone plays the recording once."""
    browser = await launch(playwright, chromium, sound)
    page = await browser.new_page()
    wrongs: list[str] = []
    page.on("pageerror", lambda error: wrongs.append(error.message))
    yield page
    await browser.close()
    assert wrongs == []


async def serve(page: Page, path: str, kind: str, body: str) -> None:
    """Let *path* be a file of theirs."""

    async def fulfill(route: Route) -> None:
        await route.fulfill(content_type=kind, body=body)

    await page.route(f"**{path}", fulfill)


async def test_the_program_of_the_document_takes_dictation(
    theirs: Page, server: Server, program: str
) -> None:
    await serve(theirs, "/theirs.html", "text/html", HTML)
    await serve(theirs, "/theirs.js", "text/javascript", program)
    await serve(theirs, "/my/token", "text/plain", server.token)
    await theirs.goto(f"{server.url}theirs.html")

    await theirs.locator("#start").click()
    await expect(theirs.locator("body")).to_have_text(re.compile(r"\w"), timeout=PATIENCE_MS)
    await theirs.locator("#stop").click()

    read = " ".join(re.findall(r"\w+", (await theirs.locator("body").inner_text()).lower()))
    assert difflib.SequenceMatcher(None, SAID, read, autojunk=False).ratio() > 0.75, read


async def test_it_works_in_a_worker(browser: Browser, stage: Stage) -> None:
    page = await browser.new_page()
    # Of the context, since workers ask for themselves.
    await page.context.route(
        "**/theirs.js",
        lambda route: route.fulfill(content_type="text/javascript", body=IN_A_WORKER),
    )
    await serve(page, "/theirs.html", "text/html", "<!doctype html><title>Theirs</title>")
    await page.goto(f"{stage.url}theirs.html")
    await page.evaluate(
        """(given) => {
          window.told = [];
          const worker = new Worker("/theirs.js", { type: "module" });
          worker.onmessage = ({ data }) => told.push(data);
          worker.postMessage(given);
        }""",
        [stage.url.replace("http", "ws", 1) + "v1/dictation", stage.token],
    )

    call = await stage.call()
    await call.hear(Finish)
    await call.say(final("One."), Done(duration=1.0, utterances=1))
    await page.wait_for_function("told.length === 2")
    told = await page.evaluate("told")
    await page.context.close()

    assert told == ["One.", "done"]
    assert stage.is_made(call.credential)
    assert call.audio == b"\1\0\2\0\3\0"
