"""Take the pictures of the page that stand in the documents: `python -m tests.page.pictures`.

Knows what they show: the real page while a sample is spoken to the practice model.
"""

import asyncio
import shutil
import tempfile
import wave
from pathlib import Path
from typing import Any

from playwright.async_api import Playwright, async_playwright

from tests.conftest import Server, read_samples, start_server, stop_server
from tests.page.chromium import launch

DOCS = Path(__file__).parents[2] / "docs"
SPOKEN = "flite-slt-long.wav"
PATIENCE_MS = 60_000

WINDOWS: dict[str, dict[str, Any]] = {
    "page": {"viewport": {"width": 1100, "height": 700}, "color_scheme": "light"},
    "phone": {
        "viewport": {"width": 360, "height": 740},
        "color_scheme": "dark",
        "device_scale_factor": 2,
        "has_touch": True,
        "is_mobile": True,
    },
}

IN_THE_MIDDLE = """() => document.querySelectorAll("#words .final").length > 1
  && document.querySelector("#words .committed")
  && document.querySelector("#words .tentative")
  && new DOMMatrix(getComputedStyle(document.getElementById("level")).transform).a > 0.2"""
"""Some of it is final, some committed, some tentative, and somebody speaks."""


def after_silence(path: Path) -> None:
    """Write the sample after a second of silence: a microphone may run before the page does."""
    spoken = next(sample for sample in read_samples() if sample.path.name == SPOKEN)
    with wave.open(str(spoken.path)) as recorded, wave.open(str(path), "wb") as played:
        played.setparams(recorded.getparams())
        played.writeframes(bytes(2 * recorded.getframerate()))
        played.writeframes(recorded.readframes(recorded.getnframes()))


async def picture(playwright: Playwright, server: Server, sound: Path, name: str) -> None:
    chromium = shutil.which("chromium")
    assert chromium, "found no chromium on the path"
    browser = await launch(playwright, chromium, sound)
    page = await browser.new_page(locale="en-US", **WINDOWS[name])
    await page.goto(f"{server.url}#token={server.token}")
    await page.locator("#main").click()
    await page.mouse.move(0, 0)
    await page.wait_for_function(IN_THE_MIDDLE, timeout=PATIENCE_MS)
    await page.screenshot(path=DOCS / f"{name}.png")
    await browser.close()


async def take_all(server: Server, sound: Path) -> None:
    async with async_playwright() as playwright:
        for name in WINDOWS:
            await picture(playwright, server, sound, name)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        sound = Path(directory) / "spoken.wav"
        after_silence(sound)
        server = start_server(Path(directory), "--model", "practice", XDG_STATE_HOME=directory)
        asyncio.run(take_all(server, sound))
        stop_server(server)


if __name__ == "__main__":
    main()
