"""What an earlier visit left is recognized without listening, and dictation goes on after it."""

from playwright.async_api import expect

from tests.page.stage import READY, bookmarked, cursor, final, resumed
from tests.page.visit import Visit
from wsserver.messages import Done, Error, Finish

SECOND = 44_100
"""Samples; so many has Chromium's microphone that is none."""


async def leave(visit: Visit) -> None:
    """Hear a second, of which a little is final, and come again."""
    call = await visit.begin(bookmarked(READY, cursor("first"), 0, 0))
    await call.listen(SECOND)
    await call.say(bookmarked(final("One."), cursor("last"), 1000, 1000))
    await visit.reads("One.")
    await visit.saves(SECOND)
    await visit.reload()
    await visit.is_told("Your last dictation was interrupted.")


async def test_the_next_start_goes_to_the_cursor(visit: Visit) -> None:
    await leave(visit)
    await visit.at("recover").click()
    call = await visit.stage.call(resumed(1000, 1000, cursor("again")))
    await call.hear(Finish)
    await call.say(final("Two.", utterance=2), Done(duration=2.0, utterances=2))
    await visit.is_in("Ready")
    await expect(visit.at("text")).to_have_value("One. Two.")

    await visit.at("text").press("Control+Home")
    await visit.at("main").click()
    call = await visit.stage.call()
    await call.say(final("Zero."))

    await expect(visit.at("text")).to_have_value("Zero. One. Two.")


async def test_the_cursor_can_have_the_words_that_are_recognized(visit: Visit) -> None:
    await leave(visit)
    await visit.at("text").press("Control+Home")
    await expect(visit.at("here")).to_be_hidden()

    await visit.at("recover").click()
    call = await visit.stage.call(resumed(1000, 1000, cursor("again")))
    await call.hear(Finish)
    await expect(visit.at("here")).to_be_visible()
    await call.say(Done(duration=2.0, utterances=1))

    await visit.is_in("Ready")
    await expect(visit.at("here")).to_be_hidden()


SHARED = """async () => {
  const { openShelf } = await import(new URL("page/shelf.js", document.baseURI));
  const shelf = await openShelf();
  const [head] = await shelf.heads();
  const shared = { ...head, cursor: null, wishes: { ...head.wishes, room: "hall" } };
  await shelf.write(shared, 0, new Int16Array(0), 0);
}"""
"""Makes it a dictation that others read along with."""


async def test_a_room_of_another_token_keeps_nothing_from_being_recognized(visit: Visit) -> None:
    await leave(visit)
    await visit.page.goto(f"{visit.stage.url}page/pcm.js")
    await visit.run(SHARED.replace("document.baseURI", "location.origin"))
    await visit.arrive()
    await visit.at("recover").click()
    call = await visit.stage.call(Error(code="unknown_room", message="no such room", fatal=True))
    assert call.start.room == "hall"
    await call.hang_up(1008)
    await visit.is_in("Ready")

    await visit.at("recover").click()
    call = await visit.stage.call()
    await call.hear(Finish)

    assert call.start.room is None
