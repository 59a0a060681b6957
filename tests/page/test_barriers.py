"""Nobody is kept out, whatever goes on: light and dark, on desks and phones."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.page.axe import barriers
from tests.page.stage import final, partial
from tests.page.visit import Visit
from wsserver.messages import Done, Finish, Speech

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
NARROW = {"viewport": {"width": 320, "height": 640}}
"""As a desk's window is at 400 % (WCAG 2.2, 1.4.10)."""


# Each window and each scheme: no color depends on the window, no place on the scheme.
@pytest.fixture(
    params=[(DESK, "dark"), (PHONE, "light"), (NARROW, "dark")],
    ids=["desk-dark", "phone-light", "narrow-dark"],
)
def window(request: pytest.FixtureRequest) -> dict[str, Any]:
    size, scheme = request.param
    # What breathes is half faint whenever it is looked at.
    return {**size, "color_scheme": scheme, "reduced_motion": "reduce"}


async def is_free(visit: Visit) -> None:
    assert await barriers(visit.page) == []
    assert await visit.run(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    ), "found a page that is wider than its window"


async def test_the_way_in_is_free(visit: Visit) -> None:
    await visit.page.goto(f"{visit.stage.url}#token=old")
    await expect(visit.at("token-refused")).not_to_be_empty()
    await is_free(visit)

    await visit.page.goto(visit.stage.link)
    await visit.is_in("Ready")
    await is_free(visit)
    await visit.at("options").locator("summary").click()
    await is_free(visit)
    await visit.at("manner").select_option("hold")
    await is_free(visit)


async def test_dictation_is_free(visit: Visit) -> None:
    call = await visit.begin()
    await is_free(visit)
    await call.say(
        final("The cat sat on the mat."),
        Speech(event="started", utterance=2, time=1.0),
        partial("and so did the dog", "and so", utterance=2, lag=3.0),
    )
    await visit.reads("The cat sat on the mat. and so did the dog")
    await is_free(visit)

    await visit.at("text").focus()
    await visit.run("document.getElementById('text').setSelectionRange(4, 7)")
    await expect(visit.at("here")).to_be_visible()
    await is_free(visit)
    await visit.at("here").click()
    await visit.at("download").click()
    await is_free(visit)
    await visit.page.keyboard.press("Escape")
    await visit.at("clear").click()
    await expect(visit.at("toast")).to_be_visible()
    await is_free(visit)

    await visit.at("main").click()
    await visit.is_in("Paused")
    await is_free(visit)
    await visit.at("stop").click()
    await call.hear(Finish)
    await visit.is_in("Finishing the last words…")
    await is_free(visit)
    await call.say(Done(duration=1.0, utterances=2))
    await visit.is_in("Ready")
    await is_free(visit)


async def test_trouble_is_free(visit: Visit) -> None:
    call = await visit.begin()
    await call.say(*[final("A sentence of some length.", utterance=i) for i in range(1, 90)])
    await expect(visit.page.locator("#words .final")).to_have_count(89)
    await visit.run("document.getElementById('sheet').scrollTo(0, 0)")
    await expect(visit.at("latest")).to_be_visible()
    await is_free(visit)
    visit.stage.gate.drain()
    call.break_off()
    await visit.is_in("Reconnecting, still recording")
    await is_free(visit)
    await visit.at("stop").click()
    await visit.is_in("Reconnecting to finish…")
    await is_free(visit)


async def test_failure_is_free(visit: Visit) -> None:
    call = await visit.begin()
    await call.listen(call.start.sample_rate)

    await call.hang_up(1008)

    await expect(visit.at("discard")).to_be_visible()
    await is_free(visit)
