import asyncio
import io
import json
from dataclasses import replace

import pytest

from tests.net.doorway import (
    BEARER,
    BEARER_LINES,
    SETTINGS,
    UPGRADE_LINES,
    Doorway,
    Setup,
    bystander,
    head,
    open_doorway,
    text_frame,
    upgrade,
    with_http,
)
from tests.waiting import until
from wsserver.net.settings import NetSettings, TlsSettings

HASTY = with_http(head_timeout_seconds=0.5)
BODY = bytes(range(256)) * 4


def over_tls(settings: NetSettings = SETTINGS) -> NetSettings:
    return replace(settings, tls=TlsSettings(mode="self"))


@pytest.fixture(params=["plain", "tls"])
def settings(request: pytest.FixtureRequest) -> NetSettings:
    return SETTINGS if request.param == "plain" else over_tls()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


async def test_http_and_sockets_are_served_on_one_port(settings: NetSettings) -> None:
    async with open_doorway(Setup(settings=settings)) as doorway:
        async with doorway.browser() as browser, browser.get("/ping") as answer:
            ping = await answer.json()
        async with doorway.connect() as connection:
            await connection.send(b"\x00\x01")
            echoed = await connection.recv()

    assert ping == {"text": "pong", "status": "success"}
    assert echoed == b"\x00\x01"


async def test_a_body_of_20_mb_arrives_whole(settings: NetSettings) -> None:
    body = BODY * (20 * 1024 * 1024 // len(BODY))

    async with (
        open_doorway(Setup(settings=settings)) as doorway,
        bystander(doorway) as honest,
        doorway.browser() as browser,
        browser.post("/length", data=io.BytesIO(body), headers=BEARER) as answer,
    ):
        assert await honest.is_served()
        assert await answer.json() == {"bytes": len(body)}


async def test_a_body_that_comes_with_its_head_is_not_lost(settings: NetSettings) -> None:
    request = head("POST /length HTTP/1.1", f"Content-Length: {len(BODY)}", *BEARER_LINES) + BODY

    async with open_doorway(Setup(settings=settings)) as doorway:
        answer = await doorway.send_and_read(request)

    assert status(answer) == 200
    assert json.loads(answer.split(b"\r\n\r\n")[1]) == {"bytes": len(BODY)}


async def test_frames_that_come_with_the_upgrade_are_not_lost(settings: NetSettings) -> None:
    async with open_doorway(Setup(settings=settings)) as doorway, doorway.raw() as raw:
        await raw.send(upgrade() + text_frame("early") + text_frame("bird"))

        answer = await raw.read_head()
        echoed = await raw.reader.readexactly(2 + 5 + 2 + 4)

    assert status(answer) == 101
    assert echoed == b"\x81\x05early\x81\x04bird"


async def test_a_head_may_come_byte_by_byte(settings: NetSettings) -> None:
    async with open_doorway(Setup(settings=settings)) as doorway:
        answer = await doorway.send_and_read(
            *(bytes([byte]) for byte in head("GET /ping HTTP/1.1"))
        )

        async with doorway.raw() as raw:
            for byte in upgrade() + text_frame("slow"):
                await raw.send(bytes([byte]))
            upgraded = await raw.read_head()
            echoed = await raw.reader.readexactly(6)

    assert status(answer) == 200
    assert status(upgraded) == 101
    assert echoed == b"\x81\x04slow"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), 400),
        (b"\x00" * 100, 400),
        (b"SSH-2.0-OpenSSH_9.2\r\n", 400),
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"GET /" + b"x" * 20_000, 431),
        (b"GET / HTTP/1.1\r\n" + b"X-Pad: y\r\n" * 2_000, 431),
        (head("GET /ping HTTP/9.9"), 400),
        (head("GET ping with spaces HTTP/1.1"), 400),
        (head("GET /ping HTTP/1.1", "Bad Name: x"), 400),
        (head("GET /ping HTTP/1.1", "Content-Length: -1"), 400),
        (head("POST /length HTTP/1.1", "Transfer-Encoding: chunked", "Content-Length: 3"), 400),
        (head("PRI * HTTP/2.0") + b"SM\r\n\r\n", 400),
    ],
)
async def test_what_is_no_request_is_answered_and_harms_nobody(sent: bytes, expected: int) -> None:
    async with open_doorway() as doorway, bystander(doorway):
        answer = await doorway.send_and_read(sent)

    assert status(answer) == expected
    assert b"Connection: close" in answer


async def test_an_oversize_head_is_answered_though_its_sender_goes_on(
    settings: NetSettings,
) -> None:
    async with open_doorway(Setup(settings=settings)) as doorway, bystander(doorway):
        answer = await doorway.send_and_read(b"GET /" + b"x" * 16_400, b"x" * 4096, b"x" * 4096)

    assert status(answer) == 431


async def test_a_refused_connection_stays_open_for_its_sender_to_finish() -> None:
    async with open_doorway() as doorway, doorway.raw() as raw:
        await raw.send(b"GET /" + b"x" * 16_400)
        answer = await raw.read_all()
        await raw.send(b"x" * 4096)
        await doorway.send_and_read(head("GET /ping HTTP/1.1"))

        assert len(doorway.listener._hall.guests) == 1
        assert status(answer) == 431


@pytest.mark.parametrize("sent", [b"G", b"GET / HTTP/1.1\r\n", upgrade()[:-2]])
async def test_half_a_head_is_answered_when_its_time_is_over(sent: bytes) -> None:
    async with open_doorway(Setup(settings=HASTY)) as doorway:
        answer = await doorway.send_and_read(sent)

    assert status(answer) == 408


async def test_a_connection_that_says_nothing_is_closed_when_its_time_is_over() -> None:
    async with open_doorway(Setup(settings=HASTY)) as doorway:
        answer = await doorway.send_and_read()

    assert answer == b""


async def test_a_head_that_trickles_gets_no_more_time_than_another() -> None:
    async def trickle(doorway: Doorway) -> bytes:
        async with doorway.raw() as raw:
            answer = asyncio.create_task(raw.read_all())
            await raw.send(b"GET / HTTP/1.1\r\n")
            while not answer.done():
                await raw.send(b"X: y\r\n")
                await asyncio.wait([answer], timeout=0.02)
            return await answer

    async with open_doorway(Setup(settings=HASTY)) as doorway:
        answers = await asyncio.gather(*(trickle(doorway) for _ in range(20)))

    assert {status(answer) for answer in answers} == {408}


async def test_an_open_socket_outlives_the_time_for_its_head() -> None:
    async with (
        open_doorway(Setup(settings=HASTY)) as doorway,
        bystander(doorway) as honest,
    ):
        await doorway.send_and_read(b"G")

        assert await honest.is_served()


@pytest.mark.parametrize(
    ("first", "body"),
    [
        ("GET /ping HTTP/1.1", True),
        ("GET /ping HTTP/1.0", True),
        ("HEAD /ping HTTP/1.1", False),
    ],
)
async def test_an_answer_closes_its_connection(first: str, body: bool) -> None:
    async with open_doorway() as doorway:
        answer = await doorway.send_and_read(head(first, "Connection: keep-alive"))

    top, _, rest = answer.partition(b"\r\n\r\n")
    assert status(answer) == 200
    assert b"\r\nConnection: close" in top
    assert bool(rest) is body


async def test_a_second_request_on_one_connection_is_not_answered() -> None:
    async with open_doorway() as doorway:
        answer = await doorway.send_and_read(head("GET /ping HTTP/1.1") + upgrade())
        await doorway.empty()

    assert answer.count(b"HTTP/1.1 ") == 1
    assert status(answer) == 200


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (head("GET /v1/dictation HTTP/1.0", *UPGRADE_LINES), 505),
        (head("POST /v1/dictation HTTP/1.1", *UPGRADE_LINES), 405),
        (head("GET /v1/dictation HTTP/1.1", "Upgrade: websocket", *BEARER_LINES), 426),
        (upgrade().replace(b"Version: 13", b"Version: 8"), 400),
        (upgrade().replace(b"Sec-WebSocket-Key", b"X-Key"), 400),
    ],
)
async def test_an_upgrade_that_is_not_right_takes_no_place(sent: bytes, expected: int) -> None:
    async with open_doorway() as doorway, bystander(doorway) as honest:
        answer = await doorway.send_and_read(sent)

        assert await honest.is_served()
        assert doorway.gate.sessions == 1

    assert status(answer) == expected


async def test_an_upgrade_with_a_body_is_cut_off() -> None:
    request = head("POST /v1/dictation HTTP/1.1", "Content-Length: 5", *UPGRADE_LINES) + b"hello"

    async with open_doorway() as doorway, bystander(doorway):
        answer = await doorway.send_and_read(request)

    assert answer == b""


VANISHING = {
    "before a word": [],
    "in the head": [b"GET /v1/dict"],
    "after its request": [head("GET /ping HTTP/1.1")],
    "in the body": [head("POST /length HTTP/1.1", "Content-Length: 1000", *BEARER_LINES), b"x"],
    "after the upgrade": [upgrade()],
    "in a frame": [upgrade(), text_frame("hello")[:5]],
    "after a frame": [upgrade(), text_frame("hello")],
    "after nonsense": [b"\x00\x01\x02"],
}


@pytest.mark.parametrize("kind", ["reset", "end"])
@pytest.mark.parametrize("sent", VANISHING.values(), ids=VANISHING.keys())
async def test_a_client_may_vanish_at_any_step(
    sent: list[bytes], kind: str, settings: NetSettings
) -> None:
    async with (
        open_doorway(Setup(settings=settings)) as doorway,
        bystander(doorway) as honest,
    ):
        for _ in range(5):
            async with doorway.raw() as raw:
                for piece in sent:
                    await raw.send(piece)
                if kind == "reset":
                    await raw.reset()
        assert await honest.is_served()

        await until(lambda: doorway.gate.sessions == 1)


async def test_plain_bytes_on_a_tls_port_harm_nobody() -> None:
    async with (
        open_doorway(Setup(settings=over_tls())) as doorway,
        bystander(doorway),
        doorway.raw(plain=True) as raw,
    ):
        await raw.send(head("GET /ping HTTP/1.1"))
        answer = await raw.read_all()

    assert b"HTTP/1.1 200" not in answer
