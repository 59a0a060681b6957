"""Connections that break, and what becomes of the words."""

from itertools import pairwise

import pytest
from playwright.async_api import Page, Route, expect

from tests.page.stage import Call, final, partial
from tests.page.visit import Visit
from wsserver.messages import Done, Error, Finish, Flush, Flushed

TENTH_SECOND = 4_410
"""Samples; Chromium's microphone that is none has 44,100 a second."""


async def test_restarting_servers_get_all_that_is_not_final(visit: Visit) -> None:
    calls = [await visit.begin()]
    through = 3 * TENTH_SECOND + 7

    for i in range(2):
        await calls[i].listen(10 * TENTH_SECOND)
        await calls[i].say(final(f"Sentence {i}.", through=through), partial("and", utterance=2))
        await calls[i].hang_up(1012, "shutting_down")
        calls.append(await visit.stage.call())
    await calls[2].listen(10 * TENTH_SECOND)

    for earlier, later in pairwise(calls):
        kept = earlier.audio[2 * through :]
        assert later.audio[: len(kept)] == kept[: len(later.audio)]
    await visit.is_in("Listening")
    await visit.is_told_nothing()
    await visit.reads("Sentence 0. Sentence 1. and")


async def test_a_lost_connection_is_told_and_made_anew(visit: Visit) -> None:
    first = await visit.begin()
    await first.say(final("One."))
    await visit.reads("One.")
    visit.stage.gate.drain()

    first.break_off()
    await visit.is_told("The connection was lost. Speak on if you like")
    await visit.is_in("Reconnecting, still recording")
    visit.stage.gate.is_draining = False
    second = await visit.stage.call()
    await second.say(final("Two."))

    await visit.is_in("Listening")
    await visit.is_told_nothing()
    await visit.reads("One. Two.")


async def test_stopping_while_the_connection_is_away_still_finishes(visit: Visit) -> None:
    first = await visit.begin()
    visit.stage.gate.drain()
    first.break_off()
    await visit.is_in("Reconnecting, still recording")

    await visit.at("stop").click()
    await visit.is_in("Reconnecting to finish…")
    await visit.is_told("The microphone is off; what you said is kept")
    visit.stage.gate.is_draining = False
    second = await visit.stage.call()
    await second.hear(Finish)
    await second.say(final("One."), Done(duration=1.0, utterances=1))

    await visit.is_in("Ready")
    await visit.reads("One.")
    assert second.audio


async def test_a_connection_lost_while_finishing_finishes_on_another(visit: Visit) -> None:
    first = await visit.begin()
    await visit.at("stop").click()
    await first.hear(Finish)
    first.break_off()

    second = await visit.stage.call()
    await second.hear(Finish)
    await second.say(Done(duration=1.0, utterances=0))

    await visit.is_in("Ready")
    assert second.audio == first.audio


async def test_who_gives_up_keeps_what_was_heard(visit: Visit) -> None:
    first = await visit.begin()
    await first.say(final("One."), partial("two and", utterance=2))
    await visit.reads("One. two and")
    visit.stage.gate.drain()
    first.break_off()
    await visit.is_in("Reconnecting, still recording")

    await visit.at("stop").click()
    await visit.page.get_by_role("button", name="Give up").click()

    await visit.is_in("Ready")
    await visit.is_told_nothing()
    await visit.reads("One. two and")
    await expect(visit.page.locator("#words .unconfirmed")).to_have_text("two and")


@pytest.mark.parametrize("code", [1006, 1008, 1012])
async def test_a_session_that_ends_while_paused_is_not_missed(visit: Visit, code: int) -> None:
    first = await visit.begin()
    await visit.at("main").click()
    flush = await first.hear(Flush)
    await first.say(final("One."), Flushed(id=flush.id))
    await visit.reads("One.")

    await part(first, code)
    await first.ended()
    await visit.is_in("Paused")
    await visit.at("main").click()
    second = await visit.stage.call()
    await visit.is_in("Listening")
    await second.listen(TENTH_SECOND)
    await second.say(final("Two."))

    await visit.is_told_nothing()
    await expect(visit.at("text")).to_have_value("One.\n\nTwo.")


async def test_a_session_that_ended_while_paused_can_be_stopped(visit: Visit) -> None:
    call = await visit.begin()
    await visit.at("main").click()
    flush = await call.hear(Flush)
    await call.say(Flushed(id=flush.id))
    await call.hang_up(1008)

    await visit.at("stop").click()

    await visit.is_in("Ready")
    await visit.is_told_nothing()


async def part(call: Call, code: int) -> None:
    """End a connection with *code*, 1006 being the one that nobody sends."""
    if code == 1006:
        call.break_off()
    else:
        await call.hang_up(code)


async def test_sound_that_was_not_settled_before_the_pause_is_sent_again(visit: Visit) -> None:
    first = await visit.begin()
    await visit.at("main").click()
    await first.hear(Flush)

    first.break_off()
    second = await visit.stage.call()
    await second.hear(Finish)
    await second.say(final("One."), Done(duration=1.0, utterances=1))

    await visit.is_in("Ready")
    await visit.reads("One.")
    assert second.audio == first.audio


async def test_a_fatal_error_is_told_and_its_sound_goes_first_at_the_next_start(
    visit: Visit,
) -> None:
    first = await visit.begin()
    await first.listen(10 * TENTH_SECOND)

    await first.say(Error(code="bad_audio", message="found half a sample", fatal=True))
    await first.hang_up(1007, "bad_audio")
    await visit.is_told("The server ended the session. Found half a sample.")
    await visit.is_told("of sound without a final result are kept")
    await visit.is_in("Ready")
    await visit.at("retry").click()
    second = await visit.stage.call()
    await second.listen(20 * TENTH_SECOND)

    assert second.audio.startswith(first.audio)


async def test_sound_that_nobody_wants_any_more_can_be_discarded(visit: Visit) -> None:
    first = await visit.begin()
    await first.listen(10 * TENTH_SECOND)
    await first.hang_up(1008)
    await visit.is_in("Ready")

    await visit.at("discard").click()
    await visit.is_told_nothing()
    await visit.at("main").click()
    second = await visit.stage.call()
    await visit.at("stop").click()
    await second.hear(Finish)

    assert await visit.at("elapsed").text_content() == second.clock()


async def test_sessions_that_break_without_progress_are_not_tried_for_ever(visit: Visit) -> None:
    call = await visit.begin()

    for _ in range(3):
        await call.say(Error(code="engine_lost", message="the engine hung", fatal=True))
        await call.hang_up(1011)
        call = await visit.stage.call()
    await call.say(Error(code="engine_lost", message="the engine hung", fatal=True))
    await call.hang_up(1011)

    await visit.is_told("Recognition broke down on the server. The engine hung.")
    await visit.is_in("Ready")


async def test_an_unknown_message_throws_and_is_told(visit: Visit) -> None:
    call = await visit.begin()

    await call.say_raw('{"type": "gossip"}')

    await visit.is_told("The server and this page do not understand each other.")
    await visit.is_in("Ready")
    assert visit.wrongs == ['unknown message type "gossip"']
    visit.wrongs.clear()


async def test_a_slow_network_is_told(visit: Visit) -> None:
    await visit.page.add_init_script(
        "Object.defineProperty(WebSocket.prototype, 'bufferedAmount', { get: () => 5e5 })"
    )

    await visit.begin()

    await expect(visit.at("hint")).to_contain_text("The network is slow")


async def test_a_connection_that_stays_away_ends_the_recording(visit: Visit) -> None:
    await soon_too_long(visit.page)
    first = await visit.begin()
    visit.stage.gate.drain()

    first.break_off()
    await visit.is_in("Reconnecting to finish…")
    await visit.is_told("The connection has been away for too long. Recording has stopped.")
    visit.stage.gate.is_draining = False
    await visit.at("main").click()
    second = await visit.stage.call()
    await second.hear(Finish)
    await second.say(Done(duration=1.0, utterances=0))

    await visit.is_in("Ready")
    assert second.audio


async def soon_too_long(page: Page) -> None:
    """Let a second without a connection be too long, in place of five minutes."""

    async def shorten(route: Route) -> None:
        response = await route.fetch()
        script = await response.text()
        assert "MAX_AWAY_SECONDS = 300;" in script
        shortened = script.replace("MAX_AWAY_SECONDS = 300;", "MAX_AWAY_SECONDS = 1;")
        await route.fulfill(response=response, body=shortened)

    await page.route("**/page/dictation.js", shorten)
