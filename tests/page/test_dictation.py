"""A person speaks, a real server listens, the words stand on the page."""

import difflib
import itertools
import json
import math
import re
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, Playwright, expect

from tests.conftest import Sample, Server, start_server, stop_server
from tests.page.chromium import launch

PATIENCE_MS = 90_000
"""For a machine that does other things as well."""

# Notes what stands on the page at any time: partials as they pass, finals as they come.
NOTING = """
window.partials = new Set();
window.finals = [];
const texts = (kind) => [...document.querySelectorAll(`#words .${kind}`)].map((e) => e.textContent);
addEventListener("DOMContentLoaded", () => {
  new MutationObserver(() => {
    for (const kind of ["committed", "tentative"]) texts(kind).forEach((t) => partials.add(t));
    finals.push(texts("final"));
  }).observe(document.getElementById("words"), {
    childList: true, subtree: true, characterData: true, attributes: true,
  });
});
"""


@pytest.fixture(scope="session")
def spoken(samples: list[Sample]) -> Sample:
    return next(sample for sample in samples if sample.path.name == "flite-slt-long.wav")


@pytest.fixture
def sound(spoken: Sample, tmp_path: Path) -> Path:
    """The recording after a second of silence, since a microphone may run before the page does."""
    path = tmp_path / "spoken.wav"
    with wave.open(str(spoken.path)) as recorded, wave.open(str(path), "wb") as played:
        played.setparams(recorded.getparams())
        played.writeframes(bytes(2 * recorded.getframerate()))
        played.writeframes(recorded.readframes(recorded.getnframes()))
    return path


@pytest.fixture
def sound_seconds(sound: Path) -> float:
    with wave.open(str(sound)) as played:
        return float(played.getnframes() / played.getframerate())


@pytest_asyncio.fixture(loop_scope="session")
async def listened(playwright: Playwright, chromium: str, sound: Path) -> AsyncIterator[Page]:
    """A page whose microphone plays the recording once."""
    browser = await launch(playwright, chromium, sound)
    context = await browser.new_context(locale="en-US")
    page = await context.new_page()
    wrongs: list[str] = []
    page.on("pageerror", lambda error: wrongs.append(error.message))
    page.on("console", lambda said: wrongs.append(said.text) if said.type == "error" else None)
    await page.add_init_script(NOTING)
    yield page
    await browser.close()
    assert wrongs == []


async def begin(page: Page, server: Server) -> None:
    await page.goto(f"{server.url}#token={server.token}")
    await page.locator("#main").click()
    await expect(page.locator("#state")).to_have_text("Listening", timeout=PATIENCE_MS)


async def listen_for(page: Page, seconds: float) -> None:
    """Wait until the page has listened that long, as its own clock says."""
    clocks = "|".join(f"0:{second:02}" for second in range(math.ceil(seconds), 60))
    await expect(page.locator("#elapsed")).to_have_text(re.compile(clocks), timeout=PATIENCE_MS)


async def stop(page: Page) -> None:
    await page.locator("#stop").click()
    await expect(page.locator("#state")).to_have_text("Ready", timeout=PATIENCE_MS)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def share_right(said: str, read: str) -> float:
    """Tell how much of what was said stands there, in order."""
    matcher = difflib.SequenceMatcher(None, words(said), words(read), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / len(words(said))


async def test_speech_becomes_text_that_stays(
    listened: Page, server: Server, spoken: Sample, sound_seconds: float
) -> None:
    await begin(listened, server)
    await listen_for(listened, sound_seconds)
    await stop(listened)
    read = await listened.locator("#text").input_value()
    partials: int = await listened.evaluate("partials.size")
    finals: list[list[str]] = await listened.evaluate("finals")

    assert share_right(spoken.said, read) > 0.75, read
    # How many depends on what else the machine does.
    assert partials > 0
    # What was final once stands unchanged in everything that came later.
    for earlier, later in itertools.pairwise(finals):
        assert later[: len(earlier)] == earlier


async def test_who_stops_in_mid_sentence_gets_the_words_until_then(
    listened: Page, server: Server, spoken: Sample
) -> None:
    await begin(listened, server)
    # A second of silence, then two of "We walked along the ocean until it was dark".
    await listen_for(listened, 3)
    await stop(listened)

    read = words(await listened.locator("#text").input_value())
    assert read[:3] == words(spoken.said)[:3]
    assert await listened.locator("#words .tentative").count() == 0


async def test_a_newcomer_dictates_corrects_and_pastes_it_elsewhere(
    listened: Page, server: Server, sound_seconds: float
) -> None:
    await listened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    text = listened.locator("#text")
    await begin(listened, server)
    await expect(listened.locator("#words .final").first).to_contain_text(
        "We walked along", timeout=PATIENCE_MS
    )

    # " walked" becomes " strolled" while speech goes on.
    await text.focus()
    for key in ("Control+Home", "Control+ArrowRight", "Control+Shift+ArrowRight"):
        await listened.keyboard.press(key)
    await listened.keyboard.type(" strolled")
    await listen_for(listened, sound_seconds)
    await stop(listened)
    await listened.locator("#copy").click()
    elsewhere = await listened.context.new_page()
    await elsewhere.goto("data:text/html,<textarea autofocus></textarea>")
    await elsewhere.locator("textarea").press("Control+v")

    pasted = await elsewhere.locator("textarea").input_value()
    assert pasted == await text.input_value()
    assert words(pasted)[:5] == ["we", "strolled", "along", "the", "ocean"]
    assert words(pasted)[-2:] == ["make", "ten"]


@pytest.fixture
def obedient(tmp_path: Path) -> Iterator[Server]:
    """A server whose operator made commands of what the recording says."""
    config = tmp_path / "config.yaml"
    phrases = {
        "they could hear the music through the wall": "new_paragraph",
        "five and five make ten": "stop_dictation",
    }
    config.write_text(json.dumps({"page": {"commands": {"en": phrases}}}))
    patience = {"WSSERVER_SESSIONS__MAX_LAG_SECONDS": "60"}
    options = ("--config", str(config), "--model", "practice")
    server = start_server(tmp_path, *options, **patience)
    yield server
    assert stop_server(server) == 0


async def test_what_the_operator_made_a_command_is_obeyed(listened: Page, obedient: Server) -> None:
    await begin(listened, obedient)

    await expect(listened.locator("#state")).to_have_text("Ready", timeout=PATIENCE_MS)

    first, second = (await listened.locator("#text").input_value()).split("\n\n")
    assert words(first)[-2:] == ["was", "dark"]
    assert words(second)[:2] == ["what", "did"]
    assert "ten" not in words(second)


async def test_the_practice_model_is_told_on_the_page(listened: Page, server: Server) -> None:
    await begin(listened, server)

    await expect(listened.locator("#practice")).to_be_visible()
    await expect(listened.locator("#language option")).to_have_text(["Detect language", "English"])


async def test_a_wrong_token_is_turned_away(listened: Page, server: Server) -> None:
    await listened.goto(f"{server.url}#token=wst_wrong")

    await expect(listened.locator("#token-refused")).to_contain_text("not known here")
