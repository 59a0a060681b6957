"""The pages in Firefox: the microphone, the words, and those who read along."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.end_to_end.conftest import ADMISSION, TOKEN, Running
from tests.end_to_end.hall import open_hall
from tests.firefox.driver import Firefox, Tab, running
from tests.page.stage import Stage, final, partial
from wsserver import config
from wsserver.app import App
from wsserver.messages import Done, Finish, Flush

pytestmark = pytest.mark.asyncio(loop_scope="session")


def has(name: str, text: str) -> str:
    return f"document.getElementById({name!r}).textContent.includes({text!r})"


@asynccontextmanager
async def arrival(firefox: Firefox, stage: Stage) -> AsyncIterator[Tab]:
    async with firefox.open(stage.link) as tab:
        await tab.until(has("state", "Ready"))
        yield tab


async def test_what_the_microphone_hears_is_written_and_corrected(
    firefox: Firefox, stage: Stage
) -> None:
    async with arrival(firefox, stage) as tab:
        await tab.click("main")
        call = await stage.call()
        await tab.until(has("state", "Listening"))
        await call.listen(call.start.sample_rate)
        await call.say(final("The artist used."), partial("The frame", "The", utterance=2))
        await tab.until(has("words", "The artist used. The frame"))
        await call.say(final("The frame.", utterance=2))
        await tab.until("document.getElementById('text').value.includes('used. The frame.')")
        await tab.run("document.getElementById('text').focus()")
        await tab.run("document.getElementById('text').setSelectionRange(11, 15)")
        await tab.type("sold")
        await tab.until(
            "document.getElementById('text').value.trim() === 'The artist sold. The frame.'"
        )

        assert call.start.sample_rate == await tab.run("new AudioContext().sampleRate")
        assert any(call.audio)


async def test_a_pause_and_the_end_lose_nothing(firefox: Firefox, stage: Stage) -> None:
    async with arrival(firefox, stage) as tab:
        await tab.click("main")
        call = await stage.call()
        await tab.until(has("state", "Listening"))

        await tab.click("main")
        await call.hear(Flush)
        await tab.until(has("state", "Paused"))
        await tab.click("main")
        await call.listen(len(call.audio) // 2 + 4_410)
        await tab.click("stop")
        await call.hear(Finish)
        await call.say(final("One."), Done(duration=1.0, utterances=1))

        await tab.until(has("state", "Ready"))
        assert await tab.run("document.getElementById('text').value.trim()") == "One."


async def test_a_browser_without_speakers_says_why_it_hears_nothing(
    executable: str, stage: Stage, tmp_path: Path
) -> None:
    nowhere = {"media__cubeb__force_null_context": True}
    async with running(executable, tmp_path, **nowhere) as firefox, arrival(firefox, stage) as tab:
        await tab.click("main")

        await tab.until(has("problem", "does not start its sound"))


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> AsyncIterator[App]:
    """A server in this process on the scripted engine."""
    above: dict[str, Any] = {
        "server": {"port": 0, "admission": ADMISSION},
        "engine": {"kind": "fake"},
    }
    app = App(config.load(None, {}, above))
    await app.start()
    await app.check()
    yield app
    await app.stop()


@pytest.mark.parametrize("page", ["captions", "overlay"])
async def test_those_who_read_along_see_what_is_said(firefox: Firefox, app: App, page: str) -> None:
    async with (
        open_hall(Running(app)) as hall,
        hall.speaker() as speaker,
        firefox.open(app.url + hall.links[page].lstrip("/")) as tab,
    ):
        await speaker.say(2)

        for said in speaker.finals:
            await tab.until(has("lines", said.text.split()[0]))


async def test_who_shares_is_seen_to_be_live_until_they_stop(firefox: Firefox, app: App) -> None:
    async with firefox.open(f"{app.url}#token={TOKEN}") as tab:
        await tab.until(has("state", "Ready"))
        await tab.click("share")
        await tab.click("share-open")
        await tab.until("document.getElementById('share-captions').value.includes('token=')")
        link = await tab.run("document.getElementById('share-captions').value")

        async with firefox.open(link) as reader:
            await reader.until(has("state", "Nobody speaks now"))
            await tab.click("main")
            await reader.until(has("state", "Live"))
            await tab.click("share-stop")
            await reader.until(has("state", "This has ended."))
            await tab.click("stop")
            await tab.until(has("state", "Ready"))
