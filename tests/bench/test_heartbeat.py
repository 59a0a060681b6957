import asyncio
import json
import time
from pathlib import Path

from bench.heartbeat import Heartbeat

BLOCKED_S = 0.05


async def test_tells_how_long_the_loop_was_blocked(tmp_path: Path) -> None:
    heart = Heartbeat()
    beating = asyncio.create_task(heart.beat())
    await asyncio.sleep(0)

    time.sleep(BLOCKED_S)
    while not heart.beats:
        await asyncio.sleep(0)

    heart.save(tmp_path / "beats.json")
    beating.cancel()
    told = json.loads((tmp_path / "beats.json").read_text())
    assert told["p100"] > BLOCKED_S * 1000 / 2


async def test_forgets_what_was_before(tmp_path: Path) -> None:
    heart = Heartbeat()
    beating = asyncio.create_task(heart.beat())
    while not heart.beats:
        await asyncio.sleep(0)

    heart.reset()

    assert heart.beats == 0
    beating.cancel()
