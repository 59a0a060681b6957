"""Valid traffic of every kind, for the mutations to begin with.

Knows the wire language, heads of requests and sealed cursors; knows nothing of what they set off.
"""

import base64
import json
import zlib
from random import Random
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter

from wsserver import messages
from wsserver.audio.clock import Place
from wsserver.audio.intake import Stance
from wsserver.dialects import native
from wsserver.net.cursors import PREFIX, VERSION, Claim
from wsserver.session.cursor import Cursor
from wsserver.text.transcript import Transcript

KEY = bytes(range(32))
FOREIGN_KEY = bytes(32)
NOW = 1_000_000.0
"""Unix time at which cursors are opened."""

TOKEN = "a-token-that-is-known-here"  # noqa: S105 - for a gate that nobody else can reach
MODEL = "scripted"

_STRINGS = ("", "a", "en", "de", "xx", "Grüße, 世界", "\x1b[31m", "a\nb", "\u2028", "x" * 300)
_ENCODINGS = ("s16le", "s16le", "f32le", "mulaw", "alaw", "mp3")
_RATES = (8_000, 16_000, 16_000, 44_100, 48_000, 11_025, 7_999, 96_000)


def _claim(number: int) -> Claim:
    start = messages.Start(language="en", words=bool(number & 1), hotwords=("Ada",) * number)
    samples = 16_000 * number
    stance = Stance(Place(), number % 3 == 1, samples, samples)
    cursor = Cursor(
        session=f"session-{number}",
        generation=1 + number,
        start=start,
        model=MODEL if number % 4 else "another",
        stance=stance if number % 2 else Stance(),
        utterance=number,
        transcript=Transcript("en", tuple(range(number))),
    )
    expires = NOW - 1 if number == 5 else NOW + 3_600
    return Claim(cursor=cursor, subject="ann", expires=expires)


def _seal(claim: Claim, key: bytes, nonce: int) -> str:
    """Seal as the server does, but with a fixed nonce: a seed gives the same input each time."""
    packed = zlib.compress(TypeAdapter(Claim).dump_json(claim, exclude_defaults=True), 9)
    version = bytes([VERSION])
    sealed = AESGCM(key).encrypt(nonce.to_bytes(12, "big"), packed, version)
    return PREFIX + base64.urlsafe_b64encode(
        version + nonce.to_bytes(12, "big") + sealed
    ).decode().rstrip("=")


CLAIMS = tuple(_claim(number) for number in range(8))
"""The sixth has expired."""

CURSORS = tuple(_seal(claim, KEY, number) for number, claim in enumerate(CLAIMS))
FOREIGN_CURSORS = tuple(_seal(claim, FOREIGN_KEY, 8 + n) for n, claim in enumerate(CLAIMS))


def client_frame(chance: Random) -> bytes:
    """Give a text frame of a client."""
    kind = chance.choice(("start", "start", "start", "flush", "finish", "keepalive", "sing"))
    fields: dict[str, Any] = {"type": kind}
    if kind == "start":
        fields |= _some(chance, _start_fields(chance))
    if kind == "flush" and chance.random() < 0.8:
        fields["id"] = chance.choice((*_STRINGS, "7", "x" * 201))
    if kind == "start" and chance.random() < 0.2:
        cursor = chance.choice(CURSORS + FOREIGN_CURSORS)
        fields = {"type": "start", "resume": _bent(chance, cursor)}
    return _json(chance, fields)


def fair_start(chance: Random) -> bytes:
    """Give a `start` that a session takes."""
    fields: dict[str, Any] = {
        "encoding": chance.choice(("s16le", "s16le", "mulaw")),
        "sample_rate": chance.choice((16_000, 16_000, 48_000, 11_025)),
        "language": chance.choice(("en", None)),
        "words": chance.choice((True, False)),
        "partials": chance.choice((True, False)),
        "endpointing": chance.choice(("dictation", "captioning")),
    }
    if chance.random() < 0.2:
        fields = {"resume": chance.choice(CURSORS[:5])}
    return json.dumps({"type": "start", **_some(chance, fields)}).encode()


def server_frame(chance: Random) -> bytes:
    """Give a frame of a server."""
    text, number = chance.choice(_STRINGS), chance.randint(0, 1_000_000)
    at = number / 16_000
    word = messages.TimedWord(text=text, start=at, end=at + 1, probability=0.5)
    limits = messages.Limits(frame_bytes=number, idle_seconds=at, session_seconds=at)
    said: list[messages.ServerMessage] = [
        messages.Ready(
            session=text,
            model=text,
            practice=True,
            languages=(text,),
            encodings=("s16le",),
            sample_rates=(8_000, 48_000),
            limits=limits,
            cursor=text,
        ),
        messages.Speech(event="started", utterance=number, time=at),
        messages.Partial(utterance=number, text=text, committed=0, start=at, end=at, lag=0.1),
        messages.Final(
            utterance=1, text=text, start=0.0, end=at, words=(word, word), through=number
        ),
        messages.Ack(through=number, cursor=chance.choice(CURSORS)),
        messages.Flushed(id=text),
        messages.Done(duration=at, utterances=number),
        messages.Warn(code=text, message=text),
        messages.Error(code=text, message=text, fatal=False),
    ]
    return native.write_server(chance.choice(said)).encode()


def cursor_text(chance: Random) -> bytes:
    """Give a cursor, of this key or another, whole or bent."""
    return _bent(chance, chance.choice(CURSORS + FOREIGN_CURSORS)).encode()


def request_head(chance: Random) -> bytes:
    """Give the head of a request, with what may let it in anywhere in it."""
    secret = chance.choice((TOKEN, TOKEN[:-1], "x", "", chance.choice(FOREIGN_CURSORS)))
    encoded = base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    target = chance.choice(
        ("/", "/v1/dictation", f"/v1/dictation?token={secret}", f"/{secret}", "/page/../x", "*")
    )
    offers = (
        f"Authorization: Bearer {secret}",
        f"Authorization: Token {secret}",
        f"Authorization: Basic {encoded}",
        f"Sec-WebSocket-Protocol: dictation.v1, token.{encoded}",
        f"Cookie: token={secret}",
        "Upgrade: websocket",
        "upgrade : h2c, WebSocket",
        "Connection: Upgrade",
        "Origin: https://elsewhere.example",
        "Origin: http://here:8765",
        "Origin: null",
        "X-Forwarded-Host: elsewhere.example",
        "Transfer-Encoding: chunked",
        "Content-Length: 5",
    )
    lines = [f"{chance.choice(('GET', 'POST', 'PRI'))} {target} HTTP/1.1", "Host: here:8765"]
    lines += chance.choices(offers, k=chance.randint(0, 6))
    return "\r\n".join([*lines, "", ""]).encode()


def _start_fields(chance: Random) -> dict[str, Any]:
    return {
        "encoding": chance.choice(_ENCODINGS),
        "sample_rate": chance.choice(_RATES),
        "channels": chance.choice((1, 1, 2, 0, 3)),
        "language": chance.choice(_STRINGS),
        "task": chance.choice(("transcribe", "translate", "sing")),
        "prompt": chance.choice((*_STRINGS, "x" * 2_001)),
        "hotwords": [chance.choice(_STRINGS) for _ in range(chance.randrange(4))],
        "words": chance.choice((True, False, 1)),
        "partials": chance.choice((True, False)),
        "endpointing": chance.choice(("dictation", "captioning", "")),
    }


def _some(chance: Random, fields: dict[str, Any]) -> dict[str, Any]:
    share = chance.choice((0.1, 0.1, 0.3, 1.0))
    return {name: value for name, value in fields.items() if chance.random() < share}


def _json(chance: Random, fields: dict[str, Any]) -> bytes:
    if chance.random() < 0.1:  # one field's value in another's place
        values = list(fields.values())
        chance.shuffle(values)
        fields = dict(zip(fields, values, strict=True))
    return json.dumps(fields, ensure_ascii=chance.random() < 0.5).encode()


def _bent(chance: Random, text: str) -> str:
    if chance.random() < 0.4:
        return text
    at = chance.randrange(len(text))
    return text[:at] + chance.choice("ABCdef019-_=+/ .") + text[at + 1 :]
