"""Dictation by a gateway whose recognition is on a Ray cluster of two nodes, while it breaks."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.cluster.ray_cluster import ray_cluster
from tests.faults.harness import check, undisturbed
from tests.faults.kept_server import TOKEN, kept_server
from tests.faults.speech import STARTS, Heard, Speech, long_speech
from wsserver.client import connect
from wsserver.messages import Final

pytest.importorskip("ray.serve")

SPEECHES = [long_speech(replace(STARTS[0]), 20.0, Random(seed)) for seed in (5, 6)]
BLOCK_SECONDS = 0.1
PATIENT = {
    "WSSERVER_SESSIONS__IDLE_SECONDS": "120",
    "WSSERVER_SESSIONS__MAX_LAG_SECONDS": "600",
    "WSSERVER_SCHEDULER__TIMEOUT_SECONDS": "30",
}


async def dictate(url: str, speech: Speech, on_final: Callable[[], None]) -> Heard:
    """Say it about as fast as people do."""
    async with connect(url, TOKEN, speech.start) as dictation:
        heard = Heard([dictation.ready])

        async def speak() -> None:
            for block in speech.blocks():
                await dictation.send(block.data)
                if block.flush:
                    await dictation.flush(block.flush)
                await asyncio.sleep(BLOCK_SECONDS / 2)
            await dictation.finish()

        speaking = asyncio.create_task(speak())
        async for message in dictation:
            heard.messages.append(message)
            if isinstance(message, Final):
                on_final()
        await speaking
    return heard


async def test_no_word_is_lost_with_a_replica_nor_with_a_whole_node(tmp_path: Path) -> None:
    alone = {"WSSERVER_ENGINE__KIND": "whisper", "WSSERVER_ENGINE__MODEL": "practice"}
    folders = [tmp_path / name for name in ("alone", "gateway")]
    for folder in folders:
        folder.mkdir()
    async with kept_server(folders[0], **PATIENT, **alone, WSSERVER_ENGINE__THREADS="1") as server:
        peace = [await undisturbed(socket_of(server.url), speech) for speech in SPEECHES]

    finals = 0
    events: list[str] = []
    async with ray_cluster(tmp_path) as cluster:
        urls = json.dumps(cluster.urls)
        replicas = {"WSSERVER_ENGINE__KIND": "ray", "WSSERVER_ENGINE__URLS": urls}
        async with kept_server(folders[1], **PATIENT, **replicas) as server:
            harm = asyncio.Queue[None]()

            async def break_it() -> None:
                await harm.get()
                cluster.kill_replica(0)
                events.append(f"replica killed after {finals} finals")
                for _ in range(2):
                    await harm.get()
                await cluster.kill_node()
                events.append(f"node killed after {finals} finals")

            def on_final() -> None:
                nonlocal finals
                finals += 1
                harm.put_nowait(None)

            breaking = asyncio.create_task(break_it())
            heard = await asyncio.gather(
                *(dictate(socket_of(server.url), speech, on_final) for speech in SPEECHES)
            )
            await breaking

    assert len(events) == 2
    for speech, one, other in zip(SPEECHES, heard, peace, strict=True):
        check(speech, one, other)


def socket_of(url: str) -> str:
    return url.replace("http", "ws", 1) + "v1/dictation"
