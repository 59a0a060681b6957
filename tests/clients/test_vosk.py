"""Programs that know vosk-server, by the frames that its own test clients send and wait for."""

import asyncio
import json
import subprocess
import sys
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.clients.document import shown
from tests.conftest import SAMPLES, Server, start_server, stop_server
from tests.end_to_end.conftest import ADMISSION, TOKEN, Run
from tests.waiting import until
from wsserver import client
from wsserver.messages import Start

LONG = SAMPLES / "flite-slt-long.wav"
SHORT = SAMPLES / "en-us-my-uncle-sold.wav"
EOF, RESET = '{"eof" : 1}', '{"reset" : 1}'


@pytest.fixture(scope="module")
def vosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server on the practice model that takes tokens in URLs."""
    settings = {
        "WSSERVER_SESSIONS__MAX_LAG_SECONDS": "60",
        "WSSERVER_SERVER__ADMISSION__TOKEN_IN_URL": "true",
    }
    server = start_server(tmp_path_factory.mktemp("vosk"), "--model", "practice", **settings)
    yield server
    assert stop_server(server) == 0


def url(server: Server, query: str = "") -> str:
    return server.url.replace("http", "ws", 1) + f"vosk?token={server.token}{query}"


@dataclass
class Exchange:
    """A connection on which every frame of audio waits for its reply."""

    socket: ClientConnection
    replies: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, frame: bytes) -> dict[str, Any]:
        await self.socket.send(frame)
        return await self.reply()

    async def reply(self) -> dict[str, Any]:
        self.replies.append(json.loads(await self.socket.recv()))
        return self.replies[-1]

    async def end(self) -> dict[str, Any]:
        """Say that nothing follows; give the last result, behind which the server closes."""
        await self.socket.send(EOF)
        last = await self.reply()
        with pytest.raises(ConnectionClosed) as closed:
            await self.socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
        return last

    @property
    def text(self) -> str:
        return " ".join(reply["text"] for reply in self.replies if reply.get("text"))


@asynccontextmanager
async def exchange(address: str, **wishes: Any) -> AsyncIterator[Exchange]:
    async with connect(address, proxy=None) as socket:
        if wishes:
            await socket.send(json.dumps({"config": wishes}))
        yield Exchange(socket)


def blocks(path: Path, frames: int) -> Iterator[bytes]:
    with wave.open(str(path), "rb") as sound:
        while block := sound.readframes(frames):
            yield block


def rate(path: Path) -> int:
    with wave.open(str(path), "rb") as sound:
        return sound.getframerate()


async def native_text(server: Server, path: Path) -> str:
    start = Start(sample_rate=rate(path))
    said = await client.transcribe(server.socket_url, server.token, blocks(path, 4_000), start)
    return " ".join(final.text for final in said if final.text)


async def test_its_plain_client_gets_one_reply_a_frame_and_the_native_text(vosk: Server) -> None:
    async with exchange(url(vosk), sample_rate=rate(LONG)) as dialog:
        for block in blocks(LONG, rate(LONG) // 5):
            await dialog.say(block)
        await dialog.end()

    assert dialog.text == await native_text(vosk, LONG)


async def test_its_subtitle_client_sends_no_config_and_gets_the_time_of_every_word(
    vosk: Server,
) -> None:
    data = SHORT.read_bytes()
    async with exchange(url(vosk, f"&sample_rate={rate(SHORT)}")) as dialog:
        for at in range(0, len(data), 8_000):
            await dialog.say(data[at : at + 8_000])
        await dialog.end()

    words = [word for reply in dialog.replies for word in reply.get("result", [])]
    times = [time for word in words for time in (word["start"], word["end"])]
    assert " ".join(word["word"] for word in words) == dialog.text
    assert times == sorted(times)
    assert times[-1] < len(data) / 2 / rate(SHORT)
    assert all(0 < word["conf"] <= 1 for word in words)


async def test_partials_grow_and_a_reset_makes_them_final(vosk: Server) -> None:
    async with exchange(url(vosk), sample_rate=rate(SHORT), partial_words=True) as dialog:
        await dialog.say(b"".join([*blocks(SHORT, 4_000)][:4]))
        short = await until_heard(dialog, 1)
        await dialog.say(b"".join([*blocks(SHORT, 4_000)][4:8]))
        longer = await until_heard(dialog, 1 + len(short["partial"].split()))
        await dialog.socket.send(RESET)
        final = await dialog.reply()
        after = await dialog.say(b"")
        await dialog.end()

    assert [word["word"] for word in longer["partial_result"]] == longer["partial"].split()
    assert final["text"]
    assert after == {"partial": ""}


async def until_heard(dialog: Exchange, words: int) -> dict[str, Any]:
    """Ask for partials with frames of no audio until one has so many words."""
    while len((reply := await dialog.say(b""))["partial"].split()) < words:
        await asyncio.sleep(0.01)
    return reply


@pytest.mark.parametrize(
    ("wishes", "keys"),
    [
        ({"words": 0, "phrase_list": ["my uncle sold his house", "[unk]"]}, {"text"}),
        ({"words": 0, "max_alternatives": 20}, {"alternatives"}),
    ],
)
async def test_its_clients_for_word_lists_and_alternatives_get_the_same_text(
    vosk: Server, wishes: dict[str, Any], keys: set[str]
) -> None:
    async with exchange(url(vosk), sample_rate=16_000.0, **wishes) as dialog:
        for block in blocks(SHORT, 4_000):
            await dialog.say(block)
        last = await dialog.end()

    said = last["alternatives"][0] if "alternatives" in last else last
    assert last.keys() == keys
    assert said["text"] == await native_text(vosk, SHORT)


async def test_its_microphone_client_may_vanish_in_mid_word(run: Run) -> None:
    async with run() as server:
        async with (
            connect(
                server.socket_url.replace("/v1/dictation", "/vosk"),
                additional_headers={"Authorization": f"Bearer {TOKEN}"},
                proxy=None,
            ) as socket,
        ):
            for block in blocks(SHORT, 4_000):
                await socket.send(block)
                await socket.recv()
            socket.transport.abort()
        await until(lambda: not server.app.open_dictations)


def test_the_document_shows_a_program_that_works(vosk: Server, tmp_path: Path) -> None:
    address = urlsplit(vosk.url).netloc
    program = shown("python vosk").replace("localhost:8765", address).replace("TOKEN", vosk.token)
    file = tmp_path / "program.py"
    file.write_text(program, encoding="utf-8")

    ran = subprocess.run(
        [sys.executable, file, SHORT], capture_output=True, text=True, timeout=120, check=True
    )

    assert address in program
    assert ran.stdout.strip() == "My uncle sold his house by the sea."


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 401, "no_token"),
        ("?token=nobody", 403, "bad_token"),
        (f"?token={TOKEN}&speed=2", 400, "bad_message"),
    ],
)
async def test_who_is_not_let_in_is_told_why(run: Run, query: str, status: int, code: str) -> None:
    async with run(server={"admission": {**ADMISSION, "token_in_url": True}}) as server:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(server.url.replace("http", "ws", 1) + "vosk" + query, proxy=None):
                pass

    answer = refused.value.response
    assert (answer.status_code, json.loads(answer.body)["code"]) == (status, code)


async def test_a_full_server_says_so_before_the_first_frame(run: Run) -> None:
    async with run(server={"admission": {**ADMISSION, "max_sessions": 1}}) as server:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        address = server.url.replace("http", "ws", 1) + "vosk"
        async with connect(address, additional_headers=headers, proxy=None):
            with pytest.raises(InvalidStatus) as refused:
                async with connect(address, additional_headers=headers, proxy=None):
                    pass

    assert refused.value.response.status_code == 503
    assert json.loads(refused.value.response.body)["code"] == "full"


@pytest.mark.parametrize(
    ("config", "code", "close_code"),
    [
        ({"sample_rate": 100}, "unsupported_format", 1003),
        ({"language": "xx"}, "unsupported_format", 1003),
        ({"spk_model": "x"}, "bad_message", 1008),
    ],
)
async def test_what_cannot_be_served_is_said_in_words(
    run: Run, config: dict[str, Any], code: str, close_code: int
) -> None:
    async with run(server={"admission": {**ADMISSION, "token_in_url": True}}) as server:
        address = server.url.replace("http", "ws", 1) + f"vosk?token={TOKEN}"
        async with connect(address, proxy=None) as socket:
            await socket.send(json.dumps({"config": config}))
            await socket.send(b"\x00\x00" * 800)
            said = [json.loads(frame) async for frame in replies(socket)]

    assert code in [reply.get("code") for reply in said]
    assert socket.close_code == close_code


async def replies(socket: ClientConnection) -> AsyncIterator[str]:
    try:
        while True:
            yield str(await socket.recv())
    except ConnectionClosed:
        return
