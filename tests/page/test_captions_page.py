"""What the captions page shows of a real room, whatever becomes of the line."""

import asyncio
import itertools

import pytest
from playwright.async_api import Response, WebSocket, WebSocketRoute, expect

from tests.page.axe import barriers
from tests.page.reading import Reader, Reading

SOME = [f"This is sentence number {n}, and it goes on for a while." for n in range(1, 13)]

# Notes all that ever stood there, in order.
NOTING = """
window.shown = [];
addEventListener("DOMContentLoaded", () => {
  const texts = () => [...document.querySelectorAll("#lines p")].map((e) => e.textContent);
  new MutationObserver(() => shown.push(texts())).observe(document.getElementById("lines"), {
    childList: true, subtree: true, characterData: true,
  });
});
"""

IS_AT_END = "e => e.scrollHeight - e.scrollTop - e.clientHeight < 2"


async def follow(reader: Reader, reading: Reading) -> None:
    await reader.page.goto(reading.link())
    await reader.is_in("Live")


async def test_who_comes_late_reads_the_same_as_who_was_there(reading: Reading) -> None:
    speaker = reading.speaker()
    async with reading.reader() as early, reading.reader() as late:
        await follow(early, reading)
        speaker.say(*SOME[:6])
        await early.reads_all(" ".join(SOME[:6]))

        await follow(late, reading)
        speaker.say(*SOME[6:])

        for reader in (early, late):
            await reader.reads_all(" ".join(SOME))
            assert await reader.at("sheet").evaluate(IS_AT_END)
            await expect(reader.at("title")).to_have_text("Town hall")


async def test_words_that_stand_on_a_line_do_not_move(reading: Reading) -> None:
    speaker = reading.speaker()
    said = "My uncle sold the old farm by the river because the young people had moved away."
    words = said.split()
    async with reading.reader() as reader:
        await reader.page.add_init_script(NOTING)
        await follow(reader, reading)
        for count in range(1, len(words) + 1):
            speaker.mumble(" ".join(words[:count]), " ".join(words[: max(0, count - 3)]))
            await expect(reader.lines.last).to_contain_text(words[count - 1])
        speaker.say(said)
        await expect(reader.page.locator("#lines .tentative")).to_have_count(0)
        shown: list[list[str]] = await reader.run("shown")

    assert len(shown[-1]) > 1
    assert " ".join(shown[-1]) == said
    for earlier, later in itertools.pairwise(shown):
        assert later[: len(earlier) - 1] == earlier[:-1]
        assert later[len(earlier) - 1].startswith(earlier[-1])


@pytest.mark.parametrize("is_blocked", [False, True], ids=["socket", "events"])
async def test_who_loses_the_line_catches_up_without_a_gap_or_a_repeat(
    reading: Reading, is_blocked: bool
) -> None:
    speaker, port = reading.speaker(), reading.port
    async with reading.reader() as reader:
        ways = await note_ways(reader, is_blocked=is_blocked)
        await follow(reader, reading)
        speaker.say(*SOME[:4])
        speaker.mumble("This is sentence")
        await expect(reader.lines.last).to_contain_text("This is sentence")

        reading.line.cut()
        await reader.is_in("Reconnecting…")
        speaker.say(*SOME[4:8])
        reading.line.lead_to(port)
        await reader.is_in("Live")
        speaker.say(*SOME[8:])

        await reader.reads_all(" ".join(SOME))
    assert ways == ({"events"} if is_blocked else {"socket"})


async def note_ways(reader: Reader, *, is_blocked: bool) -> set[str]:
    """Give a set of the ways in which messages come; if they are *blocked*, sockets do not open."""
    ways: set[str] = set()

    async def refuse(route: WebSocketRoute) -> None:
        await route.close()

    if is_blocked:
        await reader.page.route_web_socket("**/v1/rooms/**", refuse)

    def note_socket(socket: WebSocket) -> None:
        socket.on("framereceived", lambda _: ways.add("socket"))

    def note_events(answer: Response) -> None:
        if "/events" in answer.url:
            ways.add("events")

    reader.page.on("websocket", note_socket)
    reader.page.on("response", note_events)
    return ways


async def test_who_reads_on_while_the_server_is_restarted_misses_nothing(reading: Reading) -> None:
    speaker = reading.speaker()
    async with reading.reader() as reader:
        await follow(reader, reading)
        speaker.say(*SOME[:4])
        await reader.reads_all(" ".join(SOME[:4]))

        await reading.restart()
        again = reading.speaker(generation=2)
        again.utterance = 4  # which its speaker says once more, as a session does that is resumed
        again.say(*SOME[3:8])
        other = reading.speaker("b")
        other.say(*SOME[8:])

        await reader.reads_all(" ".join(SOME))


async def test_who_takes_nothing_for_a_while_has_every_final_once_in_the_end(
    reading: Reading,
) -> None:
    speaker = reading.speaker()
    texts = [f"Item {n} {'and so it was said ' * 40}".strip() for n in range(1, 201)]
    async with reading.reader() as slow, reading.reader() as swift:
        await follow(slow, reading)
        reading.line.choke()
        speaker.say(*texts)
        await asyncio.wait_for(reading.is_pushed_back(), 30)
        reading.line.free()

        await follow(swift, reading)
        for reader in (slow, swift):
            await reader.reads_all(" ".join(texts))


async def test_pause_holds_the_screen_until_one_goes_on(reading: Reading) -> None:
    speaker = reading.speaker()
    async with reading.reader() as reader:
        await follow(reader, reading)
        speaker.say("One.")
        await reader.reads("One.")
        button = reader.page.get_by_role("button")

        await button.get_by_text("Pause").press("Enter")
        speaker.say("A sentence that needs a line of its own.")
        await expect(reader.at("hold")).to_have_text("Go on (1 new)")
        speaker.say("And another one that needs another.")
        await expect(reader.at("hold")).to_have_text("Go on (2 new)")
        held = await reader.lines.all_text_contents()
        await reader.at("hold").press("Enter")

        assert held == ["One."]
        assert len(await reader.lines.all()) == 3
        await expect(reader.at("hold")).to_have_text("Pause")


async def test_who_scrolls_back_reads_in_peace_and_finds_the_latest_words(reading: Reading) -> None:
    speaker = reading.speaker()
    async with reading.reader() as reader:
        await follow(reader, reading)
        speaker.say(*SOME)
        await reader.reads_all(" ".join(SOME))
        await expect(reader.at("latest")).to_be_hidden()

        await reader.at("sheet").focus()
        await reader.page.keyboard.press("Home")
        # Keys scroll little by little.
        await reader.page.wait_for_function("() => sheet.scrollTop === 0")
        await expect(reader.lines.first).to_be_in_viewport()
        await expect(reader.at("latest")).to_be_visible()
        speaker.say("Something new.")
        await expect(reader.lines.last).to_contain_text("Something new.")
        top = await reader.at("sheet").evaluate("e => e.scrollTop")
        await reader.at("latest").click()

        assert top == 0
        await expect(reader.at("latest")).to_be_hidden()
        await expect(reader.at("sheet")).to_be_focused()
        assert await reader.at("sheet").evaluate(IS_AT_END)


async def test_only_who_comes_too_late_for_the_first_words_is_told_so(reading: Reading) -> None:
    reading.keep_finals(2)
    speaker, port = reading.speaker(), reading.port
    async with reading.reader() as early, reading.reader() as late:
        await early.page.goto(reading.link())
        speaker.say("One.", "Two.")
        await early.reads_all("One. Two.")
        speaker.say("Three.")
        await early.reads_all("One. Two. Three.")
        reading.line.cut()
        await reading.has_viewers(0)
        reading.line.lead_to(port)
        await early.is_in("Live")
        await late.page.goto(reading.link())
        await late.reads_all("Two. Three.")

        await expect(early.at("earlier")).to_be_hidden()
        await expect(late.at("earlier")).to_be_visible()
        await late.page.evaluate("document.documentElement.dataset.lines = 'all'")
        assert await barriers(late.page) == []


async def test_a_room_that_ends_leaves_the_words_and_says_so(reading: Reading) -> None:
    speaker = reading.speaker()
    async with reading.reader() as reader, reading.reader() as late:
        await follow(reader, reading)
        speaker.say("One.")
        await reader.reads("One.")

        await reading.end_room()

        await reader.is_in("This has ended.")
        await reader.reads("One.")
        await late.page.goto(reading.link())
        await late.is_in("This has ended.")


async def test_who_finds_no_place_waits_for_one(reading: Reading) -> None:
    reading.speaker().say("One.")
    reading.allow_viewers(0)
    async with reading.reader() as reader:
        await reader.page.goto(reading.link())
        await reader.is_in("No place is free. Trying again…")

        reading.allow_viewers(1)
        await reader.run("dispatchEvent(new Event('online'))")

        await reader.is_in("Live")
        await reader.reads("One.")


async def test_who_speaks_comes_and_goes(reading: Reading) -> None:
    async with reading.reader() as reader:
        await reader.page.goto(reading.link())
        await reader.is_in("Nobody speaks now")
        await expect(reader.at("welcome")).to_have_text("What is said appears here.")

        speaker = reading.speaker()
        await reader.is_in("Live")
        speaker.mumble("Never to be fin")
        await reader.reads("Never to be fin")
        speaker.leave()

        await reader.is_in("Nobody speaks now")
        await reader.reads()


async def test_screen_readers_are_told_what_is_final_once_and_nothing_of_before(
    reading: Reading,
) -> None:
    speaker = reading.speaker()
    speaker.say("Before.")
    async with reading.reader() as reader:
        await follow(reader, reading)
        speaker.mumble("Some")
        await expect(reader.lines.last).to_contain_text("Some")
        speaker.say("Something.")

        await expect(reader.at("announcer").locator("p")).to_have_text(["Something."])
