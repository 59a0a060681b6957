"""How the page looks, in light and dark, on desks and phones."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.page.stage import final, partial
from tests.page.visit import Visit

PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 800}}

CONTRAST = """(selector) => {
  const place = document.querySelector(selector);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const paint = (...colors) => {
    for (const color of colors) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (color) => {
    const [r, g, b] = color.map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const grounds = [];
  for (let e = place; e; e = e.parentElement) grounds.unshift(getComputedStyle(e).backgroundColor);
  const below = luminance(paint(...grounds));
  const above = luminance(paint(...grounds, getComputedStyle(place).color));
  return (Math.max(above, below) + 0.05) / (Math.min(above, below) + 0.05);
}"""


# The other two pairs are looked at by the tests of barriers.
@pytest.fixture(params=[(DESK, "light"), (PHONE, "dark")], ids=["desk-light", "phone-dark"])
def window(request: pytest.FixtureRequest) -> dict[str, Any]:
    size, scheme = request.param
    return {**size, "color_scheme": scheme}


async def is_wider_than_the_window(visit: Visit) -> bool:
    return bool(
        await visit.run(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
    )


async def test_everything_fits_and_can_be_read(visit: Visit) -> None:
    await visit.page.emulate_media(reduced_motion="reduce")
    await visit.arrive()
    for place in ("#welcome .lead", "#welcome p:nth-of-type(4)", "#main", "#state", "#chosen"):
        assert await visit.run(CONTRAST, place) >= 4.5, place
    assert not await is_wider_than_the_window(visit)

    await visit.at("options").locator("summary").click()
    for place in ("#device", "#prompt", "#prompt-help", "label[for=device]", "#forget-token"):
        assert await visit.run(CONTRAST, place) >= 4.5, place
    assert not await is_wider_than_the_window(visit)
    await visit.at("options").locator("summary").click()

    await visit.at("main").click()
    call = await visit.stage.call()
    await call.say(
        final("A-word-that-does-not-want-to-end" * 3), partial("so much", "so", utterance=2)
    )
    await visit.is_in("Listening")
    await expect(visit.page.locator("#words .tentative")).to_be_visible()
    places = (
        "#text",
        "#practice summary",
        "#stop",
    )
    for place in (*places, "#main", "#copy", "#elapsed"):
        assert await visit.run(CONTRAST, place) >= 4.5, place
    assert not await is_wider_than_the_window(visit)

    visit.stage.gate.drain()
    call.break_off()
    await visit.is_in("Reconnecting, still recording")
    for place in ("#problem-title", "#problem-text", "#main"):
        assert await visit.run(CONTRAST, place) >= 4.5, place
    assert not await is_wider_than_the_window(visit)
    await expect(visit.at("main")).to_be_in_viewport(ratio=1)
    await expect(visit.at("stop")).to_be_in_viewport(ratio=1)


async def test_the_door_can_be_read(visit: Visit) -> None:
    await visit.page.goto(f"{visit.stage.url}#token=old")
    await expect(visit.at("token-refused")).not_to_be_empty()

    for place in ("#door h2", "#door p", "#token-refused", "#door button", "#token"):
        assert await visit.run(CONTRAST, place) >= 4.5, place
    assert not await is_wider_than_the_window(visit)


async def test_a_failure_can_be_read(visit: Visit) -> None:
    call = await visit.begin()

    await call.hang_up(1008)

    await visit.is_in("Ready")
    for place in ("#problem-title", "#problem-text", "#retry", "#discard"):
        assert await visit.run(CONTRAST, place) >= 4.5, place
    assert not await is_wider_than_the_window(visit)


async def test_nothing_moves_for_those_who_do_not_want_it(visit: Visit) -> None:
    await visit.page.emulate_media(reduced_motion="reduce")
    call = await visit.begin()
    visit.stage.gate.drain()

    call.break_off()
    await visit.is_in("Reconnecting, still recording")

    assert await visit.run("document.getAnimations().length") == 0


@pytest.mark.parametrize("height", [430, 256])
async def test_a_keyboard_on_the_screen_leaves_room_for_the_words(
    visit: Visit, height: int
) -> None:
    call = await visit.begin()
    await call.say(*[final("A sentence of some length.", utterance=i) for i in range(1, 40)])
    await expect(visit.page.locator("#words .final")).to_have_count(39)
    await visit.at("text").focus()

    await visit.page.set_viewport_size({"width": 360, "height": height})

    lines = "() => document.getElementById('sheet').clientHeight / (16 * 1.2 * 1.6)"
    await expect(visit.page.locator(".point")).to_be_in_viewport()
    assert await visit.run(lines) >= (5 if height > 400 else 2)
    assert not await is_wider_than_the_window(visit)
