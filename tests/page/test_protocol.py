import base64
import json
from typing import Any, get_args

import pytest
from playwright.async_api import Error as PageError
from playwright.async_api import Page

from tests.page.stage import READY, bookmarked, final, partial
from wsserver.dialects import native
from wsserver.messages import (
    Ack,
    ClientMessage,
    Done,
    Error,
    Finish,
    Flush,
    Flushed,
    Keepalive,
    ServerMessage,
    Speech,
    Start,
    Warn,
)

FROM_SERVER: tuple[ServerMessage, ...] = (
    READY,
    Speech(event="started", utterance=1, time=0.5),
    partial("the cat sat", "the cat"),
    final("The cat sat."),
    bookmarked(Ack(through=0), "wsc_abc", 16_000, 15_881),
    Flushed(id=None),
    Done(duration=3.0, utterances=1),
    Warn(code="odd", message="found something odd"),
    Error(code="bad_audio", message="found half a sample", fatal=True),
)


async def protocol(modules: Page, expression: str, argument: Any = None) -> Any:
    return await modules.evaluate(
        "async (given) => { const protocol = await import('/page/client/protocol.js');"
        f" return {expression}; }}",
        argument,
    )


def test_every_message_of_the_server_is_among_the_examples() -> None:
    assert {type(message) for message in FROM_SERVER} == set(get_args(ServerMessage))


@pytest.mark.parametrize("message", FROM_SERVER, ids=lambda message: message.type)
async def test_what_the_server_writes_is_read(modules: Page, message: ServerMessage) -> None:
    frame = native.write_server(message)

    read = await protocol(modules, "protocol.parse(given)", frame)

    assert read == json.loads(frame)


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ('{"type": "gossip"}', 'unknown message type "gossip"'),
        ('{"type": "constructor"}', 'unknown message type "constructor"'),
        ('{"text": "hello"}', 'unknown message type "undefined"'),
        ('{"type": "ack"}', 'found "ack" without through'),
        ('{"type": "final", "utterance": 1, "text": "a"}', "without start, end, through"),
        ("hello", "no JSON"),
        ("[]", "no object"),
        ("null", "no object"),
    ],
)
async def test_anything_else_throws(modules: Page, frame: str, complaint: str) -> None:
    with pytest.raises(PageError, match="ProtocolError") as caught:
        await protocol(modules, "protocol.parse(given)", frame)

    assert complaint in caught.value.message


async def test_a_binary_frame_throws(modules: Page) -> None:
    with pytest.raises(PageError, match="binary frame"):
        await protocol(modules, "protocol.parse(new Blob([]))")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("protocol.start({})", Start()),
        (
            "protocol.start({ encoding: 'mulaw', sample_rate: 8000, words: true, prompt: undefined,"
            " language: null, hotwords: ['Ada', 'Grace'] })",
            Start(encoding="mulaw", sample_rate=8_000, words=True, hotwords=("Ada", "Grace")),
        ),
        ("protocol.resume('wsc_abc')", Start(resume="wsc_abc")),
        ("protocol.flush('pause')", Flush(id="pause")),
        ("protocol.finish()", Finish()),
        ("protocol.keepalive()", Keepalive()),
    ],
)
async def test_what_the_client_writes_is_read(
    modules: Page, expression: str, expected: ClientMessage
) -> None:
    frame = await protocol(modules, expression)

    assert native.read_client(frame) == expected


@pytest.mark.parametrize("token", ["wst_abc", "a", "?>~ÿ", "Schlüssel 🔑"])
async def test_the_token_travels_as_a_subprotocol(modules: Page, token: str) -> None:
    first, second = await protocol(modules, "protocol.subprotocols(given)", token)

    encoded = second.removeprefix("token.")
    assert first == native.SUBPROTOCOL
    assert set(encoded).isdisjoint("+/=")
    assert base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode() == token


async def test_no_token_travels_where_none_is_asked_for(modules: Page) -> None:
    assert await protocol(modules, "protocol.subprotocols('')") == [native.SUBPROTOCOL]
