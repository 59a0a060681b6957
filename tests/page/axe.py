"""What axe-core has to complain of on a page: https://github.com/dequelabs/axe-core."""

import os
from functools import cache
from pathlib import Path

import pytest
from playwright.async_api import Page

_SOURCE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

_IS_THERE = "typeof axe === 'object'"

_RUN = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`);
}"""


@cache
def _source() -> str:
    if not _SOURCE.is_file() and not os.environ.get("CI"):
        pytest.skip("found no axe-core in node_modules; run `npm ci` to look for barriers")
    return _SOURCE.read_text(encoding="utf-8")


async def barriers(page: Page) -> list[str]:
    """Give what keeps somebody out, as it is now."""
    if not await page.evaluate(_IS_THERE):
        await page.evaluate(_source())
    found: list[str] = await page.evaluate(_RUN)
    return found
