"""A dictation that goes well."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.page.stage import READY, final, partial
from tests.page.visit import Visit
from wsserver.messages import Ack, Done, Finish, Flush, Flushed, Keepalive, Limits, Speech, Warn

# Asked at every frame: a beep is short, and whoever asks once a second may miss every one.
METER_MOVES = """() => /[1-9]/.test(document.getElementById("level").style.transform)"""


async def test_the_meter_and_the_clock_follow(visit: Visit) -> None:
    call = await visit.begin()

    await call.listen(call.start.sample_rate)

    await expect(visit.at("elapsed")).to_have_text("0:01")
    await visit.page.wait_for_function(METER_MOVES)


async def test_words_appear_settle_and_stay(visit: Visit) -> None:
    call = await visit.begin()

    await call.say(partial("the cat sat", "the cat"))
    await visit.reads("the cat sat")
    await expect(visit.page.locator("#words .committed")).to_have_text("the cat ")
    await expect(visit.page.locator("#words .tentative")).to_have_text("sat")

    await call.say(final("The cat sat."), partial("on the", utterance=2))
    await visit.reads("The cat sat. on the")
    await expect(visit.page.locator("#words .final")).to_have_text("The cat sat.")


async def test_words_do_not_move_when_they_settle(visit: Visit) -> None:
    call = await visit.begin()
    where = """() => {
      const range = document.createRange();
      const last = [...document.querySelectorAll("#words span")]
        .filter((run) => run.textContent.includes("mat")).at(-1).firstChild;
      range.setStart(last, last.data.indexOf("mat"));
      range.setEnd(last, last.data.length);
      const { left, right, top } = range.getBoundingClientRect();
      return [left, right, top];
    }"""
    places = []

    for message in (
        partial("the cat sat on the mat"),
        partial("the cat sat on the mat", "the cat"),
        partial("the cat sat on the mat", "the cat sat on the mat"),
        final("the cat sat on the mat"),
    ):
        await call.say(message, Speech(event="ended", utterance=1, time=1.0))
        await visit.reads("the cat sat on the mat")
        kind = "final" if message.type == "final" else "partial"
        shown = ".final" if kind == "final" else ".committed, #words .tentative"
        await expect(visit.page.locator(f"#words {shown}").first).to_be_visible()
        places.append(await visit.run(where))

    assert all(place == pytest.approx(places[0], abs=0.1) for place in places)


async def test_only_finals_are_read_out(visit: Visit) -> None:
    call = await visit.begin()

    await call.say(partial("the cat"), final("The cat."), partial("a dog", utterance=2))
    await visit.reads("The cat. a dog")

    await expect(visit.at("announcer")).to_have_text("The cat.")
    await expect(visit.at("announcer")).to_have_attribute("aria-live", "polite")


async def test_stop_waits_for_the_last_words(visit: Visit) -> None:
    call = await visit.begin()

    await visit.at("stop").click()
    await visit.is_in("Finishing the last words…")
    await call.hear(Finish)
    await call.say(partial("good"), final("Good bye."), Done(duration=1.0, utterances=1))

    await visit.is_in("Ready")
    await visit.reads("Good bye.")


async def test_what_is_said_while_connecting_is_sent(visit: Visit) -> None:
    call = await visit.begin()
    await call.listen(call.start.sample_rate)
    await visit.at("stop").click()
    await call.hear(Finish)

    assert await visit.at("elapsed").text_content() == call.clock()


async def test_who_does_not_want_to_wait_keeps_the_words_as_they_are(visit: Visit) -> None:
    call = await visit.begin()
    await call.say(final("One."), partial("two", utterance=2))
    await visit.at("stop").click()
    await call.hear(Finish)

    await visit.at("stop").click()

    await visit.is_in("Ready")
    await visit.reads("One. two")
    await expect(visit.page.locator("#words .unconfirmed")).to_have_text("two")


async def test_a_pause_settles_what_was_said_and_keeps_the_session(visit: Visit) -> None:
    brief = Limits(frame_bytes=262_144, idle_seconds=0.3, session_seconds=3600.0)
    call = await visit.begin(replace(READY, limits=brief))

    await visit.at("main").click()
    await visit.is_in("Paused")
    flush = await call.hear(Flush)
    await call.say(final("One."), Flushed(id=flush.id))
    await call.hear(Keepalive)
    heard = len(call.audio)
    await visit.at("main").click()
    await visit.is_in("Listening")
    await call.listen(heard // 2 + 4_410)
    await call.say(final("Two.", utterance=2))

    await expect(visit.at("text")).to_have_value("One.\n\nTwo.")


async def test_the_practice_model_is_told_loudly(visit: Visit) -> None:
    await visit.begin()

    await expect(visit.at("practice")).to_contain_text("about 1,200 words")
    await visit.at("practice").locator("summary").click()
    await expect(visit.at("practice")).to_contain_text("--model base")


async def test_a_real_model_goes_without_saying(visit: Visit) -> None:
    await visit.begin(replace(READY, practice=False, model="base", languages=("de", "en", "yue")))

    await expect(visit.at("practice")).to_be_hidden()
    await expect(visit.at("language").locator("option")).to_have_text(
        ["Detect language", "Cantonese", "English", "German"]
    )


async def test_words_that_come_late_are_told_quietly(visit: Visit) -> None:
    call = await visit.begin()

    await call.say(partial("the cat", lag=2.34))
    await expect(visit.at("hint")).to_have_text("The words are 2.3 s behind.")
    await expect(visit.at("announcer")).to_be_empty()

    await call.say(partial("the cat sat", lag=0.8))
    await expect(visit.at("hint")).to_be_empty()


async def test_while_the_engine_is_replaced_that_is_told_until_it_is_back(visit: Visit) -> None:
    call = await visit.begin()

    await call.say(Warn(code="engine_restarting", message="it is started again"))
    await expect(visit.at("hint")).to_contain_text("your words wait")
    await visit.at("stop").click()
    await visit.is_in("Finishing the last words…")
    await expect(visit.at("hint")).to_contain_text("your words wait")
    await call.say(Warn(code="engine_restarted", message="it works again"))

    await expect(visit.at("hint")).to_be_empty()


async def test_a_warning_is_passed_on(visit: Visit) -> None:
    call = await visit.begin()

    await call.say(Warn(code="odd", message="found samples that are no numbers"))

    await expect(visit.at("hint")).to_have_text("Found samples that are no numbers.")
    await expect(visit.at("announcer")).to_have_text("Found samples that are no numbers.")


async def test_a_server_that_is_about_to_stop_bothers_nobody(visit: Visit) -> None:
    call = await visit.begin()

    await call.say(Warn(code="server_stopping", message="about to stop"), final("One."))

    await expect(visit.at("announcer")).to_have_text("One.")
    await expect(visit.at("hint")).to_be_empty()


async def test_what_was_chosen_is_asked_for_and_remembered(visit: Visit) -> None:
    await visit.arrive()
    await visit.at("options").locator("summary").click()
    await visit.at("language").select_option("de")
    await visit.at("profile").select_option("captioning")
    await visit.at("prompt").fill("Notes on wood.")
    await visit.at("hotwords").fill("Ada Lovelace, , dovetail ")
    await visit.at("hotwords").blur()

    await visit.page.reload()
    await visit.at("main").click()
    call = await visit.stage.call()

    assert call.start.language == "de"
    assert call.start.endpointing == "captioning"
    assert call.start.prompt == "Notes on wood."
    assert call.start.hotwords == ("Ada Lovelace", "dovetail")


async def test_the_text_can_be_copied(visit: Visit) -> None:
    await visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    call = await visit.begin()
    await expect(visit.at("copy")).to_be_disabled()
    await call.say(final("One."), final("Two.", utterance=2, start=9.0))

    await visit.at("copy").click()

    await expect(visit.at("copy")).to_have_text("Copied")
    assert await visit.run("navigator.clipboard.readText()") == "One.\n\nTwo."
    await expect(visit.at("copy")).to_have_text("Copy")


async def test_the_text_can_be_saved(visit: Visit, tmp_path: Path) -> None:
    call = await visit.begin()
    await call.say(final("Größe 𝄞."))

    async with visit.page.expect_download() as saving:
        await visit.at("download").click()
        await visit.page.get_by_role("button", name="Text", exact=True).click()
    saved = await saving.value
    await saved.save_as(tmp_path / "saved.txt")

    assert saved.suggested_filename.startswith("dictation-2")
    assert (tmp_path / "saved.txt").read_text(encoding="utf-8") == "Größe 𝄞.\n"


async def test_clearing_can_be_undone(visit: Visit) -> None:
    call = await visit.begin()
    await call.say(final("One."))

    await visit.at("clear").click()
    await visit.reads("")
    await call.say(final("Two.", utterance=2))
    await visit.reads("Two.")
    await visit.at("undo").click()

    await expect(visit.at("text")).to_have_value("One.\n\nTwo.")
    await expect(visit.at("toast")).to_be_hidden()


async def test_the_text_outlives_a_reload(visit: Visit) -> None:
    call = await visit.begin()
    await call.say(final("One."))
    await visit.at("stop").click()
    await call.hear(Finish)
    await call.say(Done(duration=1.0, utterances=1))
    await visit.is_in("Ready")
    await visit.saves_nothing()

    await visit.page.reload()
    await visit.reads("One.")
    await visit.at("main").click()
    call = await visit.stage.call()
    await call.say(final("Two."))

    await expect(visit.at("text")).to_have_value("One.\n\nTwo.")


async def test_the_newest_words_stay_in_sight_unless_somebody_reads_back(visit: Visit) -> None:
    call = await visit.begin()
    many = [final("A sentence of some length.", utterance=i) for i in range(1, 120)]
    end = "() => { const s = document.getElementById('sheet'); return s.scrollTop; }"
    await call.say(*many)
    last = visit.page.locator("#words .final").last
    await expect(visit.page.locator("#words .final")).to_have_count(119)
    await expect(last).to_be_in_viewport()

    await visit.run("document.getElementById('sheet').scrollTo(0, 0)")
    await expect(visit.at("latest")).to_be_visible()
    await call.say(final("One more.", utterance=120))
    await expect(visit.page.locator("#words .final")).to_have_count(120)
    assert await visit.run(end) == 0

    await visit.at("latest").click()
    await expect(last).to_be_in_viewport()
    await expect(visit.at("latest")).to_be_hidden()


async def test_acknowledged_silence_changes_nothing_in_sight(visit: Visit) -> None:
    call = await visit.begin()

    await call.say(partial("the cat"), Ack(through=100))

    await visit.reads("the cat")
