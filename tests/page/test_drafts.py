"""Texts are kept on the device while they are written, and found again in other tabs."""

from playwright.async_api import expect

from tests.page.stage import READY, bookmarked, cursor, final, partial
from tests.page.visit import Visit
from wsserver.messages import Flush

SECOND = 44_100
"""Samples; so many has Chromium's microphone that is none."""


async def come_again(visit: Visit) -> None:
    """Follow the link in a new tab."""
    visit.page = await visit.page.context.new_page()
    await visit.arrive()


async def test_corrections_by_hand_are_there_in_the_next_tab(visit: Visit) -> None:
    call = await visit.begin(bookmarked(READY, cursor("first"), 0, 0))
    await call.listen(SECOND)
    await call.say(
        bookmarked(final("The cat sat."), cursor("last"), 1000, 1000), partial("on", utterance=2)
    )
    await visit.reads("The cat sat. on")
    await visit.saves(SECOND)
    await visit.at("main").click()
    await visit.is_in("Paused")
    await call.hear(Flush)

    await visit.at("text").press("Control+Home")
    await visit.page.keyboard.type("Corrected: ")
    await visit.page.close(run_before_unload=False)
    await come_again(visit)

    await visit.is_told("Your last dictation was interrupted.")
    await expect(visit.at("text")).to_have_value("Corrected: The cat sat.")
