"""Sessions that go on after a break, at the very sample."""

import pytest
from playwright.async_api import expect

from tests.page.stage import READY, Call, bookmarked, cursor, final, partial, resumed
from tests.page.visit import Visit
from wsserver.messages import Done, Error, Finish, Flush, Flushed, Ready

TENTH_SECOND = 4_410
"""Samples; Chromium's microphone that is none has 44,100 a second."""

THROUGH, RESEND_FROM = 3 * TENTH_SECOND + 7, 3 * TENTH_SECOND - 112


def opening() -> Ready:
    return bookmarked(READY, cursor("first"), 0, 0)


async def speak_and_break(visit: Visit) -> tuple[Call, str]:
    """Hear a second of which a third is final, and break off; give the cursor at the final."""
    call, last = await visit.begin(opening()), cursor("second")
    await call.listen(10 * TENTH_SECOND)
    await call.say(
        bookmarked(final("One."), last, THROUGH, RESEND_FROM), partial("tw", utterance=2)
    )
    await visit.reads("One. tw")
    call.break_off()
    return call, last


async def test_a_session_goes_on_at_the_sample_that_the_server_asks_for(visit: Visit) -> None:
    first, last = await speak_and_break(visit)

    second = await visit.stage.call(resumed(THROUGH, RESEND_FROM, cursor("third")))
    await second.listen(10 * TENTH_SECOND)
    await second.say(partial("two", utterance=2))
    await visit.reads("One. two")
    await second.say(final("Two.", utterance=2))

    assert second.credential == second.start.resume == last
    kept = first.audio[2 * RESEND_FROM :]
    assert second.audio[: len(kept)] == kept
    await visit.is_in("Listening")
    await visit.is_told_nothing()
    await visit.reads("One. Two.")
    await expect(visit.at("text")).to_have_value("One. Two.")


async def test_a_session_without_a_final_goes_on_at_its_beginning(visit: Visit) -> None:
    first = await visit.begin(opening())
    await first.listen(5 * TENTH_SECOND)

    first.break_off()
    second = await visit.stage.call(resumed(0, 0, cursor("second")))
    await second.listen(10 * TENTH_SECOND)

    assert second.start.resume
    assert second.audio.startswith(first.audio)


async def test_a_break_while_it_comes_back_is_another_break(visit: Visit) -> None:
    _, last = await speak_and_break(visit)
    second = await visit.stage.call(resumed(THROUGH, RESEND_FROM, cursor("third")))
    await visit.is_in("Listening")

    second.break_off()
    third = await visit.stage.call(resumed(THROUGH, RESEND_FROM, cursor("fourth")))
    await visit.is_in("Listening")

    assert third.start.resume not in (None, last)


async def test_a_finish_that_was_not_answered_comes_again(visit: Visit) -> None:
    first = await visit.begin(opening())
    await visit.at("stop").click()
    await first.hear(Finish)

    first.break_off()
    second = await visit.stage.call(resumed(0, 0, cursor("second")))
    await second.hear(Finish)
    await second.say(final("One."), Done(duration=1.0, utterances=1))

    await visit.is_in("Ready")
    await visit.reads("One.")
    assert second.audio == first.audio


async def test_a_flush_comes_again_at_its_place(visit: Visit) -> None:
    first = await visit.begin(opening())
    await visit.at("main").click()
    await first.hear(Flush)
    place = len(first.audio)
    await visit.at("main").click()
    await visit.is_in("Listening")
    await first.listen(place // 2 + TENTH_SECOND)

    first.break_off()
    second = await visit.stage.call(resumed(0, 0, cursor("second")))
    await second.hear(Flush)

    assert len(second.audio) == place


async def test_a_session_that_broke_in_a_pause_goes_on(visit: Visit) -> None:
    first, last = await visit.begin(opening()), cursor("second")
    await visit.at("main").click()
    flush = await first.hear(Flush)
    heard = len(first.audio) // 2
    await first.say(bookmarked(final("One."), last, heard, heard), Flushed(id=flush.id))
    await visit.reads("One.")
    first.break_off()
    await first.ended()

    await visit.at("main").click()
    second = await visit.stage.call(resumed(heard, heard, cursor("third")))
    await second.say(final("Two.", utterance=2))

    assert second.start.resume == last
    await expect(visit.at("text")).to_have_value("One.\n\nTwo.")


@pytest.mark.parametrize("code", ["bad_cursor", "bad_message"])
async def test_a_session_that_cannot_go_on_is_followed_by_a_new_one(
    visit: Visit, code: str
) -> None:
    first, _ = await speak_and_break(visit)
    second = await visit.stage.call(Error(code=code, message="found an old one", fatal=True))
    await second.hang_up(1008)

    third = await visit.stage.call(opening())
    await third.listen(10 * TENTH_SECOND)
    await third.say(final("Two."))

    assert third.start.resume is None
    assert visit.stage.is_made(third.credential)
    kept = first.audio[2 * THROUGH :]
    assert third.audio[: len(kept)] == kept
    await visit.is_told_nothing()
    await visit.reads("One. Two.")


async def test_an_expired_cursor_is_not_presented_twice(visit: Visit) -> None:
    first = await visit.begin(bookmarked(READY, cursor("first", lifetime_seconds=-1.0), 0, 0))
    await first.listen(TENTH_SECOND)

    first.break_off()
    second = await visit.stage.call(opening())
    await second.listen(TENTH_SECOND)

    assert second.start.resume is None
    assert visit.stage.is_made(second.credential)


async def test_a_cursor_that_opens_no_door_is_presented_behind_it(visit: Visit) -> None:
    first = await visit.begin(bookmarked(READY, "wsc-of-a-later-kind", 0, 0))
    await first.listen(TENTH_SECOND)

    first.break_off()
    second = await visit.stage.call(resumed(0, 0, cursor("second")))

    assert second.start.resume == "wsc-of-a-later-kind"
    assert visit.stage.is_made(second.credential)


async def test_a_session_that_was_taken_over_has_ended_here(visit: Visit) -> None:
    call = await visit.begin(opening())
    await call.listen(TENTH_SECOND)

    await call.say(Error(code="taken_over", message="goes on elsewhere", fatal=True))
    await call.hang_up(1008)

    await visit.is_told("This dictation goes on in another tab or on another device.")
    await visit.is_in("Ready")
    await expect(visit.at("problem")).to_have_attribute("role", "group")
    await expect(visit.at("announcer")).to_contain_text("in another tab or on another device")
    assert visit.stage.arrivals.empty()


async def test_other_options_need_another_session(visit: Visit) -> None:
    first = await visit.begin(opening())
    await first.listen(TENTH_SECOND)
    await first.hang_up(4001)
    await visit.is_in("Ready")
    await visit.at("options").locator("summary").click()
    await visit.at("language").select_option("en")
    await visit.at("options").locator("summary").click()

    await visit.at("retry").click()
    second = await visit.stage.call(opening())
    await second.listen(TENTH_SECOND)

    assert (second.start.resume, second.start.language) == (None, "en")
    assert second.audio.startswith(first.audio[: len(second.audio)])


async def test_how_much_is_kept_is_told_and_not_read_out(visit: Visit) -> None:
    call = await visit.begin(opening())
    visit.stage.gate.drain()

    call.break_off()
    await visit.is_in("Reconnecting, still recording")
    await expect(visit.at("hint")).to_contain_text("s of sound are kept.")

    await expect(visit.at("problem")).to_have_attribute("role", "group")
    await expect(visit.at("announcer")).to_contain_text("Speak on if you like")
    await expect(visit.at("state")).to_have_role("status")
    await expect(visit.at("hint")).to_have_attribute("aria-live", "off")


async def test_a_network_that_swallows_everything_is_given_up(visit: Visit) -> None:
    await visit.page.add_init_script(
        """const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (data) {
          this.sent = (this.sent ?? 0) + (data.byteLength ?? data.length);
          send.call(this, data);
        };
        Object.defineProperty(WebSocket.prototype, "bufferedAmount", {
          get() { return this.sent ?? 0; },
        });
        Object.defineProperty(navigator, "onLine", { value: false });"""
    )
    first = await visit.begin(opening())

    await first.ended()
    second = await visit.stage.call(resumed(0, 0, cursor("second")))

    assert second.start.resume
    await visit.is_in("Listening")


async def test_a_network_that_is_back_is_used_at_once(visit: Visit) -> None:
    first = await visit.begin(opening())

    await visit.run("() => { dispatchEvent(new Event('online')); }")
    await first.ended()
    second = await visit.stage.call(resumed(0, 0, cursor("second")))

    assert second.start.resume
    await visit.is_in("Listening")
