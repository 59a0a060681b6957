"""Frames that no client of good will sends; the session after them gets its final."""

import asyncio
import os
from collections.abc import Sequence

import pytest

from tests.end_to_end.conftest import Run
from tests.hostile import attack
from tests.hostile.attack import BINARY, CLOSE, CONTINUATION, PING, SPEECH, TEXT, frame
from wsserver.net.front_door import UNREAD_BYTES

START = frame(TEXT, b'{"type":"start"}')
FINISH = frame(TEXT, b'{"type":"finish"}')


@pytest.mark.parametrize(
    ("sent", "close_code"),
    [
        ([frame(TEXT, b"{}", mask=False)], 1002),
        ([frame(TEXT | 0x40, b"{}")], 1002),
        ([frame(TEXT | 0x70, b"{}")], 1002),
        ([frame(3, b"?")], 1002),
        ([frame(11, b"?")], 1002),
        ([frame(PING, bytes(126))], 1002),
        ([frame(PING, b"?", fin=False)], 1002),
        ([frame(CLOSE, b"\x03")], 1002),
        ([frame(CLOSE, b"\x03\xe8\xff\xfe")], 1007),
        ([frame(CONTINUATION, b"{}")], 1002),
        ([frame(TEXT, b"{", fin=False), frame(TEXT, b"}")], 1002),
        ([frame(TEXT, b"\xff\xfe")], 1007),
        ([frame(TEXT, b'"\xed\xa0\x80"')], 1007),
        ([frame(TEXT, b"\xe2", fin=False), frame(CONTINUATION, b"\x28\xa1")], 1007),
        ([frame(BINARY, b"", fin=False), frame(CONTINUATION, b"", fin=False) * 5_000], 1009),
        ([frame(BINARY, bytes(500_000), fin=False), frame(CONTINUATION, bytes(500_000)) * 9], 1002),
        ([frame(BINARY)[:1] + b"\xff\x7f" + b"\xff" * 7 + bytes(4)], 1009),
        ([frame(BINARY)[:1] + b"\xff\xff" + b"\xff" * 7 + bytes(4)], 1009),
        ([frame(TEXT, b'{"type":"flush","id":"' + b"\\ud800" + b'"}')], 1008),
        ([frame(TEXT, b'{"type":"start","sample_rate":1' + b"0" * 5_000 + b"}")], 1008),
        ([frame(TEXT, b"[" * 100_000)], 1008),
        ([frame(TEXT, b'{"type":' * 100_000)], 1008),
    ],
    ids=[
        "unmasked", "a reserved bit", "all reserved bits", "an unknown opcode",
        "an unknown control frame", "a control frame too long", "a control frame in pieces",
        "half a close code", "a close reason that is no UTF-8", "a piece of nothing",
        "a message within a message", "text that is no UTF-8", "a lone surrogate",
        "no UTF-8 over two pieces", "pieces for ever", "a piece too many", "a length of 2^63 - 1",
        "a length of 2^64 - 1", "an escaped lone surrogate", "a number of 5,000 digits",
        "100,000 brackets", "100,000 objects",
    ],
)  # fmt: skip
async def test_a_frame_against_the_rules_ends_its_connection_alone(
    run: Run, sent: Sequence[bytes], close_code: int
) -> None:
    # A server that has stopped reading learns of the end of a connection by this timeout alone.
    async with run(server={"socket": {"close_timeout_seconds": 0.2}}) as server:
        async with attack.socket(server) as socket:
            await socket.send(*sent)
            closed = await socket.close_code()
        await attack.until_alone(server)
        await attack.dictate(server)

    assert closed == close_code


@pytest.mark.parametrize(
    "sent",
    [
        START + frame(BINARY) * 5_000 + FINISH,
        START + frame(BINARY, bytes(2)) * 2_000 + FINISH,
        START + frame(PING, b"?") * 5_000 + FINISH,
        START + frame(10, b"never asked for") * 5_000 + FINISH,
        START + frame(TEXT, b'{"type":"keepalive"}') * 2_000 + FINISH,
        START
        + b"".join(
            frame(BINARY, bytes(1), fin=False) + frame(CONTINUATION, b"\0") for _ in "1" * 999
        )
        + FINISH,
    ],
    ids=["empty frames", "single samples", "pings", "pongs", "keepalives", "pieces of one byte"],
)
async def test_a_flood_of_small_frames_is_worked_off(run: Run, sent: bytes) -> None:
    async with run() as server, attack.socket(server) as socket:
        await asyncio.gather(socket.send(sent), attack.dictate(server))
        closed = await socket.close_code()

        assert closed == 1000


async def test_who_pings_and_never_reads_is_cut_off_before_it_fills_the_memory(run: Run) -> None:
    async with run() as server:
        async with attack.socket(server) as socket:
            socket.writer.transport.pause_reading()  # type: ignore[attr-defined]
            with pytest.raises(ConnectionError):
                await ping_for_ever(socket)
        await attack.until_alone(server)
        await attack.dictate(server)


async def ping_for_ever(socket: attack.Wire) -> None:
    """Ping until cut off, or until the server must have kept far too much."""
    pings = frame(PING, bytes(125)) * 1_000
    for _ in range(100 * UNREAD_BYTES // len(pings)):
        socket.writer.write(pings)
        await socket.writer.drain()


async def test_compression_is_not_agreed_to_so_no_frame_can_swell(run: Run) -> None:
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
    async with run() as server:
        async with attack.wire(server) as bare:
            await bare.send(attack.head("GET /v1/dictation", *attack.UPGRADE, attack.BEARER, offer))
            answer = await bare.reader.readuntil(b"\r\n\r\n")
            await bare.send(frame(BINARY | 0x40, b"\x00" * 100))
            closed = await bare.close_code()
        await attack.dictate(server)

    assert b"sec-websocket-extensions" not in answer.lower()
    assert closed == 1002


async def test_noise_after_the_upgrade_ends_its_connection_alone(run: Run) -> None:
    async with run() as server:
        for _ in range(20):
            async with attack.socket(server) as socket:
                await socket.send(START, frame(BINARY, SPEECH[:2_000]), os.urandom(2_000))
                await socket.send(frame(PING, bytes(200)))
                assert await socket.close_code() is not None
        await attack.until_alone(server)
        await attack.dictate(server)
