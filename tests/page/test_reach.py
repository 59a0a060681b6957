"""How the page is used without a mouse and without eyes."""

import re
from typing import Literal

import pytest
from playwright.async_api import expect

from tests.page.stage import final
from tests.page.visit import Visit
from wsserver.messages import Done, Finish, Flush


async def test_everything_can_be_reached_by_keyboard(visit: Visit) -> None:
    call = await visit.begin()
    await call.say(final("One."))
    await visit.reads("One.")
    await visit.at("clear").click()
    await call.say(final("Two.", utterance=2))
    await visit.reads("Two.")
    await visit.at("options").locator("summary").click()
    reached = []

    await visit.run("document.body.focus(); document.activeElement.blur()")
    for _ in range(50):
        await visit.page.keyboard.press("Tab")
        reached.append(
            await visit.run(
                """() => {
                  const at = document.activeElement;
                  const { outlineStyle, outlineWidth } = getComputedStyle(at);
                  const isSeen = outlineStyle !== "none" && outlineWidth !== "0px";
                  return [at.id || at.parentElement?.id || at.tagName, isSeen];
                }"""
            )
        )

    ids = [name for name, _ in reached]
    assert set(ids) >= {
        *("copy", "download", "clear", "practice", "text", "undo", "dismiss", "options"),
        *("step-back", "manner", "device", "language", "profile", "hotwords", "prompt"),
        *("forget-token", "main", "stop"),
    }
    assert [name for name, is_seen in reached if not is_seen and name not in ("BODY", "HTML")] == []


async def test_keys_start_pause_resume_and_stop(visit: Visit) -> None:
    await visit.arrive()
    keys = visit.page.keyboard

    await keys.press("Escape")
    await keys.press("Control+Enter")
    call = await visit.stage.call()
    await visit.is_in("Listening")
    await keys.press("Control+Enter")
    await visit.is_in("Paused")
    await call.hear(Flush)
    await keys.press("Control+Enter")
    await visit.is_in("Listening")
    await keys.press("Escape")
    await visit.is_in("Finishing the last words…")
    await call.hear(Finish)
    await keys.press("Escape")
    await keys.press("Control+Enter")
    await visit.is_in("Finishing the last words…")
    await call.say(Done(duration=1.0, utterances=0))

    await visit.is_in("Ready")


async def test_the_focus_is_not_lost_with_a_button(visit: Visit) -> None:
    call = await visit.begin()
    await visit.at("stop").focus()

    await visit.page.keyboard.press("Enter")
    await call.hear(Finish)
    await call.say(Done(duration=1.0, utterances=0))

    await visit.is_in("Ready")
    await expect(visit.at("main")).to_be_focused()


@pytest.mark.parametrize("deed", ["undo", "dismiss"])
async def test_the_focus_goes_from_the_toast_to_the_text(visit: Visit, deed: str) -> None:
    await visit.arrive()
    await visit.at("text").fill("One.")
    await visit.at("clear").click()
    await visit.at(deed).focus()

    await visit.page.keyboard.press("Enter")

    await expect(visit.at("toast")).to_be_hidden()
    await expect(visit.at("text")).to_be_focused()


@pytest.mark.parametrize("deed", ["retry", "recover", "discard"])
async def test_the_focus_goes_from_a_problem_to_the_main_button(visit: Visit, deed: str) -> None:
    call = await visit.begin()
    await call.listen(call.start.sample_rate)
    await call.hang_up(1008)
    await visit.at(deed).focus()

    await visit.page.keyboard.press("Enter")

    await visit.is_told_nothing()
    await expect(visit.at("main")).to_be_focused()


@pytest.mark.parametrize("role", ["button", "combobox", "textbox"])
async def test_every_control_has_a_name(
    visit: Visit, role: Literal["button", "combobox", "textbox"]
) -> None:
    await visit.begin()
    await visit.at("options").locator("summary").click()
    controls = await visit.page.get_by_role(role).all()

    assert controls
    for control in controls:
        await expect(control).to_have_accessible_name(re.compile(r"\w"))


async def test_what_is_said_to_screen_readers_replaces_nothing(visit: Visit) -> None:
    call = await visit.begin()

    await call.say(*[final(f"Sentence {i}.", utterance=i) for i in range(1, 21)])
    await visit.reads(" ".join(f"Sentence {i}." for i in range(1, 21)))

    said = visit.at("announcer").locator("p")
    await expect(said).to_have_text([f"Sentence {i}." for i in range(11, 21)])
