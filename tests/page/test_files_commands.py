"""A recording gives no command that takes text away, whatever goes on meanwhile."""

from playwright.async_api import expect

from tests.page.dropping import DONE, RATE, drop, row, sound
from tests.page.stage import final
from tests.page.visit import Visit
from wsserver.messages import Finish

COMMANDS = {"en": {"scratch that": "scratch_that", "new line": "new_line"}}


async def arrive(visit: Visit) -> None:
    """Come to a server whose operator set commands."""
    await visit.page.route(
        "**/page/settings.json", lambda route: route.fulfill(json={"commands": COMMANDS})
    )
    await visit.arrive()


async def test_a_recording_gives_no_command_that_takes_text_away(visit: Visit) -> None:
    await arrive(visit)
    await visit.at("text").fill("By hand.")
    await drop(visit, talk=sound(1))
    call = await visit.stage.call()
    await call.hear(Finish)

    await call.say(final("Scratch that."), final("New line.", utterance=2), DONE)

    await expect(visit.at("text")).to_have_value("By hand.\n\nScratch that.\n")


async def test_not_even_after_an_option_was_changed(visit: Visit) -> None:
    await arrive(visit)
    await drop(visit, talk=sound(1))
    call = await visit.stage.call()
    await call.hear(Finish)

    await visit.at("options").locator("summary").click()
    await visit.at("language").select_option("en")
    await call.say(final("One."), final("Scratch that.", utterance=2), DONE)

    await expect(visit.at("text")).to_have_value("One. Scratch that.")


async def test_not_even_where_it_goes_on_after_a_failure(visit: Visit) -> None:
    await arrive(visit)
    await drop(visit, talk=sound(4))
    call = await visit.stage.call()
    await call.hear(Finish)
    await call.say(final("One.", through=2 * RATE))
    await visit.reads("One.")
    await call.hang_up(1008)
    again = row(visit, "talk").get_by_role("button", name="Try again")
    await expect(again).to_be_visible()

    await visit.at("options").locator("summary").click()
    await visit.at("language").select_option("en")
    await again.click()
    call = await visit.stage.call()
    await call.hear(Finish)
    await call.say(final("Scratch that."), DONE)

    await expect(visit.at("text")).to_have_value("One. Scratch that.")
