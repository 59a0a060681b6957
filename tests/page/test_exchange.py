"""What the page presents in the place of the token of its link."""

import base64
import json

import pytest
from playwright.async_api import Page, Request, Route, expect

from tests.page.stage import READY, Call, bookmarked, cursor, final, resumed
from tests.page.visit import EXCHANGE, Visit, count_exchanges
from wsserver.messages import Done, Finish


def shown(call: Call) -> str:
    """Give all that the server saw of a handshake, and what is encoded in it."""
    assert call.connection.request
    headers = call.connection.request.headers
    offered = headers.get("Sec-WebSocket-Protocol", "").replace("token.", "").split(", ")
    decoded = [base64.urlsafe_b64decode(f"{item}===") for item in offered if "." not in item]
    return f"{call.connection.request.path} {list(headers.raw_items())} {decoded}"


async def finish(visit: Visit, call: Call) -> None:
    await visit.at("stop").click()
    await call.hear(Finish)
    await call.say(Done(duration=1.0, utterances=0))
    await visit.is_in("Ready")


async def test_the_handshake_shows_a_token_that_was_made_for_it(visit: Visit) -> None:
    call = await visit.begin()

    assert visit.stage.is_made(call.credential)
    assert call.credential in shown(call)
    assert visit.stage.token not in shown(call)


async def test_the_token_of_the_link_goes_to_two_routes_alone(visit: Visit) -> None:
    requests: list[Request] = []
    visit.page.on("request", lambda request: requests.append(request))

    await finish(visit, await visit.begin())

    paths = set()
    for request in requests:
        told = f"{await request.all_headers()} {request.url} {request.post_data}"
        if visit.stage.token in told:
            paths.add(request.url.removeprefix(visit.stage.url).partition("?")[0])
    assert paths == {"v1/admission", "v1/tokens"}


async def test_what_is_made_is_kept_nowhere(visit: Visit) -> None:
    call = await visit.begin(bookmarked(READY, cursor("first"), 0, 0))
    await call.say(final("One."))
    await visit.reads("One.")
    await visit.saves(1)

    kept = await visit.run(
        """async () => {
          const { openShelf } = await import(new URL("page/shelf.js", document.baseURI));
          const heads = await (await openShelf()).heads();
          return [{ ...sessionStorage }, { ...localStorage }, heads];
        }"""
    )

    assert visit.stage.token in json.dumps(kept[0])
    assert visit.stage.token not in json.dumps(kept[1:])
    assert call.credential not in json.dumps(kept)


async def test_a_session_that_goes_on_needs_no_exchange(visit: Visit) -> None:
    exchanges = count_exchanges(visit.page)
    first = await visit.begin(bookmarked(READY, cursor("first"), 0, 0))
    await first.listen(1)

    first.break_off()
    second = await visit.stage.call(resumed(0, 0, cursor("second")))
    await visit.is_in("Listening")

    assert second.credential == cursor_of(second)
    assert len(exchanges) == 1


def cursor_of(call: Call) -> str:
    assert call.start.resume
    return call.start.resume


@pytest.mark.parametrize("longest_seconds", [None])
async def test_a_server_that_makes_none_is_shown_the_token_itself(visit: Visit) -> None:
    call = await visit.begin()

    assert call.credential == visit.stage.token


@pytest.mark.parametrize("longest_seconds", [60])
async def test_a_server_that_makes_short_ones_only_is_content(visit: Visit) -> None:
    call = await visit.begin()

    assert visit.stage.is_made(call.credential)


async def test_every_session_has_its_own(visit: Visit) -> None:
    first = await visit.begin()
    await finish(visit, first)
    visit.stage.watch.ahead_seconds = 3600

    await visit.at("main").click()
    second = await visit.stage.call()
    await visit.is_in("Listening")

    assert second.credential != first.credential
    assert visit.stage.is_made(second.credential)


async def test_a_link_with_a_token_for_one_session_opens_one(visit: Visit) -> None:
    made = visit.stage.make()
    await visit.page.goto(f"{visit.stage.url}#token={made}")
    await visit.at("main").click()
    call = await visit.stage.call()
    await finish(visit, call)

    await visit.at("main").click()
    await expect(visit.at("token")).to_be_focused()

    assert call.credential == made
    await expect(visit.at("token-refused")).to_contain_text("made for one dictation only")
    assert visit.stage.arrivals.empty()


async def test_a_link_with_a_token_for_one_session_goes_on_after_a_break(visit: Visit) -> None:
    await visit.page.goto(f"{visit.stage.url}#token={visit.stage.make()}")
    await visit.at("main").click()
    first = await visit.stage.call(bookmarked(READY, cursor("first"), 0, 0))
    await first.listen(1)

    first.break_off()
    second = await visit.stage.call(resumed(0, 0, cursor("second")))

    assert second.credential == cursor_of(second)
    await visit.is_in("Listening")


async def test_a_link_whose_token_has_expired_is_told(visit: Visit) -> None:
    made = visit.stage.make(seconds=60)
    visit.stage.watch.ahead_seconds = 120

    await visit.page.goto(f"{visit.stage.url}#token={made}")

    await expect(visit.at("token-refused")).to_contain_text("This token has expired")


@pytest.mark.parametrize(
    ("status", "body", "got"),
    [
        (200, '{"token": "eyJ.x.y", "expires_at": 1}', {"token": "eyJ.x.y"}),
        (404, '{"status": 404, "code": "not_found"}', {"token": "wst_1"}),
        (404, "<h1>Not found</h1>", {"token": "wst_1"}),
        (405, "", {"token": "wst_1"}),
        (403, '{"status": 403, "code": "not_long_lived"}', {"token": "wst_1"}),
        (403, '{"status": 403, "code": "bad_token"}', "bad_token"),
        (401, '{"status": 401, "code": "no_token"}', "no_token"),
        (429, '{"status": 429, "code": "too_many_failures"}', "too_many_failures"),
        (200, "<h1>Welcome to our hotel</h1>", ""),
        (200, "null", ""),
        (502, "", ""),
    ],
)
async def test_a_token_is_shown_itself_only_where_there_is_no_exchange(
    modules: Page, status: int, body: str, got: dict[str, str] | str
) -> None:
    async def serve(route: Route) -> None:
        await route.fulfill(status=status, body=body)

    await modules.route(EXCHANGE, serve)
    found = await modules.evaluate(
        "async () => (await import('/page/admission.js')).server.exchange('wst_1')"
    )
    await modules.unroute(EXCHANGE)

    assert (found if "token" in found else found["refusal"]["code"]) == got


async def test_who_has_no_token_exchanges_none(modules: Page) -> None:
    exchanges = count_exchanges(modules)

    found = await modules.evaluate(
        "async () => (await import('/page/admission.js')).server.exchange('')"
    )

    assert found == {"token": ""}
    assert exchanges == []
