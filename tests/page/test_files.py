"""Files are dropped on the page, a real server listens, the words stand in the text."""

import asyncio
import base64
import io
import re
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import soundfile
from playwright.async_api import Browser, FileChooser, Page, expect

from tests.conftest import Sample, Server
from wsserver.client import transcribe

PATIENCE_MS = 90_000
"""For a machine that does other things as well."""

DROP = """
const dropped = new DataTransfer();
for (const { name, base64 } of files) {
  const octets = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  dropped.items.add(new File([octets], name));
}
for (const type of ["dragenter", "dragover", "drop"]) {
  const options = { bubbles: true, cancelable: true, dataTransfer: dropped };
  document.getElementById("text").dispatchEvent(new DragEvent(type, options));
}
"""

NOTING = """
window.gauges = [];
addEventListener("DOMContentLoaded", () => {
  new MutationObserver(() => {
    const gauge = document.querySelector("#files progress");
    if (gauge && gauge.max > 1) gauges.push([gauge.value, gauge.max]);
  }).observe(document.getElementById("files"), {
    subtree: true, childList: true, attributes: true,
  });
});
"""


def sample(samples: list[Sample], name: str) -> Path:
    return next(sample.path for sample in samples if sample.path.name == name)


@pytest.fixture
def spoken(samples: list[Sample]) -> Path:
    """Four sentences, 13 s."""
    return sample(samples, "flite-slt-long.wav")


@pytest.fixture
def short(samples: list[Sample]) -> Path:
    """One sentence."""
    return sample(samples, "en-us-my-uncle-sold.wav")


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, server: Server) -> AsyncIterator[Page]:
    context = await browser.new_context(locale="en-US", service_workers="block")
    page = await context.new_page()
    wrongs: list[str] = []
    page.on("pageerror", lambda error: wrongs.append(error.message))
    page.on("console", lambda said: wrongs.append(said.text) if said.type == "error" else None)
    await page.add_init_script(NOTING)
    await page.goto(f"{server.url}#token={server.token}")
    await expect(page.locator("#state")).to_have_text("Ready", timeout=PATIENCE_MS)
    yield page
    await context.close()
    assert wrongs == []


async def drop(page: Page, *files: tuple[str, bytes]) -> None:
    given = [{"name": name, "base64": base64.b64encode(octets).decode()} for name, octets in files]
    await page.evaluate(f"(files) => {{ {DROP} }}", given)


async def is_done(page: Page, *names: str) -> None:
    for name in names:
        row = page.locator(".file", has_text=name)
        await expect(row).to_contain_text("Done", timeout=PATIENCE_MS)


async def text(page: Page) -> str:
    return " ".join((await page.locator("#text").input_value()).split())


async def finals(server: Server, path: Path) -> str:
    """Give what the server makes of a file for a program."""
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (16_000, 1)
        blocks = [sound.readframes(sound.getnframes())]
    said = await transcribe(server.socket_url, server.token, blocks)
    return " ".join(final.text for final in said)


def coded(path: Path, form: str, subtype: str | None = None) -> bytes:
    data, rate = soundfile.read(path)
    file = io.BytesIO()
    soundfile.write(file, data, rate, subtype, format=form)
    return file.getvalue()


def words(written: str) -> list[str]:
    return re.findall(r"\w+", written.lower())


async def test_a_wav_file_gives_the_words_that_the_server_gives_programs(
    page: Page, server: Server, spoken: Path
) -> None:
    await drop(page, ("meeting.wav", spoken.read_bytes()))
    await is_done(page, "meeting.wav")

    assert await text(page) == await finals(server, spoken)
    gauges: list[list[float]] = await page.evaluate("gauges")
    assert gauges[-1][0] == gauges[-1][1]
    values = [value for value, _ in gauges]
    assert values == sorted(values)
    await expect(page.locator(".file")).to_contain_text("Done: 0:13 of sound.")


async def test_a_flac_file_gives_the_same_words_as_its_samples(
    page: Page, server: Server, spoken: Path
) -> None:
    await drop(page, ("meeting.flac", coded(spoken, "FLAC")))
    await is_done(page, "meeting.flac")

    assert await text(page) == await finals(server, spoken)


@pytest.mark.parametrize("form", ["OGG", "MP3"])
async def test_a_compressed_file_is_decoded(page: Page, short: Path, form: str) -> None:
    await drop(page, (f"voice.{form.lower()}", coded(short, form)))
    await is_done(page, "voice")

    assert words(await text(page))[:3] == ["my", "uncle", "sold"]


async def test_another_rate_and_channels_give_the_words_too(
    page: Page, samples: list[Sample]
) -> None:
    long = sample(samples, "en-us-long-48k-stereo.flac")

    await drop(page, ("stereo.wav", coded(long, "WAV", "PCM_24")))
    await is_done(page, "stereo.wav")

    assert words(await text(page))[:9] == words("My uncle sold his house by the sea. The")


async def test_files_come_one_after_the_other_below_each_other(
    page: Page, server: Server, short: Path, samples: list[Sample]
) -> None:
    other = sample(samples, "en-us-we-lost-the.wav")

    await drop(page, ("one.wav", short.read_bytes()), ("two.wav", other.read_bytes()))
    await is_done(page, "one.wav", "two.wav")

    written = await page.locator("#text").input_value()
    assert written.split("\n\n") == [await finals(server, short), await finals(server, other)]


async def test_a_file_is_chosen_by_keyboard(page: Page, short: Path) -> None:
    # Before the page is there: the browser opens its own dialog until it has been told not to.
    choosers: asyncio.Queue[FileChooser] = asyncio.Queue()
    page.on("filechooser", choosers.put_nowait)
    await page.reload()
    await expect(page.locator("#state")).to_have_text("Ready", timeout=PATIENCE_MS)

    await page.locator("#choose").focus()
    await page.keyboard.press("Enter")

    await (await choosers.get()).set_files(short)
    await is_done(page, short.name)

    assert words(await text(page))[:3] == ["my", "uncle", "sold"]
