"""Texts are kept on the device while they are written, and found again in other tabs."""

import asyncio

from playwright.async_api import Dialog, expect

from tests.page.stage import PATIENCE_SECONDS, READY, bookmarked, cursor, final, partial
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


async def leave(visit: Visit, text: str) -> None:
    """Write a text and close the tab."""
    await visit.arrive()
    await visit.at("text").fill(text)
    await visit.page.close(run_before_unload=False)


async def is_left(visit: Visit) -> str:
    """Give the name of the only draft on this device."""
    [name] = await visit.run("Object.keys(localStorage).filter((key) => key.includes('draft.'))")
    return str(name).removeprefix("dictation.draft.")


async def claims(visit: Visit, count: int) -> list[str]:
    """Wait until tabs have so many drafts, and give them."""
    prefix = "dictation draft "
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            held = await visit.run("async () => (await navigator.locks.query()).held")
            drafts = [lock["name"] for lock in held if lock["name"].startswith(prefix)]
            if len(drafts) == count:
                return [name.removeprefix(prefix) for name in drafts]


async def test_an_offer_leaves_the_tab_its_own_text(visit: Visit) -> None:
    await leave(visit, "Earlier.")

    await come_again(visit)
    await expect(visit.at("bring-back")).to_be_visible()
    left = await is_left(visit)
    await claims(visit, 2)
    await visit.at("bring-back").click()

    await expect(visit.at("text")).to_have_value("Earlier.")
    assert await claims(visit, 1) == [left]


async def test_an_offer_that_nobody_takes_is_free_for_other_tabs(visit: Visit) -> None:
    await leave(visit, "Earlier.")
    await come_again(visit)
    await expect(visit.at("bring-back")).to_be_visible()
    left = await is_left(visit)

    await visit.at("text").fill("Mine.")

    await expect(visit.at("bring-back")).to_be_hidden()
    [own] = await claims(visit, 1)
    assert own != left


async def test_an_offer_taken_in_mid_dictation_loses_no_words(visit: Visit) -> None:
    await leave(visit, "Earlier.")
    await come_again(visit)
    await expect(visit.at("bring-back")).to_be_visible()
    await visit.at("main").click()
    call = await visit.stage.call()
    await visit.is_in("Listening")
    await call.say(final("", utterance=1), final("", utterance=2), partial("so", utterance=3))
    await expect(visit.at("text")).to_have_value("so")
    await call.say(partial("", utterance=3))
    await expect(visit.at("text")).to_have_value("")

    await visit.at("bring-back").click()
    # What comes once more was settled before.
    await call.say(final("Old.", utterance=2), final("New.", utterance=3))

    await expect(visit.at("text")).to_have_value("Earlier.\n\nNew.")


FILL = """() => {
  for (let size = 2 ** 22; size >= 1; size /= 2) {
    try {
      for (;;) localStorage.setItem(`filler ${size} ${localStorage.length}`, "x".repeat(size));
    } catch {
      // So much does not fit any more.
    }
  }
}"""
"""Leaves no room on this device."""

OLD = """() => {
  const draft = { id: "old", savedAt: Date.now() - 1000, text: "x".repeat(9_000), sentences: [] };
  localStorage.setItem("dictation.draft.old", JSON.stringify(draft));
}"""


async def test_an_old_text_makes_room_for_a_new_one(visit: Visit) -> None:
    await visit.arrive()
    await visit.run(OLD)
    await visit.run(FILL)

    await visit.at("text").fill("Mine.")

    async with asyncio.timeout(PATIENCE_SECONDS):
        while await visit.run("localStorage.getItem('dictation.draft.old')"):
            pass
    await visit.page.reload()
    await expect(visit.at("text")).to_have_value("Mine.")
    await expect(visit.at("hint")).to_be_empty()


async def test_a_text_without_room_is_told_and_asked_for_before_it_is_left(visit: Visit) -> None:
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    await visit.arrive()
    await visit.run(FILL)

    await visit.at("text").press_sequentially("Mine.")
    await expect(visit.at("hint")).to_contain_text("There is no room to keep this text")
    visit.page.on("dialog", stay)
    await visit.page.close(run_before_unload=True)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not asked:
            await visit.run("1")

    assert asked == ["beforeunload"]
    await visit.run("localStorage.clear()")
    await visit.page.keyboard.type("!")
    await expect(visit.at("hint")).to_be_empty()
