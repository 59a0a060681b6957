"""Take the pictures in docs/captions.md: `python -m tests.page.captions_pictures`.

Knows what they show: both pages of a real room, in which somebody says what is written here.
"""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright, expect

from tests.page.chromium import launch
from tests.page.reading import Reader, Reading, open_reading

DOCS = Path(__file__).parents[2] / "docs"
WINDOW: dict[str, Any] = {"viewport": {"width": 1280, "height": 720}, "color_scheme": "light"}
SAID = (
    "Good evening, and welcome to all of you.",
    "Twice a day the sea comes up to the wall, and twice a day it leaves again.",
    "For centuries nobody could say why.",
)
HEARD, COMMITTED = "It was Newton who saw that the moon", "It was Newton who saw"

LANDSCAPE = """document.documentElement.style.background = `
  radial-gradient(circle at 74% 18%, #fad696 0 4.6%, transparent 5%),
  radial-gradient(ellipse at 12% 118%, #20323a 0 38%, transparent 38.3%),
  radial-gradient(ellipse at 88% 122%, #2a404a 0 45%, transparent 45.3%),
  radial-gradient(ellipse at 48% 128%, #4a5c6c 0 53%, transparent 53.3%),
  linear-gradient(#263e62, #96806e 75%)`"""


async def ready(reading: Reading, reader: Reader, name: str) -> None:
    viewers = reading.viewers
    await reader.page.goto(reading.link(name))
    await reading.has_viewers(viewers + 1)


async def take(reading: Reading) -> None:
    speaker = reading.speaker()
    async with reading.reader(**WINDOW) as page, reading.reader(**WINDOW) as overlay:
        await ready(reading, page, "captions")
        await ready(reading, overlay, "overlay")
        await overlay.run(LANDSCAPE)
        speaker.say(*SAID)
        speaker.mumble(HEARD, COMMITTED)
        for name, reader in (("captions", page), ("overlay", overlay)):
            await expect(reader.page.locator("#lines .tentative").last).to_contain_text("moon")
            await reader.page.screenshot(path=DOCS / f"{name}.png")


async def take_all() -> None:
    chromium = shutil.which("chromium")
    assert chromium, "found no chromium on the path"
    async with async_playwright() as playwright:
        browser = await launch(playwright, chromium)
        async with open_reading(browser, title="The tides — evening lecture") as reading:
            await take(reading)
        await browser.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        os.environ["XDG_STATE_HOME"] = directory
        asyncio.run(take_all())


if __name__ == "__main__":
    main()
