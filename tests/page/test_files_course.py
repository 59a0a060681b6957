"""What becomes of files when something else goes on, or wrong; a test speaks for the server."""

import pytest
from playwright.async_api import expect

from tests.page.dropping import DONE, DRAG, RATE, drag, drop, row, shows, sound
from tests.page.stage import bookmarked, cursor, final, partial, resumed
from tests.page.visit import Visit
from wsserver.messages import Finish


async def test_files_have_sessions_of_their_own_one_after_the_other(visit: Visit) -> None:
    await visit.arrive()
    await drop(visit, one=sound(2), two=sound(3))

    first = await visit.stage.call()
    await first.hear(Finish)
    await shows(visit, "one", "0:00 of 0:02")
    await shows(visit, "two", "Waits for its turn.")
    await first.say(final("One.", through=2 * RATE), DONE)
    second = await visit.stage.call()
    await second.hear(Finish)
    await second.say(final("Two.", through=3 * RATE), DONE)

    await shows(visit, "two", "Done: 0:03 of sound.")
    await expect(visit.at("text")).to_have_value("One.\n\nTwo.")
    assert (len(first.audio), len(second.audio)) == (2 * RATE * 2, 3 * RATE * 2)
    assert first.credential != visit.stage.token


async def test_words_come_with_the_sound_and_the_gauge_shows_how_far(visit: Visit) -> None:
    await visit.arrive()
    await drop(visit, talk=sound(10))
    call = await visit.stage.call()
    await call.hear(Finish)

    await call.say(partial("so much", "so"))
    await visit.reads("so much")
    await call.say(final("So much for that.", through=4 * RATE))

    await shows(visit, "talk", "0:04 of 0:10")
    gauge = row(visit, "talk").get_by_role("progressbar", name="talk.wav")
    assert await gauge.evaluate("(it) => [it.value, it.max]") == [4 * RATE, 10 * RATE]
    # It is there for those who look, and silent for those who listen.
    assert await visit.run("document.querySelector('#files').closest('[aria-live]')") is None
    assert await visit.at("announcer").text_content() == "talk.wav is being recognized."


async def test_no_more_than_a_minute_waits_for_its_final(visit: Visit) -> None:
    await visit.arrive()
    await drop(visit, hour=sound(200))
    call = await visit.stage.call()

    await call.listen(61 * RATE)
    await visit.page.wait_for_timeout(200)
    assert call.frames.empty()
    await call.say(final("One.", through=50 * RATE))
    await call.listen(111 * RATE)
    await shows(visit, "hour", "0:50 of 3:20")

    await visit.page.wait_for_timeout(200)
    assert call.frames.empty()


async def test_who_cancels_keeps_what_is_final(visit: Visit) -> None:
    await visit.arrive()
    await drop(visit, talk=sound(5), other=sound(1))
    call = await visit.stage.call()
    await call.say(final("Settled.", through=2 * RATE), partial("not yet", utterance=2))
    await visit.reads("Settled. not yet")

    await row(visit, "talk").get_by_role("button", name="Cancel").click()

    await call.ended()
    await expect(row(visit, "talk")).to_have_count(0)
    other = await visit.stage.call()
    await other.hear(Finish)
    await other.say(DONE)
    await shows(visit, "other", "Done, but no words were heard in 0:01 of sound.")
    await expect(visit.at("text")).to_have_value("Settled.")


async def test_a_file_waits_for_whoever_dictates(visit: Visit) -> None:
    call = await visit.begin()

    await drop(visit, talk=sound(1))
    await shows(visit, "talk", "Waits until you stop dictating.")
    await visit.at("stop").click()
    await call.hear(Finish)
    await shows(visit, "talk", "Waits until you stop dictating.")
    await call.say(final("Spoken."), DONE)

    other = await visit.stage.call()
    await other.hear(Finish)
    await other.say(final("Recorded.", through=RATE), DONE)
    await shows(visit, "talk", "Done: 0:01 of sound.")
    await expect(visit.at("text")).to_have_value("Spoken.\n\nRecorded.")


async def test_whoever_wants_to_dictate_meanwhile_is_told_to_wait(visit: Visit) -> None:
    await visit.arrive()
    await drop(visit, talk=sound(1))
    call = await visit.stage.call()

    await visit.at("main").click()

    await expect(visit.at("hint")).to_have_text(
        "Talk.wav is being recognized. Wait for it or cancel it, then start."
    )
    await visit.is_in("Ready")
    await call.say(DONE)
    await shows(visit, "talk", "Done, but no words were heard in 0:01 of sound.")
    await expect(visit.at("hint")).to_be_empty()
    await visit.at("main").click()
    await visit.stage.call()
    await visit.is_in("Listening")


async def test_after_a_break_it_goes_on_from_the_last_final(visit: Visit) -> None:
    await visit.arrive()
    await drop(visit, talk=sound(6))
    call = await visit.stage.call()
    await call.hear(Finish)
    one = bookmarked(final("One."), cursor("s1"), through=3 * RATE, resend_from=2 * RATE)
    await call.say(one, partial("two", utterance=2))
    await visit.reads("One. two")

    call.break_off()
    again = await visit.stage.call(resumed(3 * RATE, 2 * RATE, cursor("s1")))
    await again.hear(Finish)
    await again.say(final("Two.", utterance=2, through=6 * RATE), DONE)

    await shows(visit, "talk", "Done: 0:06 of sound.")
    assert len(again.audio) == 4 * RATE * 2
    await expect(visit.at("text")).to_have_value("One. Two.")


async def test_what_the_server_ends_can_be_tried_again_from_there(visit: Visit) -> None:
    await visit.arrive()
    await drop(visit, talk=sound(6), other=sound(1))
    call = await visit.stage.call()
    await call.hear(Finish)
    await call.say(final("One.", through=2 * RATE), partial("two", utterance=2))
    await visit.reads("One. two")

    await call.hang_up(1008)
    await expect(row(visit, "talk").locator(".status")).to_contain_text(
        "0:02 of 0:06 is done, and in the text."
    )
    await shows(visit, "other", "Waits for its turn.")
    await row(visit, "talk").get_by_role("button", name="Try again").click()
    again = await visit.stage.call()
    await again.hear(Finish)
    await again.say(final("Two.", through=4 * RATE), DONE)

    await shows(visit, "talk", "Done: 0:06 of sound.")
    assert len(again.audio) == 4 * RATE * 2
    await expect(visit.at("text")).to_have_value("One. Two.")
    await (await visit.stage.call()).hear(Finish)


async def test_files_go_on_once_the_door_is_open_again(visit: Visit) -> None:
    await visit.arrive()
    await drop(visit, one=sound(1), two=sound(1))
    call = await visit.stage.call()
    await call.hear(Finish)
    await visit.at("options").locator("summary").click()
    await visit.at("forget-token").click()
    await expect(visit.at("token")).to_be_focused()
    await call.say(final("One.", through=RATE), DONE)
    await expect(row(visit, "one").locator(".status")).to_have_text("Done: 0:01 of sound.")

    await visit.page.keyboard.type(visit.stage.token)
    await visit.page.keyboard.press("Enter")

    await (await visit.stage.call()).hear(Finish)


@pytest.mark.parametrize(
    ("name", "octets", "told"),
    [
        pytest.param("empty", b"", "It is empty.", id="empty"),
        pytest.param("silent", sound(0), "There is no sound in it.", id="no sound"),
        pytest.param(
            "paper", b"%PDF-1.7 and so on", "This browser finds no sound in it", id="another kind"
        ),
    ],
)
async def test_a_file_that_cannot_be_used_is_told_and_the_next_one_comes(
    visit: Visit, name: str, octets: bytes, told: str
) -> None:
    await visit.arrive()

    await drop(visit, **{name: octets, "talk": sound(1)})

    await expect(row(visit, name).locator(".status")).to_contain_text(told)
    call = await visit.stage.call()
    await call.hear(Finish)
    await row(visit, name).get_by_role("button", name="Dismiss").click()
    await expect(row(visit, name)).to_have_count(0)


async def test_what_is_too_long_to_be_decoded_is_told_with_the_way_out(visit: Visit) -> None:
    await visit.arrive()

    await drop(visit, lecture=sound(31 * 60, "FLAC"))

    status = row(visit, "lecture").locator(".status")
    await expect(status).to_contain_text("It is 31:00 long, and a browser can open")
    await expect(status).to_contain_text("“wsserver dictate FILE”")


async def test_the_target_is_seen_only_while_files_are_dragged(visit: Visit) -> None:
    await visit.arrive()
    await expect(visit.at("drop")).to_be_hidden()

    is_seen = "document.getElementById('drop').checkVisibility()"
    seen = await visit.run(
        f"(given) => {{ ({DRAG})(given); return {is_seen}; }}",
        [["dragover"], [{"name": "talk.wav", "base64": ""}], ""],
    )
    assert seen
    # Then nothing is dragged over the page any more, wherever it was let go of.
    await expect(visit.at("drop")).to_be_hidden()
    assert await drag(visit, "dragover", "drop", talk=sound(1)) == [False, False]
    assert await visit.at("drop").is_hidden()


async def test_text_that_is_dropped_is_left_to_the_browser(visit: Visit) -> None:
    await visit.arrive()

    assert await visit.run(DRAG, [["dragover", "drop"], [], "words"]) == [True, True]
    await expect(visit.at("drop")).to_be_hidden()
    await expect(visit.at("files")).to_be_hidden()


async def test_before_the_door_nothing_is_taken(visit: Visit) -> None:
    await visit.page.goto(visit.stage.url)
    await expect(visit.at("door")).to_be_visible()

    assert await drag(visit, "dragover", "drop", talk=sound(1)) == [False, False]
    await expect(visit.at("drop")).to_be_hidden()
    await expect(visit.page.locator(".file")).to_have_count(0)


async def test_nobody_leaves_before_all_files_are_done_without_being_asked(visit: Visit) -> None:
    await visit.arrive()
    await drop(visit, talk=sound(1))
    call = await visit.stage.call()
    asked: list[str] = []
    visit.page.on("dialog", lambda dialog: asked.append(dialog.type))

    # Browsers ask only those who did something on the page.
    await visit.at("text").click()
    await visit.reload()

    assert asked == ["beforeunload"]
    await call.ended()


async def test_keys_lead_from_file_to_file(visit: Visit) -> None:
    await visit.arrive()
    await drop(visit, one=b"", two=b"")
    await shows(visit, "two", "It is empty.")
    await row(visit, "one").get_by_role("button", name="Dismiss: one.wav").focus()

    await visit.page.keyboard.press("Enter")
    await expect(row(visit, "two").get_by_role("button", name="Dismiss")).to_be_focused()
    await visit.page.keyboard.press("Enter")

    await expect(visit.at("choose")).to_be_focused()
    await expect(visit.at("files")).to_be_hidden()
