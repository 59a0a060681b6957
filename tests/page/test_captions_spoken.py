"""A person speaks, a real server listens, and others read along on their pages."""

import wave
from typing import Any

import aiohttp
from playwright.async_api import expect
from websockets.asyncio.client import connect

from tests.conftest import Sample, Server
from tests.page.reading import Reading
from tests.page.test_dictation import share_right
from wsserver.dialects import native
from wsserver.messages import Audio, Done, Final, Finish, Start


async def speak(server: Server, room: str, sample: Sample) -> list[str]:
    """Send a recording to the room; give what its speaker is told."""
    finals = []
    headers = {"Authorization": f"Bearer {server.token}"}
    with wave.open(str(sample.path)) as recorded:
        rate, sound = recorded.getframerate(), recorded.readframes(recorded.getnframes())
    async with connect(server.socket_url, additional_headers=headers, proxy=None) as socket:
        await socket.send(native.write_client(Start(room=room, sample_rate=rate)))
        for at in range(0, len(sound), 6400):
            await socket.send(native.write_client(Audio(data=sound[at : at + 6400])))
        await socket.send(native.write_client(Finish()))
        while not isinstance(told := native.read_server(await socket.recv(decode=True)), Done):
            finals += [told.text] if isinstance(told, Final) and told.text else []
    return finals


async def test_a_voice_is_read_by_all(
    reading: Reading, server: Server, samples: list[Sample]
) -> None:
    spoken = next(sample for sample in samples if sample.path.name == "flite-slt-long.wav")
    opened = await open_room(server)
    link = server.url + opened["links"]["captions"].lstrip("/")
    async with reading.reader() as one, reading.reader() as two:
        for reader in (one, two):
            await reader.page.goto(link)
            await reader.is_in("Nobody speaks now")
        finals = await speak(server, opened["room"], spoken)

        for reader in (one, two):
            await reader.reads_all(" ".join(" ".join(finals).split()))
            await expect(reader.page.locator("#lines .tentative")).to_have_count(0)
            await reader.is_in("Nobody speaks now")
    assert share_right(spoken.said, " ".join(finals)) > 0.75


async def open_room(server: Server) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {server.token}"}
    async with (
        aiohttp.ClientSession(server.url, headers=headers) as http,
        http.post("/v1/rooms", json={}) as answer,
    ):
        assert answer.status == 201, await answer.text()
        return dict(await answer.json())
