"""The newest words stay in sight, also while windows shrink."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.page.reading import Reading
from tests.page.stage import final
from tests.page.visit import Visit

SENTENCE = "A sentence of some length."

SHRINK_SCROLLING = """(height) => {
  document.getElementById("sheet").scrollTop -= 1;
  document.body.style.height = `${height}px`;
}"""
"""The event of the scrolling comes in the same frame, and before the observers of sizes."""


@pytest.mark.parametrize("height", [500, 430, 256])
async def test_dictated_words_stay_in_sight_when_a_window_shrinks_amid_scrolling(
    visit: Visit, height: int
) -> None:
    call = await visit.begin()
    await call.say(*[final(SENTENCE, utterance=i) for i in range(1, 120)])
    await expect(visit.page.locator("#words .final")).to_have_count(119)

    await visit.run(SHRINK_SCROLLING, height)

    await expect(visit.page.locator(".point")).to_be_in_viewport()
    await expect(visit.at("latest")).to_be_hidden()


async def test_captions_stay_in_sight_when_a_window_shrinks_amid_scrolling(
    reading: Reading,
) -> None:
    speaker = reading.speaker()
    async with reading.reader() as reader:
        await reader.page.goto(reading.link(lines="all"))
        await reader.is_in("Live")
        speaker.say(*[SENTENCE] * 40)
        await reader.reads_all(" ".join([SENTENCE] * 40))

        await reader.run(SHRINK_SCROLLING, 150)

        await expect(reader.lines.last).to_be_in_viewport()
        await expect(reader.at("latest")).to_be_hidden()


@pytest.mark.parametrize("height", [30, 68, 100, 171, 440])
@pytest.mark.parametrize("top", [-3000, -60, 20, 60, 400, 3000])
async def test_one_scroll_brings_the_point_into_view_and_keeps_it_there(
    modules: Page, height: int, top: int
) -> None:
    followed = """async ({ height, top }) => {
      const { isInView, wayInto } = await import("/page/following.js");
      const sheet = { top: 118, bottom: 118 + height };
      const at = (top) => ({ top, bottom: top + 26 });
      const way = wayInto(at(top), sheet);
      const then = at(top - way);
      const isWhole = then.top >= sheet.top && then.bottom <= sheet.bottom;
      return [isWhole, isInView(then, sheet), Math.abs(wayInto(then, sheet))];
    }"""

    told: list[Any] = await modules.evaluate(followed, {"height": height, "top": top})

    assert told == [True, True, 0]
