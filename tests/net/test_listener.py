import asyncio
import gc
import json
import logging
import socket
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.net.doorway import (
    BEARER,
    BEARER_LINES,
    PATH,
    PLAIN,
    SETTINGS,
    SUBPROTOCOLS,
    TOKEN_SUBPROTOCOL,
    UPGRADE_LINES,
    Doorway,
    Setup,
    head,
    open_doorway,
    text_frame,
    until_idle,
    upgrade,
    with_admission,
    with_socket,
)
from wsserver.errors import ConfigError
from wsserver.net.addresses import network_addresses
from wsserver.net.admission import Gate
from wsserver.net.conditions import Conditions
from wsserver.net.http_app import http_app
from wsserver.net.listener import Listener, Sockets
from wsserver.net.places import Lease


async def refused(attempt: connect) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as caught:
        await attempt
    return caught.value


def told(error: InvalidStatus) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(bytes(error.response.body))
    return body


async def echoes(connection: ClientConnection) -> bool:
    await connection.send("hello")
    return await connection.recv() == "hello"


async def test_the_url_names_the_real_port() -> None:
    async with open_doorway() as doorway:
        assert doorway.listener.port > 0
        assert doorway.listener.url == f"http://127.0.0.1:{doorway.listener.port}/"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://localhost:8000/"),
        ("::", "http://localhost:8000/"),
        ("::1", "http://[::1]:8000/"),
        ("box.local", "http://box.local:8000/"),
    ],
)
async def test_the_url_is_one_that_a_browser_can_open(host: str, url: str) -> None:
    settings = replace(SETTINGS, host=host, port=8000)
    gate = Gate(settings.admission, Conditions(), lambda: 0.0)

    async def on_session(_: ServerConnection, lease: Lease) -> None:
        lease.release()

    assert Listener(settings, gate, Sockets(on_session), http_app(settings, gate, [])).url == url


async def test_a_server_for_everybody_names_the_addresses_that_others_reach() -> None:
    alone, everywhere = (replace(SETTINGS, host=host, port=0) for host in ("127.0.0.1", "0.0.0.0"))

    async with open_doorway(Setup(settings=alone)) as doorway:
        assert doorway.listener.network_urls == []
    async with open_doorway(Setup(settings=everywhere)) as doorway:
        port = doorway.listener.port
        expected = [name for name in network_addresses() if ":" not in name]
        assert doorway.listener.network_urls == [f"http://{name}:{port}/" for name in expected]


async def test_a_port_that_is_taken_is_an_error_of_the_operator() -> None:
    async with open_doorway() as doorway:
        taken = replace(SETTINGS, port=doorway.listener.port)

        with pytest.raises(ConfigError, match=rf"cannot listen on 127\.0\.0\.1, port {taken.port}"):
            async with open_doorway(Setup(settings=taken)):
                pass


@pytest.mark.parametrize(
    ("options", "selected"),
    [
        ({"additional_headers": BEARER}, None),
        ({"additional_headers": {"Authorization": f"Token {PLAIN}"}}, None),
        ({"additional_headers": BEARER, "subprotocols": SUBPROTOCOLS[:1]}, "dictation.v1"),
        ({"additional_headers": {}, "subprotocols": SUBPROTOCOLS}, "dictation.v1"),
        ({"additional_headers": {}, "subprotocols": SUBPROTOCOLS[::-1]}, "dictation.v1"),
    ],
)
async def test_a_token_opens_a_session_and_is_not_sent_back(
    options: dict[str, Any], selected: str | None
) -> None:
    async with open_doorway() as doorway, doorway.connect(**options) as connection:
        assert connection.subprotocol == selected
        assert connection.response is not None
        assert TOKEN_SUBPROTOCOL not in str(connection.response.headers)
        assert await echoes(connection)


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"additional_headers": {}}, 401, "no_token"),
        ({"additional_headers": {"Authorization": "Bearer unknown"}}, 403, "bad_token"),
        ({"additional_headers": {"Authorization": "nonsense"}}, 403, "bad_token"),
        ({"origin": Origin("http://elsewhere")}, 403, "bad_origin"),
        ({"subprotocols": [Subprotocol("soap")]}, 400, "bad_subprotocol"),
    ],
)
async def test_a_refusal_comes_before_the_upgrade_and_as_json(
    options: dict[str, Any], status: int, code: str
) -> None:
    async with open_doorway() as doorway:
        error = await refused(doorway.connect(**options))
        assert doorway.gate.sessions == 0

    assert error.response.status_code == status
    assert told(error)["code"] == code
    assert told(error)["admitted"] is False
    assert error.response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert error.response.headers["Cache-Control"] == "no-store"
    assert "Server" not in error.response.headers
    assert error.response.headers["X-Content-Type-Options"] == "nosniff"


async def test_nothing_presented_is_told_how_to_authenticate() -> None:
    async with open_doorway() as doorway:
        error = await refused(doorway.connect(additional_headers={}))

    assert error.response.headers["WWW-Authenticate"] == 'Bearer realm="wsserver"'


async def test_a_full_server_tells_when_to_come_again() -> None:
    async with (
        open_doorway(Setup(settings=with_admission(max_sessions=1))) as doorway,
        doorway.connect() as first,
    ):
        error = await refused(doorway.connect())
        assert await echoes(first)

    assert error.response.status_code == 503
    assert error.response.headers["Retry-After"] == "5"
    assert told(error)["retry_after"] == 5


async def test_another_path_holds_no_sessions() -> None:
    async with open_doorway() as doorway:
        answer = await doorway.send_and_read(upgrade("/v1/elsewhere"))

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"expected /, /v1/dictation" in answer


@pytest.mark.parametrize(("allowed", "status"), [(True, 101), (False, 401)])
async def test_a_token_in_the_url_is_taken_only_where_it_is_allowed(
    allowed: bool, status: int
) -> None:
    request = head(f"GET {PATH}?token={PLAIN} HTTP/1.1", *UPGRADE_LINES[:4])

    async with (
        open_doorway(Setup(settings=with_admission(token_in_url=allowed))) as doorway,
        doorway.raw() as raw,
    ):
        await raw.send(request)
        answer = await raw.read_head()

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


async def test_the_session_gets_the_lease_of_its_token() -> None:
    names = []

    async def on_session(_: ServerConnection, lease: Lease) -> None:
        names.append(lease.token.name)
        lease.spend(12.5)

    async with (
        open_doorway(Setup(on_session=on_session)) as doorway,
        doorway.connect() as connection,
    ):
        await connection.wait_closed()

    assert names == ["ann"]


async def test_a_place_is_free_before_the_client_hears_of_the_end() -> None:
    async def on_session(_: ServerConnection, lease: Lease) -> None:
        return None

    async with open_doorway(Setup(on_session=on_session)) as doorway, doorway.raw() as raw:
        await raw.send(upgrade())
        await raw.read_head()
        close = await raw.reader.readexactly(4)

        assert close == b"\x88\x02\x03\xe8"  # 1000, which the client has not answered yet
        assert doorway.gate.sessions == 0


async def test_a_session_that_breaks_frees_its_place_and_closes_with_1011() -> None:
    async def on_session(_: ServerConnection, lease: Lease) -> None:
        raise ZeroDivisionError

    async with (
        open_doorway(Setup(on_session=on_session)) as doorway,
        doorway.connect() as connection,
    ):
        await connection.wait_closed()
        await doorway.empty()

    assert connection.close_code == 1011


async def test_a_frame_is_the_sessions_to_judge_up_to_four_times_the_limit() -> None:
    settings = with_socket(frame_limit_bytes=1024)

    async with open_doorway(Setup(settings=settings)) as doorway, doorway.connect() as connection:
        await connection.send(bytes(4096))
        echoed = await connection.recv()
        await connection.send(bytes(4097))
        await connection.wait_closed()

    assert len(echoed) == 4096
    assert connection.close_code == 1009


async def test_a_client_that_is_faster_than_its_session_has_to_wait() -> None:
    may_read = asyncio.Event()
    begun: asyncio.Future[ServerConnection] = asyncio.get_running_loop().create_future()
    received: list[int] = []

    async def on_session(connection: ServerConnection, _: Lease) -> None:
        begun.set_result(connection)
        await may_read.wait()
        received.extend([len(message) async for message in connection])

    async with open_doorway(Setup(on_session=on_session)) as doorway:
        async with doorway.connect() as connection:
            server_side = await begun
            sender = asyncio.create_task(send_many(connection, 500))
            while server_side.transport.is_reading():
                await asyncio.sleep(0.001)
            kept = len(server_side.recv_messages.frames)
            may_read.set()
            await sender
        await doorway.empty()

    assert kept <= 2 * SETTINGS.socket.receive_queue_frames
    assert received == [65_536] * 500


async def send_many(connection: ClientConnection, count: int) -> None:
    for _ in range(count):
        await connection.send(bytes(65_536))


async def test_sockets_are_set_up_as_the_settings_say() -> None:
    settings = with_socket(ping_interval_seconds=71, ping_timeout_seconds=72)
    found: list[tuple[float | None, float | None, object]] = []

    async def on_session(connection: ServerConnection, _: Lease) -> None:
        extensions = connection.protocol.extensions
        found.append((connection.ping_interval, connection.ping_timeout, extensions))

    async with (
        open_doorway(Setup(settings=settings, on_session=on_session)) as doorway,
        doorway.connect(compression="deflate") as connection,
    ):
        await connection.wait_closed()

    assert found == [(71, 72, [])]


async def test_draining_goes_on_with_what_is_open_and_refuses_what_is_new() -> None:
    async with open_doorway() as doorway, doorway.connect() as connection:
        doorway.listener.drain()

        error = await refused(doorway.connect())
        stranger = await refused(doorway.connect(additional_headers={}))
        statuses = await get_all(doorway, "/ping", "/v1/admission", "/healthz", "/readyz")
        assert await echoes(connection)

    assert told(error)["code"] == told(stranger)["code"] == "draining"
    assert error.response.status_code == 503
    assert error.response.headers["Retry-After"] == "5"
    assert statuses == {"/ping": 503, "/v1/admission": 503, "/healthz": 200, "/readyz": 503}


async def get_all(doorway: Doorway, *paths: str) -> dict[str, int]:
    statuses = {}
    async with doorway.browser() as browser:
        for path in paths:
            async with browser.get(path) as answer:
                statuses[path] = answer.status
                if answer.status == 503:
                    assert answer.headers["Retry-After"] == "5"
    return statuses


async def test_the_last_session_that_ends_leaves_the_listener_idle() -> None:
    async with open_doorway() as doorway:
        async with doorway.connect(), doorway.connect():
            doorway.listener.drain()
            idle = asyncio.create_task(until_idle(doorway.listener))
            await doorway.send_and_read(head("GET /healthz HTTP/1.1"))
            assert not idle.done()
        await idle


async def test_stopping_closes_sessions_with_1001() -> None:
    async with open_doorway() as doorway:
        connection = await doorway.connect()
        await doorway.listener.stop()
        await connection.wait_closed()

    assert connection.close_code == 1001


async def test_stopping_waits_for_an_answer_that_is_being_made() -> None:
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        asked.set()
        await may_answer.wait()
        return web.Response(text="at last")

    setup = Setup(
        settings=with_admission(public_routes=("/slow",)), routes=[web.get("/slow", slow)]
    )
    async with open_doorway(setup) as doorway:
        answer = asyncio.create_task(doorway.send_and_read(head("GET /slow HTTP/1.1")))
        await asked.wait()
        stop = asyncio.create_task(doorway.listener.stop())
        await asyncio.sleep(0)
        may_answer.set()
        await stop

        assert (await answer).endswith(b"at last")


@pytest.mark.parametrize("turns", range(4))
async def test_who_comes_in_the_moment_of_the_stop_is_closed_too(turns: int) -> None:
    async with open_doorway() as doorway:
        loop, address = asyncio.get_running_loop(), ("127.0.0.1", doorway.listener.port)
        with ExitStack() as stack:
            callers = [stack.enter_context(socket.create_connection(address)) for _ in range(3)]
            for _ in range(turns):
                await asyncio.sleep(0)

            await doorway.listener.stop()

            gc.collect()  # a connection that nobody closed warns, and a warning is a failure
            for caller in callers:
                caller.setblocking(False)
                with suppress(ConnectionResetError):
                    assert await asyncio.wait_for(loop.sock_recv(caller, 1), 60) == b""


async def test_nobody_can_hold_up_the_stop() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(65_536))

    settings = replace(
        with_socket(close_timeout_seconds=0.2),
        admission=with_admission(public_routes=("/endless",)).admission,
    )
    setup = Setup(settings=settings, routes=[web.get("/endless", endless)])
    async with open_doorway(setup) as doorway:
        silent, half, deaf, stubborn = [await open_raw(doorway) for _ in range(4)]
        await send(half, b"GET / HT")
        await send(deaf, head("GET /endless HTTP/1.1"))
        await send(stubborn, upgrade())
        await deaf[0].readuntil(b"\r\n\r\n")
        await stubborn[0].readuntil(b"\r\n\r\n")

        await doorway.listener.stop()

        for _, writer in (silent, half, deaf, stubborn):
            writer.transport.abort()


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def open_raw(doorway: Doorway) -> Streams:
    return await asyncio.open_connection("127.0.0.1", doorway.listener.port)


async def send(streams: Streams, data: bytes) -> None:
    streams[1].write(data)
    await streams[1].drain()


async def test_no_log_at_any_level_holds_a_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("websockets", "websockets.server", "aiohttp", "wsserver", "wsserver.sockets"):
        caplog.set_level(logging.DEBUG, logger=name)
    by_subprotocol = f"Sec-WebSocket-Protocol: dictation.v1, {TOKEN_SUBPROTOCOL}"
    requests = [
        upgrade() + text_frame("hello"),
        head(f"GET {PATH} HTTP/1.1", *UPGRADE_LINES[:4], by_subprotocol),
        head(f"GET {PATH} HTTP/1.1", *UPGRADE_LINES[:4], by_subprotocol + "?"),
        head(f"GET {PATH}?token={PLAIN} HTTP/1.1", *UPGRADE_LINES[:4]),
        head(f"GET /ping?token={PLAIN} HTTP/1.1", *BEARER_LINES),
        head(f"GET /broken?token={PLAIN} HTTP/1.1", *BEARER_LINES, f"Referer: /?token={PLAIN}"),
        head("GET /ping HTTP/1.1", f"Authorization : Bearer {PLAIN}"),
        head("GET /ping HTTP/1.1", f"Authorization: Bearer {PLAIN}\x01"),
        head(f"GET {PATH} HTTP/1.1", *UPGRADE_LINES[:2], f"Authorization : Bearer {PLAIN}"),
        head(f"GET /{PLAIN} {PLAIN} HTTP/1.1"),
    ]

    async def broken(_: web.Request) -> web.Response:
        raise ZeroDivisionError

    async with open_doorway(Setup(routes=[web.get("/broken", broken)])) as doorway:
        for request in requests:
            async with doorway.raw() as raw:
                await raw.send(request)
                raw.writer.write_eof()
                await raw.read_all()

    assert "/broken" in caplog.text
    assert PLAIN not in caplog.text
    assert TOKEN_SUBPROTOCOL not in caplog.text
