"""What the overlay shows over a picture, and how its address says that it is to look."""

import asyncio
import base64
import itertools
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import expect

from tests.page.axe import barriers
from tests.page.reading import Reader, Reading
from tests.page.stage import PATIENCE_SECONDS
from tests.page.test_captions_page import NOTING

PICTURE: dict[str, Any] = {"viewport": {"width": 1280, "height": 720}}
LONG = "My uncle sold the old farm by the river because the young people had moved to the city."
ALPHAS = """async (png) => {
  const bytes = Uint8Array.from(atob(png), (each) => each.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]));
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(bitmap, 0, 0);
  const { data } = canvas.getImageData(0, 0, width, height);
  let alphas = "";
  for (let at = 3; at < data.length; at += 4) alphas += String.fromCharCode(data[at]);
  return [width, btoa(alphas)];
}"""
STYLE = "([name, property]) => getComputedStyle(document.querySelector(name))[property]"


async def look(reader: Reader, reading: Reading, **options: str) -> None:
    """Open the overlay and wait until it reads along."""
    viewers = reading.viewers
    await reader.page.goto(reading.link("overlay", **options))
    await reading.has_viewers(viewers + 1)


@dataclass(frozen=True)
class Picture:
    """How much each pixel of a window hides of what is behind it, 0 to 255."""

    width: int
    alphas: bytes

    def at(self, x: float, y: float) -> int:
        return self.alphas[int(y) * self.width + int(x)]

    @property
    def is_clear(self) -> bool:
        return not any(self.alphas)


async def picture(reader: Reader) -> Picture:
    """Look at the window as studio software does, without a page behind it."""
    png = base64.b64encode(await reader.page.screenshot(omit_background=True)).decode()
    width, alphas = await reader.run(ALPHAS, png)
    return Picture(width, base64.b64decode(alphas))


async def test_there_is_nothing_but_the_words_and_what_is_behind_them(reading: Reading) -> None:
    speaker = reading.speaker()
    async with reading.reader(**PICTURE) as reader:
        await look(reader, reading)
        empty = await picture(reader)
        speaker.say("So it goes.")
        await reader.reads("So it goes.")
        words = await picture(reader)
        box = await reader.page.locator("#lines p > span").bounding_box()

    assert empty.is_clear
    corners = itertools.product((0, 1279), (0, 719))
    assert [words.at(x, y) for x, y in corners] == [0, 0, 0, 0]
    assert box
    assert words.at(box["x"] + 3, box["y"] + 3) == pytest.approx(0xBF, abs=1)
    assert words.at(box["x"] + box["width"] + 3, box["y"] + 3) == 0


async def test_no_slit_and_no_seam_is_between_the_lines(reading: Reading) -> None:
    speaker = reading.speaker()
    async with reading.reader(**PICTURE) as reader:
        await look(reader, reading, size="47.3", color="transparent")
        speaker.say(LONG)
        await expect(reader.lines).to_have_count(2)
        image = await picture(reader)
        boxes = [await line.bounding_box() for line in await reader.lines.all()]

    upper, lower = boxes
    assert upper
    assert lower
    column = [image.at(upper["x"] + 4, y) for y in range(720)]
    inside = column[int(upper["y"]) + 2 : int(lower["y"] + lower["height"]) - 2]
    assert set(inside) == {inside[0]}


async def test_only_the_last_lines_stand_there_and_words_do_not_move(reading: Reading) -> None:
    speaker, words = reading.speaker(), f"{LONG} {LONG}".split()
    async with reading.reader(**PICTURE) as reader:
        await reader.page.add_init_script(NOTING)
        await look(reader, reading)
        for count in range(1, len(words) + 1):
            speaker.mumble(" ".join(words[:count]))
            await expect(reader.lines.last).to_contain_text(words[count - 1])
        shown: list[list[str]] = await reader.run("shown")

    settled = [lines for lines in shown if lines]
    assert max(len(lines) for lines in settled) == 2
    assert all(len(line) <= 42 for lines in settled for line in lines)
    for earlier, later in itertools.pairwise(settled):
        assert any(line.startswith(earlier[-1]) for line in later)


async def test_what_was_said_before_is_not_shown(reading: Reading) -> None:
    speaker = reading.speaker()
    speaker.say("Said before.", "And this.")
    async with reading.reader(**PICTURE) as reader:
        await look(reader, reading)
        speaker.mumble("So it goes")

        await reader.reads("So it goes")


async def test_words_go_after_a_silence_and_others_begin_anew(reading: Reading) -> None:
    speaker = reading.speaker()
    async with reading.reader(**PICTURE) as reader:
        await reader.page.clock.install()
        await look(reader, reading, fade="4")
        speaker.say("So it goes.")
        await reader.page.clock.run_for(1000)
        await reader.reads("So it goes.")
        await reader.page.clock.run_for(2500)
        await expect(reader.at("lines")).to_have_css("opacity", "1")

        await reader.page.clock.run_for(1000)
        await expect(reader.at("lines")).to_have_class("faded")
        speaker.mumble("And on")
        await expect(reader.at("lines")).not_to_have_class("faded")
        await reader.page.clock.run_for(100)

        await reader.reads("And on")


async def test_words_that_come_back_shorter_after_a_break_are_shown(reading: Reading) -> None:
    speaker, port = reading.speaker(), reading.port
    async with reading.reader(**PICTURE) as reader:
        await look(reader, reading, fade="3")
        speaker.mumble(f"{LONG} {LONG}")
        await expect(reader.lines).to_have_count(2)
        await expect(reader.at("lines")).to_have_class("faded")
        reading.line.cut()
        await reading.has_viewers(0)
        speaker.say("Well.")
        reading.line.lead_to(port)

        await reader.reads("Well.")


async def test_who_loses_the_line_goes_on_in_silence(reading: Reading) -> None:
    speaker, port = reading.speaker(), reading.port
    async with reading.reader(**PICTURE) as reader:
        await look(reader, reading, fade="0", lines="6")
        speaker.say("One.")
        await reader.reads("One.")
        reading.line.cut()
        await reading.has_viewers(0)
        speaker.say("Two.")
        assert await reader.run("document.getElementById('lines').innerText") == "One."
        reading.line.lead_to(port)
        speaker.say("Three.")
        await reader.reads_all("One. Two. Three.")

        await reading.restart()
        again = reading.speaker(generation=2)
        again.utterance = 4
        again.say("Four.")

        await reader.reads_all("One. Two. Three. Four.")


@pytest.mark.parametrize("seconds", [41, 23])
async def test_a_line_that_is_dead_without_a_sign_is_given_up(
    reading: Reading, seconds: int
) -> None:
    speaker = reading.speaker()
    async with reading.reader(**PICTURE) as reader:
        await reader.page.clock.install()
        await look(reader, reading, fade="0")
        speaker.say("One.")
        await reader.page.clock.run_for(100)
        await reader.reads("One.")
        reading.line.choke()
        speaker.say("Two.")

        async with reader.page.expect_event("websocket"):
            if seconds < 40:  # the network is another one
                await reader.run("dispatchEvent(new Event('online'))")
            await reader.page.clock.run_for(1000 * seconds)
        reading.line.free()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await reader.text() != "One. Two.":
                    await reader.page.clock.run_for(100)

        await reader.reads("One. Two.")


@pytest.mark.parametrize(
    ("options", "place", "name", "value"),
    [
        ({}, "#lines", "fontSize", "46.7302px"),  # 48 if the picture were wider
        ({"size": "32"}, "#lines", "fontSize", "32px"),
        ({"size": "5vh"}, "#lines", "fontSize", "36px"),
        ({"size": "huge"}, "#lines", "fontSize", "46.7302px"),
        ({"color": "ffcc00"}, "#lines p", "color", "rgb(255, 204, 0)"),
        ({"color": "rebeccapurple"}, "#lines p", "color", "rgb(102, 51, 153)"),
        ({"color": "no color"}, "#lines p", "color", "rgb(255, 255, 255)"),
        ({"background": "ff000080"}, "#lines p > span", "backgroundColor", "rgba(255, 0, 0, 0.5)"),
        ({"background": "transparent"}, "#lines p > span", "backgroundColor", "rgba(0, 0, 0, 0)"),
        ({"background": "url(x)"}, "#lines p > span", "backgroundColor", "rgba(0, 0, 0, 0.75)"),
        ({"align": "center"}, "#lines p", "textAlign", "center"),
        ({"align": "middle"}, "#lines p", "textAlign", "start"),
    ],
)
async def test_it_looks_as_its_address_says_or_as_usual(
    reading: Reading, options: dict[str, str], place: str, name: str, value: str
) -> None:
    speaker = reading.speaker()
    async with reading.reader(**PICTURE) as reader:
        await look(reader, reading, **options)
        speaker.say("So it goes.")
        await reader.reads("So it goes.")

        styled: str = await reader.run(STYLE, [place, name])

    if value.endswith("px"):
        assert float(styled[:-2]) == pytest.approx(float(value[:-2]), abs=1)
    else:
        assert styled == value


@pytest.mark.parametrize(
    ("position", "least", "most"),
    [("top", 0.0, 0.2), ("middle", 0.4, 0.6), ("bottom", 0.8, 1.0), ("under", 0.8, 1.0)],
)
async def test_it_stands_where_its_address_says(
    reading: Reading, position: str, least: float, most: float
) -> None:
    speaker = reading.speaker()
    async with reading.reader(**PICTURE) as reader:
        await look(reader, reading, position=position)
        speaker.say("So it goes.")
        await reader.reads("So it goes.")
        box = await reader.lines.first.bounding_box()

    assert box
    assert least * 720 < box["y"]
    assert box["y"] + box["height"] < most * 720


@pytest.mark.parametrize(
    ("options", "count", "longest"),
    [({}, 2, 42), ({"lines": "3"}, 3, 42), ({"lines": "1", "characters": "20"}, 1, 20)],
)
async def test_lines_are_as_many_and_as_long_as_its_address_says(
    reading: Reading, options: dict[str, str], count: int, longest: int
) -> None:
    speaker = reading.speaker()
    async with reading.reader(**PICTURE) as reader:
        await look(reader, reading, **options)
        speaker.say(LONG, LONG, "The end.")
        await expect(reader.lines.last).to_contain_text("end.")

        lines = await reader.lines.all_text_contents()

    assert len(lines) == count
    assert all(len(line) <= longest for line in lines)


@pytest.mark.parametrize("size", [(640, 360), (1920, 1080)])
async def test_a_line_fits_any_picture(reading: Reading, size: tuple[int, int]) -> None:
    speaker = reading.speaker()
    width, height = size
    async with reading.reader(viewport={"width": width, "height": height}) as reader:
        await look(reader, reading, size="200")
        speaker.say("wherever we would have been in all these days.")
        await expect(reader.lines).to_have_count(2)
        boxes = [
            await line.bounding_box() for line in await reader.page.locator("#lines p > span").all()
        ]

    assert all(box and box["x"] + box["width"] <= width for box in boxes)


async def test_an_address_that_lacks_something_is_told(reading: Reading) -> None:
    async with reading.reader(**PICTURE) as reader:
        await reader.page.goto(f"{reading.line.url}overlay?room={reading.room}")

        await expect(reader.at("incomplete")).to_contain_text("take the link of the room")
        assert await barriers(reader.page) == []


async def test_a_link_that_leads_nowhere_shows_nothing_over_the_picture(reading: Reading) -> None:
    async with reading.reader(**PICTURE) as reader:
        page = f"{reading.line.url}overlay?room={reading.room}&token=eyJhbGciOi"
        async with reader.page.expect_response("**/events") as answer:
            await reader.page.goto(page)

        assert (await answer.value).status == 403
        assert (await picture(reader)).is_clear
