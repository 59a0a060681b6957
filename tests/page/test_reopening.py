"""Visits that end in mid-dictation, and the visits after them."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Error as PageError
from playwright.async_api import Playwright, expect

from tests.page.chromium import flags
from tests.page.stage import READY, Call, Stage, bookmarked, cursor, final, partial, resumed
from tests.page.visit import Visit
from wsserver.messages import Done, Finish, Flush, Flushed

TENTH_SECOND = 4_410
"""Samples; Chromium's microphone that is none has 44,100 a second."""

SECOND = 10 * TENTH_SECOND
THROUGH, RESEND_FROM = 3 * TENTH_SECOND + 7, 3 * TENTH_SECOND - 112
FIRST = bookmarked(READY, cursor("first"), 0, 0)
LAST = cursor("last")
AGAIN = resumed(THROUGH, RESEND_FROM, cursor("again"))


async def speak(visit: Visit) -> Call:
    """Hear a second, of which a third is final."""
    call = await visit.begin(FIRST)
    await call.listen(SECOND)
    one = bookmarked(final("One."), LAST, THROUGH, RESEND_FROM)
    await call.say(one, partial("two", utterance=2))
    await visit.reads("One. two")
    await visit.saves(SECOND)
    return call


async def come_again(visit: Visit) -> None:
    """Follow the link in a new tab."""
    visit.page = await visit.page.context.new_page()
    await visit.arrive()


async def is_offered(visit: Visit) -> None:
    await visit.is_told("Your last dictation was interrupted.")
    await visit.reads("One.")


async def test_a_reload_in_mid_sentence_goes_on_there(visit: Visit) -> None:
    first = await speak(visit)

    await visit.reload()
    await is_offered(visit)
    await visit.page.get_by_role("button", name="Go on").click()
    second = await visit.stage.call(AGAIN)
    await second.listen(2 * SECOND)
    await second.say(final("Two.", utterance=2), final("Three.", utterance=3))

    assert second.credential == second.start.resume == LAST
    assert second.audio.startswith(first.audio[2 * RESEND_FROM : 2 * SECOND])
    await visit.reads("One. Two. Three.")
    await expect(visit.at("text")).to_have_value("One. Two. Three.")
    await visit.is_told_nothing()


async def test_start_goes_on_as_well(visit: Visit) -> None:
    await speak(visit)

    await visit.reload()
    await is_offered(visit)
    await visit.at("main").click()
    second = await visit.stage.call(AGAIN)

    assert second.start.resume == LAST


async def test_what_is_left_can_be_recognized_without_a_microphone(visit: Visit) -> None:
    first = await speak(visit)
    await visit.reload()
    await is_offered(visit)

    await visit.run("() => { navigator.mediaDevices.getUserMedia = () => Promise.reject('no'); }")
    await visit.at("recover").click()
    second = await visit.stage.call(AGAIN)
    await second.hear(Finish)
    await second.say(final("Two.", utterance=2), Done(duration=2.0, utterances=2))

    await visit.is_in("Ready")
    await visit.reads("One. Two.")
    assert second.audio.startswith(first.audio[2 * RESEND_FROM : 2 * SECOND])
    await visit.saves_nothing()


async def test_without_a_cursor_it_goes_into_a_new_session(visit: Visit) -> None:
    first = await visit.begin()
    await first.listen(SECOND)
    await first.say(final("One.", through=THROUGH))
    await visit.reads("One.")
    await visit.saves(SECOND)

    await visit.reload()
    await is_offered(visit)
    await visit.at("retry").click()
    second = await visit.stage.call()
    await second.listen(SECOND)
    await second.say(final("Two."))

    assert second.start.resume is None
    assert second.audio.startswith(first.audio[2 * THROUGH : 2 * SECOND])
    await visit.reads("One. Two.")


async def test_another_microphone_is_no_loss(visit: Visit) -> None:
    first = await speak(visit)
    await visit.page.add_init_script(
        "const Context = AudioContext;"
        "AudioContext = class extends Context { constructor() { super({ sampleRate: 16000 }); } };"
    )

    await visit.reload()
    await is_offered(visit)
    await visit.at("retry").click()
    second = await visit.stage.call(FIRST)
    await visit.at("stop").click()
    await second.hear(Finish)

    assert (second.start.resume, second.start.sample_rate) == (None, 16_000)
    kept = (len(first.audio) // 2 - THROUGH) / 44_100 - 0.5
    assert len(second.audio) // 2 / 16_000 > kept


async def test_what_nobody_wants_is_deleted(visit: Visit) -> None:
    await speak(visit)
    await visit.reload()
    await is_offered(visit)

    await visit.at("discard").click()
    await visit.is_told_nothing()
    await visit.saves_nothing()
    await visit.reload()

    await visit.is_in("Ready")
    await visit.reads("One.")
    await visit.is_told_nothing()


async def test_what_is_done_is_deleted(visit: Visit) -> None:
    call = await speak(visit)

    await visit.at("stop").click()
    await call.hear(Finish)
    await call.say(final("Two.", utterance=2), Done(duration=1.0, utterances=2))

    await visit.is_in("Ready")
    await visit.saves_nothing()


async def test_a_closed_tab_is_gone_on_with_in_the_next(visit: Visit) -> None:
    await speak(visit)

    await visit.page.close()
    await come_again(visit)
    await is_offered(visit)
    await visit.at("retry").click()
    second = await visit.stage.call(AGAIN)

    assert second.start.resume == LAST


async def test_a_crash_is_no_loss(visit: Visit) -> None:
    first = await speak(visit)

    with pytest.raises(PageError, match="crash"):
        await visit.page.goto("chrome://crash")
    await come_again(visit)
    await is_offered(visit)
    await visit.at("retry").click()
    second = await visit.stage.call(AGAIN)
    await second.listen(SECOND)

    assert second.audio.startswith(first.audio[2 * RESEND_FROM : 2 * SECOND])


async def test_a_browser_that_is_closed_finds_it_again(
    playwright: Playwright, chromium: str, stage: Stage, tmp_path: Path
) -> None:
    async def visit_again() -> Visit:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path, executable_path=chromium, args=flags(), locale="en-US", timeout=60_000
        )
        return Visit(context.pages[0], stage, [])

    visit = await visit_again()
    await speak(visit)
    await visit.page.context.close()
    visit = await visit_again()
    await visit.arrive()
    await is_offered(visit)
    await visit.at("retry").click()
    second = await stage.call(AGAIN)
    await visit.page.context.close()

    assert second.start.resume == LAST


async def test_no_other_tab_takes_it_meanwhile(visit: Visit) -> None:
    call = await speak(visit)
    first = visit.page

    await come_again(visit)
    await visit.at("main").click()
    other = await visit.stage.call()
    await visit.is_in("Listening")

    await visit.is_told_nothing()
    await visit.reads("")
    assert other.start.resume is None
    await call.say(final("Two.", utterance=2))
    await expect(first.locator("#words")).to_have_text("One. Two.")


async def test_a_tab_with_words_of_its_own_keeps_them(visit: Visit) -> None:
    call = await visit.begin()
    await call.say(final("Mine."))
    await visit.at("stop").click()
    await call.hear(Finish)
    await call.say(Done(duration=1.0, utterances=1))
    await visit.is_in("Ready")
    earlier = visit.page
    await come_again(visit)
    await speak(visit)
    await visit.page.close()

    visit.page = earlier
    await visit.page.reload()

    await visit.is_told("Your last dictation was interrupted.")
    await expect(visit.at("text")).to_have_value("Mine.\n\nOne.")


async def test_nobody_reads_it_without_a_token(visit: Visit) -> None:
    await speak(visit)
    await visit.page.close()
    visit.page = await visit.page.context.new_page()

    await visit.page.goto(visit.stage.url)
    await expect(visit.at("token")).to_be_focused()
    await visit.is_told_nothing()
    await visit.reads("")
    await visit.page.keyboard.type(visit.stage.token)
    await visit.page.keyboard.press("Enter")

    await is_offered(visit)


async def test_nothing_goes_on_before_the_door(visit: Visit) -> None:
    await speak(visit)
    await visit.reload()
    await is_offered(visit)

    await visit.at("options").locator("summary").click()
    await visit.at("forget-token").click()
    await expect(visit.at("token")).to_be_focused()
    await expect(visit.page.get_by_role("button", name="Go on")).to_be_hidden()

    await visit.page.keyboard.type(visit.stage.token)
    await visit.page.keyboard.press("Enter")
    await is_offered(visit)


async def test_no_token_is_kept_beside_the_sound(visit: Visit) -> None:
    await speak(visit)

    heads = await visit.run(
        """async () => {
          const { openShelf } = await import(new URL("page/shelf.js", document.baseURI));
          return (await openShelf()).heads();
        }"""
    )

    assert [head["cursor"] for head in heads] == [LAST]
    assert visit.stage.token not in json.dumps(heads)


async def test_a_text_that_is_all_final_just_comes_back(visit: Visit) -> None:
    call = await visit.begin(FIRST)
    await visit.at("main").click()
    flush = await call.hear(Flush)
    heard = len(call.audio) // 2
    await call.say(bookmarked(final("One."), LAST, heard, heard), Flushed(id=flush.id))
    await visit.reads("One.")
    await visit.has_settled(heard)

    await visit.page.close()
    await come_again(visit)

    await visit.reads("One.")
    await visit.is_told_nothing()
    await visit.saves_nothing()


async def test_where_nothing_can_be_kept_it_is_told_quietly(visit: Visit) -> None:
    await visit.page.add_init_script(
        "Object.defineProperty(globalThis, 'indexedDB', { value: undefined })"
    )

    call = await visit.begin(FIRST)
    await expect(visit.at("hint")).to_contain_text("a reload would lose what is not settled")
    await call.say(final("One."))

    await visit.reads("One.")
    await visit.is_told_nothing()
    await expect(visit.at("announcer")).to_have_text("One.")
