"""Tokens in all the wrong places, and a log that no stranger writes into."""

import base64
import json
import logging
import re
from collections.abc import Sequence

import pytest

from tests.end_to_end.conftest import TOKEN, Run
from tests.hostile import attack
from tests.hostile.attack import BEARER, TEXT, UPGRADE, frame, head
from wsserver.logs import LogSettings, set_up

pytestmark = pytest.mark.usefixtures("log_of_its_own")
ENCODED = base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("=")
RECORD = re.compile(r"\d\d:\d\d:\d\d (DEBUG|INFO|WARNING|ERROR) |    ")


def log_all() -> None:
    """Log as the server does, and more than it ever does."""
    set_up(LogSettings(level="debug"))
    logging.getLogger("wsserver.sockets").setLevel(logging.DEBUG)


@pytest.mark.parametrize(
    ("first", "lines"),
    [
        (f"GET /v1/dictation?token={TOKEN}", UPGRADE),
        (f"GET /v1/dictation/{TOKEN}", UPGRADE),
        (f"GET /v1/dictation;token={TOKEN}", UPGRADE),
        (f"GET http://{TOKEN}@127.0.0.1/v1/dictation", UPGRADE),
        ("GET /v1/dictation", (*UPGRADE, f"Cookie: token={TOKEN}")),
        ("GET /v1/dictation", (*UPGRADE, f"X-Token: {TOKEN}")),
        ("GET /v1/dictation", (*UPGRADE, f"Proxy-Authorization: Bearer {TOKEN}")),
        ("GET /v1/dictation", (*UPGRADE, f"Authorization: {TOKEN}")),
        ("GET /v1/dictation", (*UPGRADE, f"Authorization: Bearer {TOKEN} {TOKEN}")),
        ("GET /v1/dictation", (*UPGRADE, f"Authorization: Bearer {ENCODED}")),
        ("GET /v1/dictation", (*UPGRADE, f"Sec-WebSocket-Protocol: dictation.v1, {TOKEN}")),
        ("GET /v1/dictation", (*UPGRADE, f"Sec-WebSocket-Protocol: dictation.v1, token.{TOKEN}")),
        (f"POST /stt?token={TOKEN}", ("Content-Length: 0",)),
        (f"POST /stt/{TOKEN}", ("Content-Length: 0",)),
        ("POST /stt", (f"Content-Length: {len(TOKEN)}", "", TOKEN)),
        ("POST /stt", (f"Cookie: token={TOKEN}", "Content-Length: 0")),
    ],
)
async def test_a_token_in_a_wrong_place_opens_nothing_and_is_not_logged(
    run: Run, first: str, lines: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    log_all()
    async with run() as server:
        answer = await attack.ask(server, head(first, *lines))
        await attack.dictate(server)

    log = capsys.readouterr().err
    assert attack.status(answer) in (400, 401, 403, 404)
    assert log
    assert attack.HEARD not in log
    assert TOKEN.encode() not in answer
    for secret in (ENCODED, TOKEN):
        assert secret not in _without_paths(log)


def _without_paths(log: str) -> str:
    """Leave out the paths that were asked for: who puts a token into one publishes it."""
    return re.sub(r"(GET|POST) /\S*", "", log)


async def test_a_token_in_the_first_message_opens_nothing_and_is_not_logged(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    log_all()
    async with run() as server:
        async with attack.socket(server) as socket:
            await socket.send(frame(TEXT, json.dumps({"type": "start", "token": TOKEN}).encode()))
            closed = await socket.close_code()
        await attack.dictate(server)

    assert closed == 1008
    assert TOKEN not in capsys.readouterr().err


FORGED = "00:00:00 INFO    wsserver: all is well"
SIGNS = ("\n", "\r\n", "\x1b[2J", "\x9b2J", "\u2028", "\u202e", "\x00")


@pytest.mark.parametrize("sign", SIGNS)
async def test_no_message_writes_into_the_log(
    run: Run, sign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"{sign}{FORGED}"
    messages: list[dict[str, object]] = [
        {"type": "start", "prompt": text, "hotwords": [text]},
        {"type": "flush", "id": text},
        {"type": text},
        {"type": "start", text: 1},
        {"type": "start", "language": text},
        {"type": "start", "encoding": text},
        {"type": "start", "resume": text},
        {"type": "start", "resume": f"wsc_{text}"},
    ]
    log_all()
    async with run() as server:
        for message in messages:
            async with attack.socket(server) as socket:
                await socket.send(frame(TEXT, json.dumps(message).encode()), frame(TEXT, b"x"))
                assert await socket.close_code() in (1003, 1008)
        await attack.dictate(server)

    _check(capsys.readouterr().err)


@pytest.mark.parametrize("sign", SIGNS)
async def test_no_head_writes_into_the_log(
    run: Run, sign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"{sign}{FORGED}"
    requests = [
        head(f"GET /{text}"),
        head(f"GET /?{text}"),
        head(f"GET{sign} /"),
        head("GET /nothing", f"Host: {text}"),
        head(
            "POST /stt", BEARER, "Content-Length: 3", f"Content-Type: a/b; name={text}", "", "abc"
        ),
        head("POST /stt", BEARER, "Content-Length: 3", f"Content-Disposition: f; filename={text}"),
        head("POST /stt", BEARER, f"Content-Encoding: {text}", "Content-Length: 3", "", "abc"),
        *(
            head("GET /v1/dictation", *UPGRADE, BEARER, f"{name}: {text}")
            for name in ("Origin", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Upgrade")
        ),
        head("GET /v1/dictation", *UPGRADE[:2], BEARER, f"Sec-WebSocket-Key: {text}"),
        head("GET /v1/dictation", *UPGRADE, f"Authorization: Bearer {text}"),
    ]
    log_all()
    async with run(server={"http": {"head_timeout_seconds": 0.5}}) as server:
        for request in requests:
            async with attack.wire(server) as bare:
                await bare.send(request)
                bare.writer.write_eof()
                await bare.read()
        await attack.dictate(server)

    _check(capsys.readouterr().err)


def _check(log: str) -> None:
    lines = log.removesuffix("\n").split("\n")
    assert [line for line in lines if not RECORD.match(line)] == []
    assert [line for line in lines if not line.isprintable() or line.startswith(FORGED)] == []
