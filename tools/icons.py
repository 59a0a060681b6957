"""Draw the page's icons from `webclient/icon.svg`: `python -m tools.icons`.

Knows a browser that draws; knows nothing of where the icons are named.
"""

import asyncio
import shutil
from pathlib import Path

from playwright.async_api import Browser, async_playwright

WEBCLIENT = Path(__file__).parent.parent / "webclient"

SIZES = {"icon-192.png": 192, "icon-512.png": 512}
MASKABLE = "icon-maskable-512.png"
"""Systems cut it to a shape of their own, at most to a circle of 80 % of its width."""

_CORNERS = 'rx="15" '


async def draw() -> None:
    """Write the icons beside the drawing."""
    svg = (WEBCLIENT / "icon.svg").read_text()
    # What it shows lies within that circle anyway: only the round corners have to go.
    square = svg.replace(_CORNERS, "")
    assert square != svg, f"found no {_CORNERS}in the drawing"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, pixels in SIZES.items():
            await _write(browser, svg, pixels, WEBCLIENT / name)
        await _write(browser, square, 512, WEBCLIENT / MASKABLE)
        await browser.close()


async def _write(browser: Browser, svg: str, pixels: int, path: Path) -> None:
    size = {"width": pixels, "height": pixels}
    page = await browser.new_page(viewport={"width": pixels, "height": pixels})
    drawing = svg.replace("<svg ", f'<svg width="{pixels}" height="{pixels}" ')
    style = "<style>body { margin: 0 } svg { display: block }</style>"
    await page.set_content(f"<!doctype html>{style}{drawing}")
    clip = {"x": 0.0, "y": 0.0, **size}
    await page.screenshot(path=path, clip=clip, omit_background=True)  # type: ignore[arg-type]
    await page.close()


if __name__ == "__main__":
    asyncio.run(draw())
