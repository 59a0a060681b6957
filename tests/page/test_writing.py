"""People write by hand among the words that come."""

import json
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.page.stage import final, partial
from tests.page.visit import Visit
from wsserver.messages import Done, Finish, Flush

COMMANDS = {
    "en": {
        "new paragraph": "new_paragraph",
        "scratch that": "scratch_that",
        "stop dictation": "stop_dictation",
    }
}


async def has(visit: Visit, text: str) -> None:
    """See exactly this, in the area and in its mirror."""
    await expect(visit.at("text")).to_have_value(text)
    assert await visit.run("document.getElementById('words').textContent") == text


async def go_to(visit: Visit, at: int, to: int | None = None) -> None:
    """Put the cursor somewhere, or select."""
    await visit.at("text").focus()
    await visit.run(
        "([at, to]) => document.getElementById('text').setSelectionRange(at, to)",
        [at, at if to is None else to],
    )


async def cursor(visit: Visit) -> int:
    return int(await visit.run("document.getElementById('text').selectionStart"))


async def set_commands(visit: Visit) -> None:
    """Be the operator."""
    told = json.dumps({"commands": COMMANDS})
    await visit.page.route("**/page/settings.json", lambda route: route.fulfill(body=told))


async def test_words_land_at_the_cursor(visit: Visit) -> None:
    await visit.arrive()
    await visit.at("text").fill("Hello world")
    await go_to(visit, 5)

    await visit.at("main").click()
    call = await visit.stage.call()
    await call.say(partial("big"))
    await has(visit, "Hello big world")
    await call.say(final("big"))

    await has(visit, "Hello big world")


async def test_a_selection_makes_way_for_the_first_words(visit: Visit) -> None:
    await visit.arrive()
    await visit.at("text").fill("Hello world")
    await go_to(visit, 6, 11)

    await visit.at("main").click()
    call = await visit.stage.call()
    await call.say(final("people"))
    await has(visit, "Hello people")
    await visit.at("text").press("Control+z")

    await has(visit, "Hello world")


async def test_a_correction_diverts_no_words(visit: Visit) -> None:
    call = await visit.begin()
    await call.say(final("The cat sat."), partial("on", utterance=2))
    await has(visit, "The cat sat. on")

    await go_to(visit, 4, 7)
    await visit.page.keyboard.type("dog")
    await call.say(partial("on the mat", utterance=2))
    await has(visit, "The dog sat. on the mat")
    assert await cursor(visit) == 7
    await call.say(final("On the mat.", utterance=2))

    await has(visit, "The dog sat. On the mat.")
    assert await cursor(visit) == 7


async def test_a_correction_is_undone_and_done_again_while_words_come(visit: Visit) -> None:
    call = await visit.begin()
    await call.say(final("The cat sat."), partial("on", utterance=2))
    await has(visit, "The cat sat. on")
    await go_to(visit, 4, 7)
    await visit.page.keyboard.type("dog")

    await call.say(partial("on the", utterance=2))
    await has(visit, "The dog sat. on the")
    await visit.page.keyboard.press("Control+z")
    await has(visit, "The cat sat. on the")
    await call.say(partial("on the mat", utterance=2))
    await has(visit, "The cat sat. on the mat")
    await visit.at("step-forward").click()

    await has(visit, "The dog sat. on the mat")


async def test_a_text_is_taken_elsewhere_and_brought_back(visit: Visit) -> None:
    await visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    call = await visit.begin()
    await call.say(final("The cat sat."), partial("on", utterance=2))
    await has(visit, "The cat sat. on")

    await go_to(visit, 4, 8)
    await visit.page.keyboard.press("Control+x")
    await has(visit, "The sat. on")
    await go_to(visit, 0)
    await visit.page.keyboard.press("Control+v")

    await has(visit, "cat The sat. on")


async def test_words_being_heard_cannot_be_changed(visit: Visit) -> None:
    call = await visit.begin()
    await call.say(partial("the cat"))
    await has(visit, "the cat")

    await go_to(visit, 5)
    await visit.page.keyboard.type("x")

    await has(visit, "the cat")
    await expect(visit.at("announcer")).to_contain_text("still being heard")


async def test_dictation_goes_where_it_is_told_to(visit: Visit) -> None:
    call = await visit.begin()
    await call.say(final("The cat."))
    await has(visit, "The cat.")

    await go_to(visit, 3)
    await visit.at("here").click()
    await expect(visit.at("here")).to_be_hidden()
    await call.say(final("black", utterance=2))

    await has(visit, "The black cat.")
    await expect(visit.at("text")).to_be_focused()


async def test_commands_are_obeyed(visit: Visit) -> None:
    await set_commands(visit)
    call = await visit.begin()

    await call.say(final("One. New paragraph. Two."), final("Scratch that.", utterance=2))
    await has(visit, "")
    await call.say(final("Three. Stop dictation.", utterance=3))
    await has(visit, "Three.")
    await call.hear(Finish)


async def test_captions_know_no_commands(visit: Visit) -> None:
    await set_commands(visit)
    await visit.arrive()
    await visit.at("options").locator("summary").click()
    await visit.at("profile").select_option("captioning")
    await visit.at("main").click()
    call = await visit.stage.call()

    await call.say(final("One. New paragraph. Two."))

    await has(visit, "One. New paragraph. Two.")


@pytest.mark.parametrize(
    ("name", "extension", "start"),
    [
        ("Markdown", "md", "On.\n"),
        ("Subtitles (SRT)", "srt", "1\n00:00:00,500 --> 00:00:02,500\nOne.\n"),
        ("Subtitles (WebVTT)", "vtt", "WEBVTT\n\n00:00:00.500 --> 00:00:02.500\nOne.\n"),
        ("Data (JSON)", "json", '{\n  "text": "On.",'),
    ],
)
async def test_it_is_saved_as_written_or_as_spoken(
    visit: Visit, tmp_path: Path, name: str, extension: str, start: str
) -> None:
    call = await visit.begin()
    await call.say(final("One."))
    await has(visit, "One.")
    await go_to(visit, 3)
    await visit.page.keyboard.press("Backspace")

    await visit.at("download").click()
    async with visit.page.expect_download() as saving:
        await visit.page.get_by_role("button", name=name, exact=True).click()
    saved = await saving.value
    await saved.save_as(tmp_path / "saved")

    assert saved.suggested_filename.endswith(f".{extension}")
    assert (tmp_path / "saved").read_text(encoding="utf-8").startswith(start)


async def test_edits_outlive_a_reload(visit: Visit) -> None:
    call = await visit.begin()
    await call.say(final("One."))
    await visit.at("stop").click()
    await call.hear(Finish)
    await call.say(Done(duration=1.0, utterances=1))
    await visit.is_in("Ready")

    await go_to(visit, 3)
    await visit.page.keyboard.type("!")
    await visit.page.reload()

    await has(visit, "One!.")


async def test_a_closed_tab_offers_its_text_to_the_next(visit: Visit) -> None:
    await visit.arrive()
    await visit.at("text").fill("Dear Ann")
    await visit.page.close()

    visit.page = await visit.page.context.new_page()
    await visit.arrive()
    await has(visit, "")
    await visit.at("bring-back").click()

    await has(visit, "Dear Ann")


async def test_the_empty_page_says_how_to_begin(visit: Visit) -> None:
    leads = visit.page.locator("#welcome .lead:visible")
    await visit.arrive()
    await expect(leads).to_have_text(["Press Start and speak."])
    await visit.at("options").locator("summary").click()
    await visit.at("manner").select_option("hold")
    await expect(leads).to_have_text(["Hold the button and speak."])
    await visit.at("manner").select_option("free")

    await visit.at("main").click()
    call = await visit.stage.call()
    await visit.is_in("Listening")
    await expect(leads).to_have_text(["Just speak."])
    await call.say(partial("one"))

    await expect(visit.at("welcome")).to_be_hidden()


async def test_holding_talks_and_letting_go_pauses(visit: Visit) -> None:
    await visit.arrive()
    await visit.at("options").locator("summary").click()
    await visit.at("manner").select_option("hold")
    await visit.at("options").locator("summary").click()
    await expect(visit.at("main")).to_have_text("Hold to talk")

    await visit.at("main").hover()
    await visit.page.mouse.down()
    call = await visit.stage.call()
    await visit.is_in("Listening")
    await visit.page.mouse.up()
    await visit.is_in("Paused")
    await call.hear(Flush)
    await visit.run("document.activeElement.blur()")
    await visit.page.keyboard.down("Space")
    await visit.is_in("Listening")
    await visit.page.keyboard.up("Space")

    await visit.is_in("Paused")
