"""The kinds of clients of a soak, well-behaved and not, each by a script that a seed gives.

Knows what each kind does and what it has to meet with; knows nothing of how many there are.
"""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random

import soundfile
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bench.soak_clients import Line, Visit
from tests.faults.speech import Speech
from wsserver.audio.pcm import Format, decode
from wsserver.messages import Flush, Flushed, Start

_TOKEN_SECONDS = 60

_RUBBISH: tuple[str | bytes, ...] = (
    "{",
    "[]",
    '{"type": "shout"}',
    '{"type": "start", "sample_rate": 7}',
    '{"type": "start", "resume": "wsc_rubbish"}',
    '{"type": "flush", "id": {}}',
    "\N{SNOWMAN}" * 1000,
    b"\0" * 4097,
    b"\0" * (1024 * 1024 + 2),
)
_HALF_HEADS = (
    b"",
    b"GET",
    b"GET /v1/dictation HTTP/1.1\r\nUpgrade: websocket\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"POST /stt HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    b"\0" * 20_000,
)


async def finishes(visit: Visit) -> None:
    """Say everything, hear everything."""
    async with visit.line() as line:
        await line.open()
        await line.finish()


async def is_cut(visit: Visit) -> None:
    """Vanish in mid-speech; at times without having listened, or in the opening handshake."""
    async with visit.line() as line:
        if visit.random.random() < 0.8:
            await line.open()
        await line.speak(visit.random.random())


async def is_closed(visit: Visit) -> None:
    """Close in mid-speech, as a page does that is left."""
    async with visit.line() as line:
        await line.open()
        await line.speak(visit.random.random())
        await line.close()


async def resumes(visit: Visit) -> None:
    """Vanish several times, and go on by the last cursor; at times without a token."""
    async with visit.line() as line:
        await line.open()
        speech = await _go_on_after(line, visit)
    for _ in range(visit.random.randrange(3)):
        async with visit.line(_credential(visit, line), speech) as next_line:
            ready = await next_line.open(line.cursor)
            await next_line.speak(since=ready.resend_from, until=visit.random.random())
        line = next_line
    async with visit.line(_credential(visit, line), speech) as last_line:
        ready = await last_line.open(line.cursor)
        await last_line.finish(since=ready.resend_from)


async def is_taken_over(visit: Visit) -> None:
    """Go on elsewhere while the first line is still open; that one has to be told."""
    async with visit.line() as line:
        await line.open()
        speech = await _go_on_after(line, visit)
        async with visit.line(_credential(visit, line), speech) as next_line:
            ready = await next_line.open(line.cursor)
            _expect(await line.error(), "taken_over")
            await next_line.finish(since=ready.resend_from)


async def flushes_often(visit: Visit) -> None:
    """Ask for finals ten times a second."""
    async with visit.line() as line:
        await line.open()
        await line.finish(flush=True)


async def sends_rubbish(visit: Visit) -> None:
    """Send what is no message, no audio or too much; at times in mid-speech."""
    async with visit.line() as line:
        if visit.random.random() < 0.5:
            await line.send(Start())
        with suppress(ConnectionClosed):
            await line.send(visit.random.choice(_RUBBISH))
        code = await line.error()
        assert code not in ("server_error", "engine_error"), f"found {code}, expected our fault"


async def never_starts(visit: Visit) -> None:
    """Open a line and say nothing; at times until the server has enough of it."""
    async with visit.line() as line:
        if visit.random.random() < 0.3:
            _expect(await line.error(), "limit_reached")
        elif visit.random.random() < 0.5:
            await line.close()


async def goes_silent(visit: Visit) -> None:
    """Speak, then only hold the line, until the server ends it."""
    async with visit.line() as line:
        await line.open()
        await line.speak(visit.random.random())
        _expect(await line.error(), "limit_reached")


async def uploads(visit: Visit) -> None:
    """Have a file heard."""
    status, body = await visit.request("/stt", data=_file(visit.speech()))
    _expect(status, 200)
    _expect(json.loads(body)["status"], "success")


async def uploads_in_part(visit: Visit) -> None:
    """Vanish in mid-upload."""
    file = _file(visit.speech())
    head = f"POST /stt HTTP/1.1\r\nHost: soak\r\nContent-Length: {len(file)}\r\n"
    head += f"Authorization: Bearer {visit.place.token}\r\n\r\n"
    _, writer = await asyncio.open_connection(*visit.place.host)
    writer.write(head.encode() + file[: int(len(file) * visit.random.random())])
    await writer.drain()
    writer.transport.abort()


async def uploads_rubbish(visit: Visit) -> None:
    """Send a file that holds no sound."""
    status, _ = await visit.request("/stt", data=visit.random.randbytes(10_000))
    _expect(status, 400)


async def shows_a_signed_token(visit: Visit) -> None:
    """Have a token for one session made, use it, and try it again."""
    status, body = await visit.request("/v1/tokens", json={"seconds": _TOKEN_SECONDS})
    _expect(status, 200)
    token = json.loads(body)["token"]
    async with visit.line(token) as line:
        await line.open()
        await line.finish()
    _expect(await _refusal(visit, token), 403)


async def shows_a_bad_token(visit: Visit) -> None:
    """Try what was never a token, a signed token or a cursor of this server."""
    for credential in ("wst_guess", "eyJh.eyJz.c2ln", "wsc_guess"):
        _expect(await _refusal(visit, credential), 403)


async def waits_in_the_doorway(visit: Visit) -> None:
    """Send half a head, or none, or what is none, and go."""
    reader, writer = await asyncio.open_connection(*visit.place.host)
    writer.write(visit.random.choice(_HALF_HEADS))
    with suppress(ConnectionError):
        await writer.drain()
        if visit.random.random() < 0.5:
            writer.write_eof()
            await reader.read()
    writer.transport.abort()


async def looks_at_the_page(visit: Visit) -> None:
    """Load the page and ask whether there is room."""
    for path in ("/", "/healthz", "/v1/admission", "/nowhere"):
        await visit.request(path)


KINDS: dict[Callable[[Visit], Awaitable[None]], int] = {
    finishes: 3,
    resumes: 3,
    is_cut: 2,
    is_closed: 1,
    is_taken_over: 1,
    flushes_often: 1,
    sends_rubbish: 2,
    never_starts: 1,
    goes_silent: 1,
    uploads: 1,
    uploads_in_part: 1,
    uploads_rubbish: 1,
    shows_a_signed_token: 1,
    shows_a_bad_token: 1,
    waits_in_the_doorway: 1,
    looks_at_the_page: 1,
}
"""How often each comes."""


def choose(random: Random) -> Callable[[Visit], Awaitable[None]]:
    """Choose a kind by its weight."""
    return random.choices(list(KINDS), weights=list(KINDS.values()))[0]


async def _go_on_after(line: Line, visit: Visit) -> Speech:
    """Speak up to a place that is final, and some more; give the speech, to go on with it."""
    await line.speak(visit.random.uniform(0.2, 0.7))
    await line.send(Flush(id="here"))
    while (await line.until(Flushed)).id != "here":
        pass
    return line.speech


def _credential(visit: Visit, line: Line) -> str | None:
    return line.cursor if visit.random.random() < 0.5 else None


async def _refusal(visit: Visit, credential: str) -> int:
    try:
        async with visit.line(credential):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def _file(speech: Speech) -> bytes:
    start, file = speech.start, io.BytesIO()
    sound = decode(speech.pcm, Format.of(start.encoding, start.sample_rate, start.channels))
    soundfile.write(file, sound.samples, start.sample_rate, format="WAV")
    return file.getvalue()


def _expect(found: object, expected: object) -> None:
    assert found == expected, f"found {found}, expected {expected}"
