"""A tiny language of the tests' own, through the real door."""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.net.doorway import BEARER, HASH, PATH, PLAIN, Setup, open_doorway
from tests.net.prompt import at_once
from wsserver.dialects.dialect import Dialect, Told, Translator
from wsserver.errors import UnsupportedFormat
from wsserver.messages import Audio, ServerMessage, Start
from wsserver.net.admission import Gate
from wsserver.net.conditions import Conditions
from wsserver.net.credentials import Presented, read
from wsserver.net.dialect_door import DialectDoor
from wsserver.net.door import Door
from wsserver.net.places import Lease
from wsserver.net.refusal import Refused
from wsserver.net.settings import AdmissionSettings
from wsserver.net.signed_tokens import Grant, SignedTokens
from wsserver.net.tokens import Token


@dataclass
class Echo:
    """Says what it was opened with."""

    language: str

    def greet(self) -> Iterable[Told]:
        return (Start(language=self.language), "hello")

    def read(self, frame: str | bytes) -> Iterable[Told]:
        return (Audio(data=frame.encode() if isinstance(frame, str) else frame),)

    def write(self, message: ServerMessage) -> Iterable[str]:
        return (message.type,)


def open_echo(query: str) -> Translator:
    language = parse_qs(query).get("language", ["en"])[0]
    if language == "fault":
        raise ZeroDivisionError
    if language == "xx":
        raise UnsupportedFormat("found language 'xx', expected one that is spoken")
    return Echo(language)


def key(offered: Sequence[str]) -> str | None:
    return next((one.removeprefix("key-") for one in offered if one.startswith("key-")), None)


ECHO = Dialect(
    name="echo",
    paths=("/echo",),
    open=open_echo,
    subprotocol="echo.v1",
    aliases=("echo.v2",),
    key=key,
    refusal=lambda status, code, message: {"wrong": [status, code, message]},
    statuses={"bad_token": 401},
)


async def greet(connection: ServerConnection, lease: Lease, translator: Translator) -> None:
    for told in translator.greet():
        await connection.send(told if isinstance(told, str) else repr(told))
    await connection.send(lease.token.name)


def doors(gate: Gate) -> tuple[Door, ...]:
    return (DialectDoor(ECHO, gate, greet, 1024),)


async def said(connection: connect) -> list[str]:
    async with connection as opened:
        return [str(frame) async for frame in opened]


async def test_a_language_is_spoken_at_its_path_and_nowhere_else() -> None:
    async with open_doorway(Setup(doors=doors)) as doorway:
        url = doorway.socket_url.replace(PATH, "/echo?language=de")
        at_echo = await said(connect(url, additional_headers=BEARER, proxy=None))
        async with doorway.connect() as native:
            await native.send("native")

            assert await native.recv() == "native"
    assert at_echo == [repr(Start(language="de")), "hello", "ann"]


@pytest.mark.parametrize(
    ("names", "answered"),
    [(["echo.v1"], "echo.v1"), (["echo.v2"], "echo.v2"), (["echo.v2", "echo.v1"], "echo.v1")],
)
async def test_the_token_may_stand_where_the_language_puts_it(
    names: list[str], answered: str
) -> None:
    async with open_doorway(Setup(doors=doors)) as doorway:
        url = doorway.socket_url.replace(PATH, "/echo")
        offered = [Subprotocol(name) for name in [*names, f"key-{PLAIN}"]]
        async with connect(url, subprotocols=offered, proxy=None) as connection:
            spoken = connection.subprotocol
            frames = [frame async for frame in connection]

    assert (spoken, frames) == (answered, [repr(Start(language="en")), "hello", "ann"])


@pytest.mark.parametrize(
    ("query", "headers", "status", "code"),
    [
        ("", {}, 401, "no_token"),
        ("", {"Authorization": "Bearer nobody"}, 401, "bad_token"),
        ("?language=xx", BEARER, 415, "unsupported_format"),
    ],
)
async def test_who_is_refused_is_told_in_the_form_of_the_language(
    query: str, headers: dict[str, str], status: int, code: str
) -> None:
    async with open_doorway(Setup(doors=doors)) as doorway:
        url = doorway.socket_url.replace(PATH, f"/echo{query}")
        with pytest.raises(InvalidStatus) as refused:
            await said(connect(url, additional_headers=headers, proxy=None))
        left = doorway.gate.sessions

    answer = refused.value.response
    assert answer.status_code == status
    assert json.loads(answer.body)["wrong"][:2] == [status, code]
    assert left == 0


def signing() -> tuple[SignedTokens, Gate]:
    signed = SignedTokens(bytes(32), (), 3_600, time.time)
    settings = AdmissionSettings(tokens=(Token(name="ann", hash=HASH),))
    return signed, Gate(settings, Conditions(), time.time, signed=signed)


def asking(secret: str, query: str = "") -> Presented:
    return read([("Authorization", f"Bearer {secret}")], f"/echo{query}")


def test_a_query_that_is_refused_uses_up_no_token_for_one_session() -> None:
    signed, gate = signing()
    door = DialectDoor(ECHO, gate, greet, 1024)
    (secret, *_) = signed.sign(Grant(subject="ann", scope=("speak",), seconds=60))

    with pytest.raises(Refused) as refused:
        at_once(door.admit(asking(secret, "?language=xx")))
    session = at_once(door.admit(asking(secret)))

    assert refused.value.refusal.code == "unsupported_format"
    assert session.lease.token.name == "ann"
    with pytest.raises(Refused, match="one session"):
        at_once(door.admit(asking(secret)))


def test_a_query_is_not_read_for_whoever_has_no_token() -> None:
    _, gate = signing()
    door = DialectDoor(ECHO, gate, greet, 1024)

    with pytest.raises(Refused) as refused:
        at_once(door.admit(asking("nobody", "?language=xx")))

    assert refused.value.refusal.code == "bad_token"


def test_a_language_that_fails_keeps_no_place() -> None:
    _, gate = signing()
    door = DialectDoor(ECHO, gate, greet, 1024)

    with pytest.raises(ZeroDivisionError):
        at_once(door.admit(asking(PLAIN, "?language=fault")))

    assert gate.sessions == 0


@pytest.mark.parametrize(
    "offered", [f"key-{PLAIN}", f"another, key-{PLAIN}"], ids=["alone", "not alone"]
)
def test_a_refusal_does_not_say_the_key(offered: str) -> None:
    _, gate = signing()
    door = DialectDoor(ECHO, gate, greet, 1024)

    with pytest.raises(Refused) as refused:
        at_once(door.admit(read([("Sec-WebSocket-Protocol", offered)], "/echo")))

    assert refused.value.refusal.code == "bad_subprotocol"
    assert PLAIN not in refused.value.refusal.message
