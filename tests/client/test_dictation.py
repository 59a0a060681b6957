"""A session in one connection, against a server that follows a script."""

import asyncio
import http
import json
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import pytest
import trustme
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from wsserver.client import ConnectionLost, Dictation, Refused, SessionFailed, connect, transcribe
from wsserver.dialects import native
from wsserver.errors import BadAudio, ConfigError
from wsserver.messages import (
    Ack,
    Audio,
    ClientMessage,
    Done,
    Error,
    Final,
    Finish,
    Flush,
    Flushed,
    Keepalive,
    Limits,
    Partial,
    Ready,
    ServerMessage,
    Start,
    Warn,
)

TOKEN = "correct-horse"
READY = Ready(
    session="s1",
    model="fake",
    practice=False,
    languages=("en",),
    encodings=("s16le",),
    sample_rates=(8000, 48000),
    limits=Limits(frame_bytes=1000, idle_seconds=60.0, session_seconds=3600.0),
)
DONE = Done(duration=1.0, utterances=1)


def final(text: str, utterance: int = 0) -> Final:
    return Final(utterance=utterance, text=text, start=0.0, end=1.0, language="en", through=16_000)


def partial(text: str) -> Partial:
    return Partial(utterance=0, text=text, committed=0, start=0.0, end=1.0, lag=0.0)


class Peer:
    """The server's end of a session, which keeps what it was sent."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.received: list[ClientMessage] = []

    async def receive(self) -> ClientMessage:
        self.received.append(native.read_client(await self.socket.recv()))
        return self.received[-1]

    async def receive_all(self) -> None:
        while not isinstance(await self.receive(), Finish):
            pass

    async def send(self, *messages: ServerMessage) -> None:
        for message in messages:
            await self.socket.send(native.write_server(message))


Script: TypeAlias = Callable[[Peer], Awaitable[None]]
Admit: TypeAlias = Callable[[ServerConnection, Request], Response | None]


class Server:
    """Where a script runs, and what it went through."""

    url = ""
    peer: Peer
    request: Request

    def __init__(self, script: Script, admit: Admit | None) -> None:
        self._script = script
        self._admit = admit

    def check(self, socket: ServerConnection, request: Request) -> Response | None:
        self.request = request
        return self._admit(socket, request) if self._admit else None

    async def run(self, socket: ServerConnection) -> None:
        self.peer = Peer(socket)
        try:
            await self._script(self.peer)
        except ConnectionClosed:
            return


@asynccontextmanager
async def running(
    script: Script, admit: Admit | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    server = Server(script, admit)
    protocols = [Subprotocol(native.SUBPROTOCOL)]
    async with serve(
        server.run,
        "127.0.0.1",
        0,
        subprotocols=protocols,
        process_request=server.check,
        ssl=tls,
        max_queue=1,
    ) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        server.url = f"{'wss' if tls else 'ws'}://localhost:{port}/v1/dictation"
        yield server


def answering(*answers: ServerMessage) -> Script:
    """Be ready, take everything up to `finish`, then answer."""

    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(READY)
        await peer.receive_all()
        await peer.send(*answers)

    return script


async def read(dictation: Dictation) -> list[ServerMessage]:
    return [message async for message in dictation]


async def test_a_session_goes_from_start_to_done() -> None:
    start = Start(language="en", hotwords=("Vologda",))
    script = answering(final("hello"), Flushed(id="a"), DONE)
    async with running(script) as server, connect(server.url, TOKEN, start) as dictation:
        await dictation.send(b"\x01\x00")
        await dictation.flush("a")
        await dictation.keepalive()
        await dictation.finish()
        heard = await read(dictation)

    assert dictation.ready == READY
    assert heard == [final("hello"), Flushed(id="a"), DONE]
    assert server.peer.received == [
        start,
        Audio(data=b"\x01\x00"),
        Flush(id="a"),
        Keepalive(),
        Finish(),
    ]


async def test_the_handshake_offers_the_wire_language_and_the_token_as_a_header() -> None:
    async with running(answering(DONE)) as server:
        await transcribe(f"{server.url}?room=5", TOKEN, [])

    assert server.request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert server.request.headers["Sec-WebSocket-Protocol"] == "dictation.v1"
    assert "Sec-WebSocket-Extensions" not in server.request.headers
    assert server.request.path == "/v1/dictation?room=5"


async def test_without_a_token_no_credentials_are_sent() -> None:
    async with running(answering(DONE)) as server, connect(server.url) as dictation:
        await dictation.finish()

        assert await read(dictation) == [DONE]
        assert "Authorization" not in server.request.headers


async def test_a_client_that_only_sends_is_not_stopped_by_a_server_that_talks_a_lot() -> None:
    chatter = [partial("word " * 400) for _ in range(2000)]

    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(READY)
        await peer.receive()
        # The server does not go on reading before all of this is taken off its hands.
        await peer.send(*chatter, final("all of it"))
        await peer.receive_all()
        await peer.send(DONE)

    async with running(script) as server, connect(server.url, TOKEN) as dictation:
        for _ in range(30):
            await dictation.send(bytes(100_000))
        await dictation.finish()
        await dictation._reader

        heard = await read(dictation)

    assert heard[-2:] == [final("all of it"), DONE]
    assert heard[0] == chatter[0]
    # Partials that nobody reads are not kept without bound.
    assert len(heard) == 1002


async def test_audio_above_the_frame_limit_is_split_at_whole_samples() -> None:
    pcm = bytes(range(256)) * 10

    async with running(answering(DONE)) as server, connect(server.url, TOKEN) as dictation:
        await dictation.send(pcm)
        await dictation.finish()
        await read(dictation)

    chunks = [message.data for message in server.peer.received if isinstance(message, Audio)]
    assert [len(chunk) for chunk in chunks] == [1000, 1000, 560]
    assert b"".join(chunks) == pcm


async def test_transcribe_gives_the_finals_of_all_blocks() -> None:
    script = answering(partial("one"), final("one"), Ack(through=3), final("two", 1), DONE)

    async with running(script) as server:
        finals = await transcribe(server.url, TOKEN, [b"ab", b"cd"])

    assert finals == [final("one"), final("two", 1)]
    assert server.peer.received[1:] == [Audio(data=b"ab"), Audio(data=b"cd"), Finish()]


async def test_blocks_may_come_from_an_asynchronous_source() -> None:
    async def microphone() -> AsyncIterator[bytes]:
        yield b"ab"
        await asyncio.sleep(0)
        yield b"cd"

    async with running(answering(DONE)) as server:
        await transcribe(server.url, TOKEN, microphone())

    assert server.peer.received[1:] == [Audio(data=b"ab"), Audio(data=b"cd"), Finish()]


async def test_at_real_pace_a_block_is_not_sent_before_it_could_have_been_spoken() -> None:
    start = Start(encoding="mulaw", sample_rate=8000, channels=2)
    clock = asyncio.get_running_loop().time

    async with running(answering(DONE)) as server, connect(server.url, TOKEN, start) as dictation:
        began = clock()
        await dictation.feed([bytes(800)] * 2, "real")
        took_s = clock() - began

    assert took_s >= 0.1


async def test_at_fast_pace_an_hour_of_audio_does_not_take_an_hour() -> None:
    start = Start(sample_rate=1)

    async with running(answering(DONE)) as server:
        await transcribe(server.url, TOKEN, [bytes(2)] * 3600, start)

    assert len(server.peer.received) == 3602


@pytest.mark.parametrize(("through", "pings"), [(0, 10), (4, 6), (10, 0)])
async def test_what_lies_far_ahead_of_the_finals_is_sent_as_the_server_reads_it(
    through: int, pings: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that has stopped reading would find the pongs too late, behind all the audio."""

    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(READY, Ack(through=through))
        await peer.receive_all()

    caplog.set_level(logging.DEBUG, "websockets.server")
    start = Start(sample_rate=1)
    async with running(script) as server, connect(server.url, TOKEN, start) as dictation:
        assert await anext(dictation) == Ack(through=through)
        await dictation.feed([bytes(2)] * 40)

    frames = [record.getMessage().split()[1] for record in caplog.records if record.args]
    arrived = [frame for frame in frames if frame in ("BINARY", "PING")]
    assert arrived == ["BINARY"] * (40 - pings) + ["PING", "BINARY"] * pings


async def test_blocks_that_break_off_are_finished_and_read_before_the_error_is_told() -> None:
    def broken() -> Iterator[bytes]:
        yield b"ab"
        raise BadAudio("the file is cut off")

    heard: list[ServerMessage] = []
    async with running(answering(final("half"), DONE)) as server:
        with pytest.raises(BadAudio, match="the file is cut off"):
            async with connect(server.url, TOKEN) as dictation, dictation.feeding(broken()):
                heard.extend(await read(dictation))

    assert heard == [final("half"), DONE]


async def test_canceling_the_feed_ends_the_audio_and_finishes() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(320)
            await asyncio.sleep(0)

    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(READY)
        await peer.receive()
        await peer.send(Warn(code="enough", message="thank you"))
        await peer.receive_all()
        await peer.send(final("so far"), DONE)

    heard: list[ServerMessage] = []
    async with (
        running(script) as server,
        connect(server.url, TOKEN) as dictation,
        dictation.feeding(endless()) as feed,
    ):
        async for message in dictation:
            heard.append(message)
            feed.cancel()

    assert heard[1:] == [final("so far"), DONE]


async def test_leaving_early_stops_the_feed() -> None:
    async with (
        running(answering(DONE)) as server,
        connect(server.url, TOKEN) as dictation,
        dictation.feeding([bytes(320)] * 1000, "real") as feed,
    ):
        pass

    assert feed.cancelled()


async def test_a_fatal_error_ends_reading_and_sending_with_its_code() -> None:
    async def script(peer: Peer) -> None:
        await peer.receive()
        error = Error(code="bad_audio", message="odd number of bytes", fatal=True)
        await peer.send(READY, final("before"), error)
        await peer.socket.close(1007)

    async with running(script) as server, connect(server.url, TOKEN) as dictation:
        first = await anext(dictation)
        with pytest.raises(SessionFailed) as reading:
            await anext(dictation)
        with pytest.raises(SessionFailed) as sending:
            await dictation.send(b"ab")

    assert first == final("before")
    assert reading.value.code == sending.value.code == "bad_audio"
    assert str(reading.value) == "the session failed (bad_audio): odd number of bytes"


async def test_an_error_that_is_not_fatal_is_a_message_among_others() -> None:
    error = Error(code="odd", message="never mind", fatal=False)

    async with running(answering(error, DONE)) as server, connect(server.url, TOKEN) as dictation:
        await dictation.finish()

        assert await read(dictation) == [error, DONE]


async def test_a_start_that_is_not_served_fails_the_session_at_once() -> None:
    async def script(peer: Peer) -> None:
        await peer.receive()
        error = Error(code="unsupported_format", message="no such encoding", fatal=True)
        await peer.send(error)
        await peer.socket.close(1003)

    async with running(script) as server:
        with pytest.raises(SessionFailed, match=r"\(unsupported_format\): no such encoding"):
            async with connect(server.url, TOKEN, Start(encoding="opus")):
                pytest.fail("the session must not open")


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ('{"type": "poem"}', "unknown type 'poem'"),
        (b"noise", "text that is no JSON"),
        (native.write_server(DONE), r"\(bad_order\): expected ready, found Done"),
    ],
)
async def test_what_no_dictation_server_says_fails_the_session(
    frame: str | bytes, why: str
) -> None:
    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.socket.send(frame)
        await peer.socket.wait_closed()

    async with running(script) as server:
        with pytest.raises(SessionFailed, match=why):
            async with connect(server.url, TOKEN):
                pytest.fail("the session must not open")


@pytest.mark.parametrize(("code", "told"), [(1012, "closed with 1012"), (1000, "closed with 1000")])
async def test_a_server_that_closes_before_done_is_a_lost_connection(code: int, told: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(READY, final("before"))
        await peer.socket.close(code)

    async with running(script) as server, connect(server.url, TOKEN) as dictation:
        assert await anext(dictation) == final("before")
        with pytest.raises(ConnectionLost, match=told):
            await anext(dictation)


async def test_a_connection_that_breaks_is_told_to_the_reader_and_the_sender() -> None:
    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(READY)
        peer.socket.transport.abort()

    async with running(script) as server, connect(server.url, TOKEN) as dictation:
        with pytest.raises(ConnectionLost, match="the connection broke"):
            await read(dictation)
        with pytest.raises(ConnectionLost, match="the connection broke"):
            await dictation.finish()


async def test_after_done_nothing_more_can_be_said() -> None:
    async with running(answering(DONE)) as server, connect(server.url, TOKEN) as dictation:
        await dictation.finish()
        await read(dictation)

        assert await read(dictation) == []
        with pytest.raises(ConnectionLost, match="is over"):
            await dictation.send(b"ab")


def refusing(status: int, body: str, retry_after: str | None = None) -> Admit:
    def admit(socket: ServerConnection, request: Request) -> Response:
        response = socket.respond(http.HTTPStatus(status), body)
        if retry_after is not None:
            response.headers["Retry-After"] = retry_after
        return response

    return admit


def admission(status: int, code: str, message: str) -> str:
    return json.dumps({"admitted": False, "status": status, "code": code, "message": message})


@pytest.mark.parametrize(
    ("status", "body", "retry_after", "expected"),
    [
        (401, admission(401, "no_token", "expected a token"), None, ("no_token", None)),
        (403, admission(403, "unknown_token", "not known"), None, ("unknown_token", None)),
        (429, admission(429, "limit_reached", "two sessions"), "7", ("limit_reached", 7)),
        (503, admission(503, "overloaded", "full"), "30", ("overloaded", 30)),
        (502, "<h1>Bad Gateway</h1>", None, ("http_502", None)),
        (404, "", "tomorrow", ("http_404", None)),
        (307, "elsewhere", None, ("http_307", None)),
    ],
)
async def test_a_refusal_tells_status_code_and_when_to_come_back(
    status: int, body: str, retry_after: str | None, expected: tuple[str, int | None]
) -> None:
    async with running(answering(), refusing(status, body, retry_after)) as server:
        with pytest.raises(Refused) as refusal:
            async with connect(server.url, TOKEN):
                pytest.fail("the session must not open")

    assert refusal.value.status == status
    assert (refusal.value.code, refusal.value.retry_after) == expected
    assert str(refusal.value) == f"refused with {status} ({expected[0]}): {refusal.value.message}"


async def test_a_redirect_is_not_followed_with_the_token() -> None:
    def admit(socket: ServerConnection, request: Request) -> Response | None:
        response = socket.respond(http.HTTPStatus.TEMPORARY_REDIRECT, "")
        response.headers["Location"] = "/elsewhere"
        return None if request.path == "/elsewhere" else response

    async with running(answering(), admit) as server:
        with pytest.raises(Refused, match="refused with 307"):
            async with connect(server.url, TOKEN):
                pytest.fail("the session must not open")


async def test_a_server_of_another_language_is_refused() -> None:
    async with serve(Server(answering(), None).run, "127.0.0.1", 0) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        with pytest.raises(Refused, match=r"does not speak dictation\.v1"):
            async with connect(f"ws://127.0.0.1:{port}/", TOKEN):
                pytest.fail("the session must not open")


async def test_nobody_at_the_address_is_a_lost_connection() -> None:
    async with running(answering()) as server:
        url = server.url.replace("localhost", "127.0.0.1")

    with pytest.raises(ConnectionLost) as loss:
        async with connect(url, TOKEN):
            pytest.fail("the session must not open")

    assert str(loss.value) == f"cannot reach {url}: nobody listens there"


async def test_a_server_that_speaks_no_http_is_a_lost_connection() -> None:
    async def mumble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"mumble\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(mumble, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionLost, match="did not receive a valid HTTP response"):
            async with connect(f"ws://127.0.0.1:{port}/", TOKEN):
                pytest.fail("the session must not open")


@pytest.mark.parametrize(
    "url", ["http://localhost/", "localhost:8765", "ws://", "ws://[::1/", "ws://a:b/"]
)
async def test_a_url_that_is_none_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigError, match="expected a url such as"):
        async with connect(url, TOKEN):
            pytest.fail("the session must not open")


@pytest.mark.parametrize("token", ["", "two words", "line\r\nX-Evil: 1", "sch\u00f6n"])
async def test_a_token_that_cannot_stand_in_a_header_is_a_wrong_setting(token: str) -> None:
    with pytest.raises(ConfigError) as error:
        async with connect("ws://localhost:1/", token):
            pytest.fail("the session must not open")

    assert str(error.value) == "expected a token of visible ASCII characters, found others in it"


async def test_no_secret_is_shown_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(answering(DONE)) as server:
        url = server.url.replace("localhost", "user:hidden@localhost") + "?token=hidden"

        async with connect(url, TOKEN) as dictation:
            shown = repr(dictation)
            await dictation.finish()
            await read(dictation)

    seen = [record for record in caplog.records if record.name.startswith("wsserver")]
    assert shown == f"<Dictation at {server.url}, open>"
    assert repr(dictation) == f"<Dictation at {server.url}, over>"
    assert not [record for record in seen if "hidden" in record.getMessage()]
    assert not [record for record in seen if TOKEN in record.getMessage()]
    assert not [record for record in caplog.records if record.name == "websockets.client"]


def certificates() -> tuple[ssl.SSLContext, trustme.CA]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context, authority


async def test_tls_is_spoken_with_whom_the_context_trusts() -> None:
    context, authority = certificates()
    trust = ssl.create_default_context()
    authority.configure_trust(trust)

    async with (
        running(answering(DONE), tls=context) as server,
        connect(server.url, TOKEN, tls=trust) as dictation,
    ):
        await dictation.finish()

        assert await read(dictation) == [DONE]


async def test_a_certificate_that_is_not_trusted_is_told() -> None:
    context, _ = certificates()

    async with running(answering(DONE), tls=context) as server:
        with pytest.raises(ConnectionLost, match="its certificate is not trusted: "):
            async with connect(server.url, TOKEN):
                pytest.fail("the session must not open")
