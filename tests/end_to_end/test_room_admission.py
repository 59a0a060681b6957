"""Who may open a room, end it, and read along in it."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import InvalidStatus

from tests.arrangements import count_gateways
from tests.end_to_end.conftest import ADMISSION, Run, Running
from tests.end_to_end.hall import BEARER, Hall, open_hall, post
from wsserver.net.room_ids import PURPOSE as ROOMS
from wsserver.net.room_ids import RoomIds
from wsserver.net.signed_tokens import PURPOSE, Grant, SignedTokens
from wsserver.net.tokens import hash_token

VIEWER = {"name": "wall", "hash": hash_token("a-wall"), "scope": ["view"]}
WITH_WALL = {"admission": {"tokens": [*ADMISSION["tokens"], VIEWER]}}


def sign(server: Running, ago: float = 0.0, **grant: Any) -> str:
    key = server.app._key.derive(PURPOSE)
    signed = SignedTokens(key, (), 3_600, lambda: time.time() - ago, 43_200)
    usual: dict[str, Any] = {
        "subject": "tests",
        "scope": ("view",),
        "seconds": 60,
        "one_session": False,
    }
    return signed.sign(Grant(**(usual | grant)))[0]


def ids(server: Running) -> RoomIds:
    return RoomIds(server.app._key.derive(ROOMS))


async def status_of_socket(hall: Hall, **options: Any) -> int:
    try:
        async with hall.connect(**options):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


WRONG: dict[str, tuple[Callable[[Hall], str], int, str]] = {
    "of another room": (
        lambda hall: sign(hall.server, room=ids(hall.server).new("tests")),
        403,
        "missing_scope",
    ),
    "expired": (lambda hall: sign(hall.server, ago=3_000, room=hall.room), 401, "token_expired"),
    "for speaking": (
        lambda hall: sign(hall.server, scope=("speak",), room=hall.room),
        403,
        "missing_scope",
    ),
    "of one who only speaks": (lambda hall: hall.server.token, 403, "missing_scope"),
    "of one who only speaks, signed": (lambda hall: sign(hall.server), 403, "missing_scope"),
    "in another's name": (
        lambda hall: sign(hall.server, subject="wall", room=hall.room),
        404,
        "unknown_room",
    ),
    "in nobody's name": (
        lambda hall: sign(hall.server, subject="eve", room=hall.room),
        403,
        "bad_token",
    ),
    "damaged": (lambda hall: hall.token[:-6] + "AAAAAA", 403, "bad_token"),
}


@pytest.mark.parametrize("what", WRONG)
async def test_nobody_reads_along_with_a_token(run: Run, what: str) -> None:
    make, status, code = WRONG[what]
    async with run(server=WITH_WALL) as server, open_hall(server) as hall:
        headers = {"Authorization": f"Bearer {make(hall)}"}
        path = f"/v1/rooms/{hall.room}"
        hall.links["socket"] = path
        by_socket = await status_of_socket(hall, additional_headers=headers)
        refusals = [
            await hall.refusal(path + way, **headers)
            for way in ("", "/events", "/captions.vtt", "/captions.srt")
        ]

    assert by_socket == status
    assert set(refusals) == {(status, code)}


async def test_nobody_reads_along_without_a_token(run: Run) -> None:
    async with run() as server, open_hall(server) as hall:
        hall.links["socket"] = path = f"/v1/rooms/{hall.room}"

        assert await status_of_socket(hall) == 401
        assert await hall.refusal(f"{path}/events") == (401, "no_token")


async def test_a_viewers_token_does_nothing_else(run: Run) -> None:
    async with run() as server, open_hall(server) as hall:
        bearer = {"Authorization": f"Bearer {hall.token}"}
        told = []
        for method, path in (
            ("POST", "/v1/rooms"),
            ("DELETE", f"/v1/rooms/{hall.room}"),
            ("POST", "/v1/tokens"),
            ("POST", "/stt"),
        ):
            async with hall.browser.request(method, path, headers=bearer) as answer:
                told.append((answer.status, (await answer.json()).get("code")))
        async with hall.browser.get("/v1/admission", headers=bearer) as answer:
            judged = (await answer.json())["code"]

    assert told == [
        (403, "missing_scope"),
        (403, "missing_scope"),
        (403, "not_long_lived"),
        (403, None),
    ]
    assert judged == "missing_scope"


async def test_a_viewer_comes_in_by_header_subprotocol_and_url(run: Run) -> None:
    async with run() as server, open_hall(server) as hall:
        in_url = await status_of_socket(hall)
        hall.links["socket"] = f"/v1/rooms/{hall.room}"
        bearer = {"Authorization": f"Bearer {hall.token}"}
        in_header = await status_of_socket(hall, additional_headers=bearer, subprotocols=None)
        encoded = hall.token.encode().hex()
        wrong = await status_of_socket(hall, subprotocols=["captions.v1", f"token.{encoded}"])
        other = await status_of_socket(
            hall, additional_headers=bearer, subprotocols=["dictation.v1"]
        )

    assert (in_url, in_header, wrong, other) == (101, 101, 403, 400)


async def test_whoever_may_view_all_reads_a_room_that_is_open(run: Run) -> None:
    bearer = {"Authorization": "Bearer a-wall"}
    async with run(server=WITH_WALL) as server, open_hall(server) as hall:
        hall.links["socket"] = f"/v1/rooms/{hall.room}"
        before = await status_of_socket(hall, additional_headers=bearer)
        # Another gateway hears of the room in a moment.
        async with hall.speaker(), asyncio.timeout(30):
            while await status_of_socket(hall, additional_headers=bearer) != 101:
                await asyncio.sleep(0.01)

    assert before == 404


async def test_viewers_take_no_place_of_speakers(run: Run) -> None:
    admission = ADMISSION | {"max_sessions": 1, "handshakes_per_minute": 3}
    async with run(server={"admission": admission}) as server, open_hall(server) as hall:
        four = hall.reader(), hall.reader(), hall.reader(), hall.reader()
        async with four[0], four[1], four[2], four[3], hall.speaker() as speaker:
            await speaker.say()
            viewers = server.app._rooms.viewers

    assert len(speaker.finals) == 1
    assert (viewers, server.app._rooms.viewers) == (4, 0)


@pytest.mark.parametrize("limit", ["viewers", "viewers_per_room"])
async def test_viewers_have_limits_of_their_own(run: Run, limit: str) -> None:
    async with (
        run(rooms={limit: 1}) as server,
        open_hall(server) as hall,
        AsyncExitStack() as readers,
    ):
        while server.app._rooms.viewers < count_gateways():
            with suppress(InvalidStatus):  # by the gateway that is full already
                await readers.enter_async_context(hall.reader())
        by_socket = await status_of_socket(hall)
        async with hall.browser.get(hall.links["events"]) as answer:
            refused = answer.status, (await answer.json())["code"]
            assert int(answer.headers["Retry-After"]) > 0

    assert by_socket == 503
    assert refused == (503, "full")


async def test_a_server_that_stops_lets_no_viewer_in(run: Run) -> None:
    async with run() as server, open_hall(server) as hall:
        server.app._listener.drain()

        assert await status_of_socket(hall) == 503
        assert await hall.refusal(hall.links["events"]) == (503, "draining")


async def test_a_viewer_with_much_to_say_is_cut_off(run: Run) -> None:
    async with run() as server, open_hall(server) as hall, hall.reader() as reader:
        await reader.read()
        await reader.socket.send("x" * 4_000)
        await reader.socket.ping()
        await reader.socket.send("x" * 5_000)
        await reader.read_to_the_end()

    assert reader.socket.close_code == 1009


async def test_a_room_is_made_as_it_was_wished_for(run: Run) -> None:
    async with run() as server, aiohttp.ClientSession(server.url) as browser:
        made = await post(browser, title="Talk", seconds=60)
        again = await post(browser, room=made["room"])
        plain = await post(browser)

    assert made.keys() == {"room", "title", "expires", "token", "links"}
    assert ids(server).is_of(made["room"], "tests")
    assert made["expires"] == pytest.approx(time.time() + 60, abs=30)
    assert again["expires"] == pytest.approx(time.time() + 43_200, abs=30)
    assert again["room"] == made["room"]
    assert plain["room"] != made["room"]
    assert plain["title"] is None
    assert made["links"].keys() == {"captions", "overlay", "socket", "events", "vtt", "srt"}
    assert all(made["token"] in link for link in made["links"].values())


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"seconds": 0}, (400, "bad_message")),
        ({"seconds": 43_201}, (400, "bad_message")),
        ({"title": "x" * 201}, (400, "bad_message")),
        ({"title": 1}, (400, "bad_message")),
        ({"name": "lobby"}, (400, "bad_message")),
        ({"room": "lobby"}, (404, "unknown_room")),
    ],
)
async def test_a_room_that_cannot_be_had_is_refused(
    run: Run, wish: dict[str, Any], expected: tuple[int, str]
) -> None:
    async with (
        run() as server,
        aiohttp.ClientSession(server.url) as browser,
        browser.post("/v1/rooms", json=wish, headers=BEARER) as answer,
    ):
        assert (answer.status, (await answer.json())["code"]) == expected


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        ({"scope": ("speak",)}, 201),
        ({"scope": ("speak",), "one_session": True}, 403),
        ({"scope": ("view",)}, 403),
    ],
)
async def test_a_signed_token_for_many_sessions_opens_rooms(
    run: Run, grant: dict[str, Any], expected: int
) -> None:
    async with run() as server, aiohttp.ClientSession(server.url) as browser:
        bearer = {"Authorization": f"Bearer {sign(server, **grant)}"}
        async with browser.post("/v1/rooms", headers=bearer) as answer:
            assert answer.status == expected


async def test_only_its_owner_ends_a_room(run: Run) -> None:
    speaker = {"name": "bob", "hash": hash_token("a-bob")}
    admission = {"tokens": [*ADMISSION["tokens"], speaker]}
    async with run(server={"admission": admission}) as server, open_hall(server) as hall:
        bearer = {"Authorization": "Bearer a-bob"}
        async with hall.browser.delete(f"/v1/rooms/{hall.room}", headers=bearer) as answer:
            refused = answer.status, (await answer.json())["code"]
        async with hall.reader() as reader:
            await reader.read()

    assert refused == (404, "unknown_room")


async def test_no_log_holds_a_viewers_token(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with (
        run() as server,
        open_hall(server) as hall,
        hall.reader() as reader,
        hall.events() as events,
    ):
        await reader.read()
        await events.next()

    server_said = [r.getMessage() for r in caplog.records if r.name.startswith("wsserver")]
    assert server_said
    assert not [line for line in server_said if hall.token in line]
