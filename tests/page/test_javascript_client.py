"""The JavaScript client in pages and workers of an origin that is not the server's."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect

from tests.page.stage import Curtain, Stage, final, open_stage
from wsserver.messages import Done, Finish

DOCUMENT = Path(__file__).parents[2] / "docs" / "javascript.md"

HTML = """<!doctype html><title>Theirs</title><body><button id="start"></button>
<button id="stop"></button><p></p><script type="module" src="/theirs.js"></script>"""

IN_A_WORKER = """
import { connect } from "https://example.org/page/dictation-client.js";
onmessage = async ({ data: token }) => {
  const dictation = await connect("wss://example.org/v1/dictation", { token });
  dictation.addEventListener("final", ({ detail }) => postMessage(detail.text));
  dictation.send(Int16Array.of(1, 2, 3));
  postMessage((await dictation.finish()).type);
};
"""

Files = dict[str, tuple[str, str]]
"""Path to type and text."""


@pytest_asyncio.fixture(loop_scope="session")
async def theirs() -> AsyncIterator[tuple[str, Files]]:
    """Another server, on a port of its own, and the files that a test puts there."""
    files: Files = {}

    async def serve(request: web.Request) -> web.Response:
        kind, text = files[request.path]
        return web.Response(content_type=kind, text=text)

    app = web.Application()
    app.add_routes([web.get("/{name:.*}", serve)])
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/"), files


@pytest.fixture
def origins(theirs: tuple[str, Files]) -> tuple[str, ...]:
    """Give the origins that our server lists."""
    return (theirs[0],)


@pytest_asyncio.fixture(loop_scope="session")
async def stage(origins: tuple[str, ...]) -> AsyncIterator[Stage]:
    async with open_stage(Curtain(), origins=origins) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context()
    page = await context.new_page()
    wrongs: list[str] = []
    page.on("pageerror", lambda error: wrongs.append(error.message))
    yield page
    await context.close()
    assert wrongs == []


def at(stage: Stage, program: str) -> str:
    """Let *program*, which is written for example.org, speak to the stage."""
    root = stage.url.rstrip("/")
    socket = root.replace("http", "ws", 1)
    return program.replace("https://example.org", root).replace("wss://example.org", socket)


async def test_the_program_of_the_document_takes_dictation(
    page: Page, stage: Stage, theirs: tuple[str, Files]
) -> None:
    url, files = theirs
    (program,) = re.findall(
        r"^```js page\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    files["/"] = ("text/html", HTML)
    files["/theirs.js"] = ("text/javascript", at(stage, program))
    files["/my/token"] = ("text/plain", stage.token)
    await page.goto(url)

    await page.locator("#start").click()
    call = await stage.call()
    await call.listen(24_000)
    await call.say(final("One."))
    await expect(page.locator("body")).to_have_text(re.compile(r"^\s*One\.\s*$"))
    await page.locator("#stop").click()
    await call.hear(Finish)
    await call.say(Done(duration=1.0, utterances=1))

    assert call.start.sample_rate == await page.evaluate("new AudioContext().sampleRate")
    assert any(call.audio)


async def test_it_works_in_a_worker(page: Page, stage: Stage, theirs: tuple[str, Files]) -> None:
    url, files = theirs
    files["/"] = ("text/html", "<!doctype html><title>Theirs</title>")
    files["/theirs.js"] = ("text/javascript", at(stage, IN_A_WORKER))
    await page.goto(url)
    await page.evaluate(
        """(token) => {
          window.told = [];
          const worker = new Worker("/theirs.js", { type: "module" });
          worker.onmessage = ({ data }) => told.push(data);
          worker.postMessage(token);
        }""",
        stage.token,
    )

    call = await stage.call()
    await call.hear(Finish)
    await call.say(final("One."), Done(duration=1.0, utterances=1))
    await page.wait_for_function("told.length === 2")
    told = await page.evaluate("told")

    assert told == ["One.", "done"]
    assert stage.is_made(call.credential)
    assert call.audio == b"\1\0\2\0\3\0"


CONNECT = """async ([client, url]) => {
  const { connect } = await import(client);
  return connect(url, { token: "nobody's" }).catch(({ name, code }) => [name, code]);
}"""


async def test_a_refusal_is_told_to_listed_origins(
    page: Page, stage: Stage, theirs: tuple[str, Files]
) -> None:
    url, files = theirs
    files["/"] = ("text/html", "<!doctype html><title>Theirs</title>")
    await page.goto(url)

    given = [f"{stage.url}page/dictation-client.js", f"{stage.url}v1/dictation"]
    told = await page.evaluate(CONNECT, given)

    assert told == ["Refused", "bad_token"]


@pytest.mark.parametrize("origins", [(), ("https://listed.example",)])
async def test_origins_that_are_not_listed_get_nothing(
    page: Page, stage: Stage, theirs: tuple[str, Files]
) -> None:
    url, files = theirs
    files["/"] = ("text/html", "<!doctype html><title>Theirs</title>")
    await page.goto(url)

    told = await page.evaluate(
        "(client) => import(client).then(Object.keys, ({ name }) => name)",
        f"{stage.url}page/dictation-client.js",
    )

    assert told == "TypeError"
