"""Who gets in, and what the others are told."""

import pytest
from playwright.async_api import expect
from websockets.asyncio.client import connect

from tests.page.stage import Curtain
from tests.page.visit import Visit
from wsserver.messages import Done, Finish

NOTE_PHASES = """() => {
  window.phases = [];
  const note = () => phases.push(document.body.dataset.phase);
  new MutationObserver(note).observe(document.body, { attributeFilter: ["data-phase"] });
}"""


async def test_the_link_brings_the_token_and_the_address_loses_it(visit: Visit) -> None:
    requested: list[str] = []
    visit.page.on("request", lambda request: requested.append(request.url))

    await visit.begin()

    assert visit.page.url == visit.stage.url
    assert not [url for url in requested if visit.stage.token in url]


async def test_the_token_lasts_for_the_tab(visit: Visit) -> None:
    await visit.arrive()

    await visit.page.goto(visit.stage.url)
    await visit.at("main").click()

    await visit.stage.call()
    await visit.is_in("Listening")


async def test_without_a_token_the_page_asks_for_one(visit: Visit) -> None:
    await visit.page.goto(visit.stage.url)
    await expect(visit.at("token")).to_be_focused()
    await expect(visit.at("token-refused")).to_be_empty()

    await visit.page.keyboard.type("wst_wrong")
    await visit.page.keyboard.press("Enter")
    await expect(visit.at("token-refused")).to_contain_text("This token is not known here")

    await visit.page.keyboard.type(visit.stage.token)
    await visit.page.keyboard.press("Enter")
    await expect(visit.at("door")).to_be_hidden()
    await expect(visit.at("main")).to_be_focused()


async def test_the_whole_link_serves_for_a_token(visit: Visit) -> None:
    await visit.page.goto(visit.stage.url)

    await visit.at("token").fill(visit.stage.link)
    await visit.page.keyboard.press("Enter")

    await expect(visit.at("door")).to_be_hidden()


async def test_a_token_of_an_earlier_run_is_asked_for_anew(visit: Visit) -> None:
    await visit.page.goto(f"{visit.stage.url}#token=wst_old")

    await expect(visit.at("token-refused")).to_contain_text("started anew")


async def test_a_link_pasted_into_an_open_page_opens_it(visit: Visit) -> None:
    await visit.page.goto(visit.stage.url)
    await expect(visit.at("door")).to_be_visible()

    await visit.run("(hash) => { location.hash = hash; }", f"token={visit.stage.token}")

    await expect(visit.at("door")).to_be_hidden()
    assert visit.page.url == visit.stage.url


async def test_another_token_can_be_used(visit: Visit) -> None:
    await visit.arrive()

    await visit.at("options").locator("summary").click()
    await visit.at("forget-token").click()

    await expect(visit.at("token")).to_be_focused()


@pytest.mark.parametrize("key", ["Control+Enter", "Control+Shift+Enter", "F8"])
async def test_keys_open_no_microphone_before_the_door(visit: Visit, key: str) -> None:
    await visit.arrive()
    await visit.at("options").locator("summary").click()
    if key == "F8":
        await visit.at("manner").select_option("hold")
        await visit.at("hold-key").select_option("F8")
    await visit.at("forget-token").click()
    await expect(visit.at("token")).to_be_focused()
    await visit.run(NOTE_PHASES)

    await visit.page.keyboard.press(key)

    await visit.is_in("Ready")
    assert visit.stage.arrivals.empty()
    phases = await visit.run("window.phases")
    assert phases == []


async def test_who_uses_another_token_is_not_listened_to(visit: Visit) -> None:
    call = await visit.begin()
    await visit.at("options").locator("summary").click()

    await visit.at("forget-token").click()

    await call.hear(Finish)
    await call.say(Done(duration=1.0, utterances=0))
    await visit.is_in("Ready")
    await expect(visit.at("token")).to_be_focused()


@pytest.fixture
def max_sessions() -> int:
    return 1


async def test_a_full_server_is_told_and_can_be_tried_again(visit: Visit) -> None:
    await visit.arrive()
    url = visit.stage.url.replace("http", "ws", 1) + "v1/dictation"
    bearer = {"Authorization": f"Bearer {visit.stage.token}"}
    async with connect(url, additional_headers=bearer, proxy=None):
        await visit.at("main").click()
        await visit.is_told("The server is full. Found 1 sessions, the most at a time.")
        await visit.is_told("Try again in 5 s.")
        await visit.is_in("Ready")
        visit.stage.arrivals.get_nowait()

    await visit.stage.empty()
    await visit.at("retry").click()

    await visit.stage.call()
    await visit.is_in("Listening")
    await visit.is_told_nothing()


async def test_a_server_that_still_loads_is_told(visit: Visit, curtain: Curtain) -> None:
    await visit.arrive()
    curtain.missing = "the model is being loaded"

    await visit.at("main").click()

    await visit.is_told("The server is still getting ready. The model is being loaded.")


async def test_a_server_that_stops_is_told(visit: Visit) -> None:
    await visit.arrive()
    visit.stage.gate.drain()

    await visit.at("main").click()

    await visit.is_told("The server is about to stop.")


async def test_plain_http_from_elsewhere_is_explained(visit: Visit) -> None:
    elsewhere = visit.stage.link.replace("127.0.0.1", "dictation.test")

    await visit.page.goto(elsewhere)
    await visit.is_told("Start the server with “--tls self” and open it with https.")
    await visit.at("main").click()

    await visit.is_in("Ready")
    await visit.is_told("secure pages only")
