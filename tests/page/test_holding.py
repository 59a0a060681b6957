"""Hold to talk, with a mouse and with keys."""

from playwright.async_api import expect

from tests.page.visit import Visit
from wsserver.messages import Flush


async def hold_to_talk(visit: Visit) -> None:
    await visit.arrive()
    await visit.at("options").locator("summary").click()
    await visit.at("manner").select_option("hold")
    await visit.at("options").locator("summary").click()
    await expect(visit.at("main")).to_have_text("Hold to talk")


async def test_the_button_is_held_to_talk(visit: Visit) -> None:
    await hold_to_talk(visit)
    await visit.at("main").hover()

    await visit.page.mouse.down()
    call = await visit.stage.call()
    await visit.is_in("Listening")
    await call.listen(1)
    await visit.page.mouse.up()

    await visit.is_in("Paused")
    await call.hear(Flush)
    await visit.is_in("Paused")


async def test_a_mouse_pauses_what_a_key_began(visit: Visit) -> None:
    await hold_to_talk(visit)
    await visit.at("main").focus()
    await visit.page.keyboard.press("Enter")
    call = await visit.stage.call()
    await visit.is_in("Listening")

    await visit.at("main").click()

    await visit.is_in("Paused")
    await call.hear(Flush)
