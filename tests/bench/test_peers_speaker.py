import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from websockets.asyncio.server import ServerConnection, serve

from bench.peers.speaker import Address, PeerError, speak
from bench.peers.speech import Speech
from bench.peers.wires import WhisperLive, WhisperLiveKit, WhisperStreaming

SPEECH = Speech(bytes(6400), ("hello",), (0.1,))
"""Two chunks."""

Serving = Callable[[ServerConnection], Awaitable[None]]


def line(text: str) -> str:
    return json.dumps({"lines": [{"text": text}], "buffer_transcription": ""})


async def spoken_to(serving: Serving, wire: WhisperLive | WhisperLiveKit) -> list[str]:
    async with serve(serving, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        course = await speak(Address(f"ws://127.0.0.1:{port}/asr"), wire, SPEECH)
    assert course.over is not None
    assert course.began < course.stopped <= course.over
    assert all(course.began < read.at <= course.over for read in course.reads)
    return [read.text for read in course.reads]


async def test_all_is_said_in_chunks_and_the_answers_are_noted() -> None:
    received: list[int] = []

    async def serving(socket: ServerConnection) -> None:
        await socket.send('{"type": "config"}')
        while frame := await socket.recv():
            received.append(len(frame))
            await socket.send(line(" Hello."))
        await socket.send(line(" Hello you."))
        await socket.send('{"type": "ready_to_stop"}')
        await socket.wait_closed()

    texts = await spoken_to(serving, WhisperLiveKit())

    assert received == [3200, 3200]
    assert texts == [" Hello.", " Hello you."]


async def test_a_server_that_hangs_up_after_the_end_is_over() -> None:
    async def serving(socket: ServerConnection) -> None:
        uid = json.loads(await socket.recv())["uid"]
        await socket.send(json.dumps({"uid": uid, "message": "SERVER_READY"}))
        while await socket.recv() != b"END_OF_AUDIO":
            pass

    assert await spoken_to(serving, WhisperLive()) == []


async def test_a_refusal_is_told() -> None:
    async def serving(socket: ServerConnection) -> None:
        uid = json.loads(await socket.recv())["uid"]
        await socket.send(json.dumps({"uid": uid, "status": "WAIT", "message": 3.5}))

    with pytest.raises(PeerError, match=r"wait: 3\.5"):
        await spoken_to(serving, WhisperLive())


async def test_a_server_that_hangs_up_in_mid_speech_is_told() -> None:
    async def serving(socket: ServerConnection) -> None:
        await socket.send('{"type": "config"}')

    with pytest.raises(PeerError, match="closed while somebody spoke"):
        await spoken_to(serving, WhisperLiveKit())


async def test_a_bare_stream_ends_when_its_sender_does() -> None:
    received = bytearray()

    async def serving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.extend(await reader.read())
        writer.write(b"0 100 Hello\n")
        writer.close()

    async with await asyncio.start_server(serving, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        course = await speak(Address(f"tcp://127.0.0.1:{port}"), WhisperStreaming(), SPEECH)

    assert bytes(received) == SPEECH.pcm
    assert [read.text for read in course.reads] == ["Hello"]


async def test_nobody_listening_is_told(unused_tcp_port: int) -> None:
    with pytest.raises(PeerError, match="not reached"):
        await speak(Address(f"ws://127.0.0.1:{unused_tcp_port}"), WhisperLive(), SPEECH)
