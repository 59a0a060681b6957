"""How the captions page looks and is used: sizes, colors, phones, keys, links without use."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.page.axe import barriers
from tests.page.reading import Reader, Reading
from tests.page.test_appearance import CONTRAST

SAID = "My uncle sold the old farm by the river, and nobody wanted to look after the animals."
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"

WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
FOCUS = "(({ id }, style) => [id, style.outlineStyle])" + (
    "(document.activeElement, getComputedStyle(document.activeElement))"
)
SIZE = "e => parseFloat(getComputedStyle(e).fontSize)"


async def follow(reader: Reader, reading: Reading) -> None:
    await reader.page.goto(reading.link())
    await reader.is_in("Live")


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everything_fits_and_can_be_read(reading: Reading, width: int, scheme: str) -> None:
    window: dict[str, Any] = {"viewport": {"width": width, "height": 640}, "color_scheme": scheme}
    speaker = reading.speaker()
    speaker.say(SAID, LONG_WORD)
    speaker.mumble("So it goes on", "So it")
    async with reading.reader(**window) as reader:
        await follow(reader, reading)
        await expect(reader.page.locator("#lines .tentative").first).to_be_visible()
        for _ in range(9):
            scrolled, shown = await reader.run(WIDTHS)
            assert scrolled <= shown
            await reader.at("larger").press("Enter")
        for place in (
            "#title",
            "#state",
            "#smaller",
            "#lines .final",
            "#lines .tentative",
            "#hold",
        ):
            assert await reader.run(CONTRAST, place) >= 4.5, place
        await reader.at("hold").click()
        speaker.say("So it goes on and on, as it always did, and nobody knows where it will end.")
        await expect(reader.at("hold")).to_contain_text("Go on (")
        scrolled, shown = await reader.run(WIDTHS)
        assert scrolled <= shown
        for control in ("line-count", "theme", "hold", "smaller", "larger"):
            await expect(reader.at(control)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
async def test_axe_finds_no_barrier_in_any_state(reading: Reading, theme: str) -> None:
    async with reading.reader() as reader:
        await reader.page.goto(reading.link())
        await reader.is_in("Nobody speaks now")
        await reader.at("theme").select_option(theme)
        assert await barriers(reader.page) == []

        speaker = reading.speaker()
        speaker.say(*[f"{n}. {SAID}" for n in range(10)])
        speaker.mumble("So it goes on", "So it")
        await expect(reader.page.locator("#lines .tentative").first).to_be_visible()
        assert await barriers(reader.page) == []

        await reader.at("hold").click()
        await reader.at("sheet").evaluate("e => e.scrollTo(0, 0)")
        await expect(reader.at("latest")).to_be_visible()
        assert await barriers(reader.page) == []

        await reading.end_room()
        await reader.is_in("This has ended.")
        assert await barriers(reader.page) == []


async def test_size_lines_and_colors_are_set_by_key_and_remembered(reading: Reading) -> None:
    reading.speaker().say(SAID)
    async with reading.reader() as reader:
        await follow(reader, reading)
        sheet, keys = reader.at("sheet"), reader.page.keyboard
        before = await sheet.evaluate(SIZE)

        await keys.press("Tab")
        await keys.press("Tab")
        await expect(reader.at("larger")).to_be_focused()
        await keys.press("Enter")
        await keys.press("Space")
        await keys.press("Tab")
        await keys.type("2")
        await keys.press("Tab")
        await keys.type("High")
        larger = await sheet.evaluate(SIZE)
        await reader.page.reload()
        await reader.is_in("Live")

        assert larger > 1.3 * before
        assert await sheet.evaluate(SIZE) == larger
        await expect(reader.at("line-count")).to_have_value("2")
        await expect(reader.at("theme")).to_have_value("contrast")
        box, leading = await sheet.bounding_box(), 1.4 * larger
        assert box
        assert abs(box["height"] - 2 * leading) < 2


async def test_the_smallest_and_the_largest_size_are_ends(reading: Reading) -> None:
    async with reading.reader() as reader:
        await reader.page.goto(reading.link())
        await reader.at("smaller").focus()

        for _ in range(12):
            await reader.page.keyboard.press("Enter")

        await expect(reader.at("smaller")).to_have_attribute("aria-disabled", "true")
        await expect(reader.at("smaller")).to_be_focused()
        await expect(reader.at("larger")).to_have_attribute("aria-disabled", "false")


@pytest.mark.parametrize(
    ("query", "state", "advice"),
    [
        ("", "This link is not complete.", "Copy all of it, as it was given to you."),
        ("?room={room}", "This link is not complete.", "Copy all of it, as it was given to you."),
        (
            "?room={room}&token=eyJhbGciOi",
            "This link is not valid any more.",
            "Ask whoever gave it to you for a new one.",
        ),
        (
            "?room=another&token={token}",
            "This link is not valid any more.",
            "Ask whoever gave it to you for a new one.",
        ),
    ],
)
async def test_a_link_that_leads_nowhere_is_told_with_what_to_do(
    reading: Reading, query: str, state: str, advice: str
) -> None:
    token = reading.links["captions"].rpartition("token=")[2]
    async with reading.reader() as reader:
        page = f"{reading.line.url}captions{query.format(room=reading.room, token=token)}"

        await reader.page.goto(page)

        await reader.is_in(state)
        await expect(reader.at("welcome")).to_have_text(f"{state} {advice}")
        assert await barriers(reader.page) == []


async def test_who_is_there_when_the_link_expires_is_told_and_keeps_the_words(
    reading: Reading,
) -> None:
    speaker = reading.speaker()
    await reading.open_room(room=reading.room, seconds=60)
    async with reading.reader() as reader:
        await follow(reader, reading)
        speaker.say("One.")
        await reader.reads("One.")

        reading.put_clocks_forward(200)
        await reader.is_in("This link has expired. Ask whoever gave it to you for a new one.")
        await reader.reads("One.")
        await reader.page.reload()

        await reader.is_in("This link is not valid any more.")
        await expect(reader.at("welcome")).to_contain_text("Ask whoever gave it to you")


async def test_everything_can_be_reached_by_key_and_seen_there(reading: Reading) -> None:
    reading.speaker().say(SAID)
    async with reading.reader() as reader:
        await follow(reader, reading)
        reached = []

        for _ in range(6):
            await reader.page.keyboard.press("Tab")
            reached.append(await reader.run(FOCUS))

        names = ("smaller", "larger", "line-count", "theme", "hold", "sheet")
        assert reached == [[name, "solid"] for name in names]
