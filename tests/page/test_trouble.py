"""What goes wrong, and what becomes of the words."""

import pytest
from playwright.async_api import expect

from tests.page.stage import final, partial
from tests.page.visit import Visit
from wsserver.messages import Done, Error, Finish, Flush, Flushed

TENTH_SECOND = 4_410
"""Samples; Chromium's microphone that is none has 44,100 a second."""


async def test_a_restarting_server_gets_all_that_is_not_final(visit: Visit) -> None:
    first = await visit.begin()
    await first.listen(10 * TENTH_SECOND)
    through = 3 * TENTH_SECOND + 7

    await first.say(final("One.", through=through), partial("two", utterance=2))
    await first.hang_up(1012, "shutting_down")
    second = await visit.stage.call()
    await second.listen(20 * TENTH_SECOND)

    kept = bytes(first.audio[2 * through :])
    assert bytes(second.audio[: len(kept)]) == kept
    await visit.is_in("Listening")
    await visit.is_told_nothing()
    await visit.reads("One. two")


async def test_a_lost_connection_is_told_and_made_anew(visit: Visit) -> None:
    first = await visit.begin()
    await first.say(final("One."))
    await visit.reads("One.")
    visit.stage.gate.drain()

    first.break_off()
    await visit.is_told("The connection was lost. Reconnecting. Speak on if you like")
    await visit.is_in("Reconnecting…")
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
    await visit.is_in("Reconnecting…")

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
    await visit.is_in("Reconnecting…")

    await visit.at("stop").click()
    await visit.page.get_by_role("button", name="Give up").click()

    await visit.is_in("Ready")
    await visit.is_told_nothing()
    await visit.reads("One. two and")
    await expect(visit.page.locator("#words .unconfirmed")).to_have_text("two and")


async def test_a_session_that_ends_while_paused_has_lost_nothing(visit: Visit) -> None:
    call = await visit.begin()
    await visit.at("main").click()
    flush = await call.hear(Flush)
    await call.say(final("One."), Flushed(id=flush.id))
    await visit.reads("One.")

    await call.hang_up(1008, "limit_reached")

    await visit.is_told("The session ended during the pause. Nothing was lost")
    await visit.is_in("Ready")


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

    await first.say(Error(code="limit_reached", message="found a long session", fatal=True))
    await first.hang_up(1008, "limit_reached")
    await visit.is_told("A limit is reached. Found a long session.")
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


REFUSING = """
navigator.mediaDevices.getUserMedia = async () => {{
  throw new DOMException("not possible", "{name}");
}};
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NotAllowedError", "The microphone is blocked."),
        ("NotFoundError", "No microphone found."),
        ("NotReadableError", "Another program may be using it"),
        ("AbortError", "The microphone could not be opened. not possible"),
    ],
)
async def test_a_microphone_that_cannot_be_used_is_told(visit: Visit, name: str, told: str) -> None:
    await visit.page.add_init_script(REFUSING.format(name=name))
    await visit.arrive()

    await visit.at("main").click()

    await visit.is_told(told)
    await visit.is_in("Ready")
    assert visit.stage.arrivals.empty()


WATCHING = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wishes) => {
  window.stream = await open(wishes);
  return window.stream;
};
"""
"""Lets a test see the stream that the page was given."""


async def test_an_unplugged_microphone_ends_well(visit: Visit) -> None:
    await visit.page.add_init_script(WATCHING)
    call = await visit.begin()

    await visit.run("stream.getTracks()[0].dispatchEvent(new Event('ended'))")
    await visit.is_told("The microphone went away.")
    await call.hear(Finish)
    await call.say(final("One."), Done(duration=1.0, utterances=1))

    await visit.is_in("Ready")
    await visit.reads("One.")
    await visit.is_told("The microphone went away.")


async def test_a_start_can_be_cancelled(visit: Visit) -> None:
    await visit.page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => new Promise(() => {})"
    )
    await visit.arrive()
    await visit.at("main").click()
    await visit.is_in("Connecting…")

    await visit.page.get_by_role("button", name="Cancel").click()

    await visit.is_in("Ready")
    assert visit.stage.arrivals.empty()


async def test_the_microphone_is_let_go_at_the_end(visit: Visit) -> None:
    await visit.page.add_init_script(WATCHING)
    call = await visit.begin()
    state = "stream.getTracks().map((track) => track.readyState)"
    assert await visit.run(state) == ["live"]

    await visit.at("stop").click()
    await call.hear(Finish)

    assert await visit.run(state) == ["ended"]
