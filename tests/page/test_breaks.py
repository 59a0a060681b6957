"""A person speaks, and the real server, the network or the page goes away in mid-sentence."""

import asyncio
import base64
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, Playwright, Route, expect

from tests.conftest import Sample, Server, start_server
from tests.page.chromium import launch
from tests.page.visit import SAVED
from wsserver import client
from wsserver.messages import Start

PATIENCE_MS = 120_000
"""For a machine that does other things as well."""

PUSH = "this.#delivery.push(toS16le(samples));"
RATE = 44_100
"""Of Chromium's microphone that is none."""

HEARD = """() => {
  const bytes = new Uint8Array(Int16Array.from(window.heard).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(text);
}"""

LEAVE_HEARD = f"sessionStorage.setItem('heard', ({HEARD})())"
"""Hands over what was heard until the very end of a page to the next one."""


@pytest.fixture
def sound(samples: list[Sample], tmp_path: Path) -> Path:
    """A recording after a second of silence, since a microphone may run before the page does."""
    path = tmp_path / "spoken.wav"
    long = next(sample for sample in samples if sample.path.name == "flite-slt-long.wav")
    with wave.open(str(long.path)) as recorded, wave.open(str(path), "wb") as played:
        played.setparams(recorded.getparams())
        played.writeframes(bytes(2 * recorded.getframerate()))
        played.writeframes(recorded.readframes(recorded.getnframes()))
    return path


@pytest.fixture
def sound_samples(sound: Path) -> int:
    with wave.open(str(sound)) as played:
        return int(RATE * played.getnframes() / played.getframerate())


@pytest_asyncio.fixture(loop_scope="session")
async def page(playwright: Playwright, chromium: str, sound: Path) -> AsyncIterator[Page]:
    """A page whose microphone plays the sound once, and that remembers what it heard."""
    browser = await launch(playwright, chromium, sound)
    page = await browser.new_page(locale="en-US")
    wrongs: list[str] = []
    page.on("pageerror", lambda error: wrongs.append(error.message))
    await page.route("**/page/dictation.js", _note_what_is_heard)
    yield page
    await browser.close()
    assert wrongs == []


async def _note_what_is_heard(route: Route) -> None:
    response = await route.fetch()
    script = await response.text()
    assert PUSH in script
    noting = f"{PUSH} (window.heard ??= []).push(...toS16le(samples));"
    await route.fulfill(response=response, body=script.replace(PUSH, noting))


@pytest.fixture
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Real servers that follow each other on one port, with one key."""
    servers = [start_server(tmp_path_factory.mktemp("mortal"), "--model", "practice")]
    yield servers
    for server in servers:
        server.process.kill()
        server.process.communicate()


async def restart(servers: list[Server], directory: Path) -> None:
    """Have another one take the place of the last one, which was killed."""
    await asyncio.to_thread(servers[-1].process.wait)
    port = servers[-1].url.rstrip("/").rpartition(":")[2]
    options = ("--model", "practice", "--port", port)
    servers.append(await asyncio.to_thread(start_server, directory, *options))


async def begin(page: Page, server: Server) -> None:
    await page.goto(f"{server.url}#token={server.token}")
    await page.locator("#main").click()
    await is_in(page, "Listening")


async def is_in(page: Page, state: str) -> None:
    await expect(page.locator("#state")).to_have_text(state, timeout=PATIENCE_MS)


async def is_in_mid_sentence(page: Page) -> None:
    """Wait until something is final, and the next sentence is being spoken."""
    await page.wait_for_function(
        """() => document.querySelector("#words .final")
          && document.querySelector("#words .committed, #words .tentative, #lamp.voice")""",
        timeout=PATIENCE_MS,
    )


async def listen_for(page: Page, samples: int) -> None:
    await page.wait_for_function("(n) => window.heard.length > n", arg=samples, timeout=PATIENCE_MS)


async def stop(page: Page) -> str:
    """Let all become final; give what stands there."""
    await page.locator("#stop").click()
    await is_in(page, "Ready")
    return await read(page)


async def read(page: Page) -> str:
    await expect(page.locator("#words .tentative, #words .committed")).to_have_count(0)
    return await page.locator("#text").input_value()


async def heard(page: Page) -> bytes:
    return base64.b64decode(await page.evaluate(HEARD))


async def undisturbed(server: Server, sound: bytes) -> str:
    """Give what the server says to the same sound over a connection that does not break."""
    start = Start(sample_rate=RATE)
    finals = await client.transcribe(server.socket_url, server.token, [sound], start)
    return " ".join(final.text for final in finals if final.text)


async def test_a_server_that_is_killed_in_mid_sentence_is_no_loss(
    page: Page, mortal: list[Server], sound_samples: int, tmp_path: Path
) -> None:
    await begin(page, mortal[0])
    await is_in_mid_sentence(page)

    mortal[-1].process.kill()
    await is_in(page, "Reconnecting, still recording")
    # Whoever waits for the words may write meanwhile.
    await page.locator("#text").press("Control+Home")
    await page.keyboard.type("Dear Ann, ")
    await restart(mortal, tmp_path)
    await is_in(page, "Listening")
    await listen_for(page, sound_samples)
    text = await stop(page)

    assert text == "Dear Ann, " + await undisturbed(mortal[-1], await heard(page))
    assert len(text.split()) > 10


async def test_a_network_that_goes_away_is_no_loss(
    page: Page, server: Server, sound_samples: int
) -> None:
    await begin(page, server)
    await is_in_mid_sentence(page)

    await page.context.set_offline(True)
    await is_in(page, "Reconnecting, still recording")
    await expect(page.locator("#hint")).to_contain_text("of sound are kept", timeout=PATIENCE_MS)
    await page.context.set_offline(False)
    await is_in(page, "Listening")
    await listen_for(page, sound_samples)
    text = await stop(page)

    assert text == await undisturbed(server, await heard(page))
    assert len(text.split()) > 10


async def test_a_reload_in_mid_sentence_loses_no_words(page: Page, server: Server) -> None:
    await begin(page, server)
    await is_in_mid_sentence(page)
    spoken: int = await page.evaluate("window.heard.length")
    while await page.evaluate(SAVED) < spoken:
        pass
    await page.evaluate(f"() => addEventListener('pagehide', () => {LEAVE_HEARD})")

    page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.reload()
    await expect(page.locator("#problem")).to_contain_text("was interrupted", timeout=PATIENCE_MS)
    saved: int = await page.evaluate(SAVED)
    await page.locator("#recover").click()
    await is_in(page, "Ready")
    text = await read(page)

    sound = base64.b64decode(await page.evaluate("sessionStorage.getItem('heard')"))
    assert saved >= spoken
    # What was heard last may not have been kept any more; all that was kept was heard.
    assert len(sound) >= 2 * saved
    assert text == await undisturbed(server, sound[: 2 * saved])
    assert len(text.split()) > 5


async def test_another_tab_that_takes_it_over_ends_it_here(page: Page, server: Server) -> None:
    await begin(page, server)
    await is_in_mid_sentence(page)
    # Playwright's own way to open a tab beside one that was opened alone.
    async with page.expect_popup() as opening:
        await page.evaluate("window.open('about:blank')")
    other = await opening.value
    await other.goto(server.url)

    taken: str = await other.evaluate(
        """async () => {
          const load = (name) => import(new URL(`page/${name}.js`, document.baseURI));
          const { openShelf } = await load("shelf");
          const { resume, subprotocols } = await load("client/protocol");
          const [{ cursor }] = await (await openShelf()).heads();
          const address = new URL("v1/dictation", document.baseURI.replace("http", "ws"));
          const socket = new WebSocket(address, subprotocols(cursor));
          socket.onopen = () => socket.send(resume(cursor));
          return new Promise((resolve) => {
            socket.onmessage = ({ data }) => resolve(JSON.parse(data).type);
          });
        }"""
    )

    assert taken == "ready"
    await expect(page.locator("#problem")).to_contain_text("goes on in another tab")
    await is_in(page, "Ready")
