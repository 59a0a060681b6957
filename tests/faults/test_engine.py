"""An engine that raises, hangs, dies or has no memory left costs time, and no word."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.faults.harness import Place, Storm, check, place, undisturbed
from tests.faults.kept_server import KeptServer
from tests.faults.speech import STARTS, Heard, long_speech

SPEECH = long_speech(STARTS[0], 25.0, Random(5))


def kill(server: KeptServer) -> None:
    server.signal_engine(signal.SIGKILL)


def hang(server: KeptServer) -> None:
    server.signal_engine(signal.SIGSTOP)


def starve(server: KeptServer) -> None:
    server.starve_engine()


async def dictated(where: Place) -> Heard:
    return await Storm(where, SPEECH, []).run()


@pytest.mark.parametrize("harm", [kill, hang, starve])
async def test_an_engine_that_is_lost_is_replaced_and_not_ready_meanwhile(
    tmp_path: Path, harm: Callable[[KeptServer], None]
) -> None:
    async with place(tmp_path, WSSERVER_SCHEDULER__TIMEOUT_SECONDS="1") as where:
        first = where.server.engine

        storm = Storm(where, SPEECH, [])
        dictating = asyncio.create_task(storm.run())
        while len(storm.heard.messages) < 3:
            await asyncio.sleep(0.005)
        harm(where.server)
        await where.server.becomes_ready(ready=False)
        await where.server.becomes_ready(ready=True)
        heard = await dictating
        second = where.server.engine
        peace = await undisturbed(where.url, SPEECH)

    check(SPEECH, heard, peace)
    assert second != first


async def test_a_batch_that_raises_once_is_made_good(tmp_path: Path) -> None:
    once = tmp_path / "struck"
    script = f"{{faults: {{2: raise}}, once: '{once}'}}"
    async with place(tmp_path, WSSERVER_ENGINE__SCRIPT=script) as where:
        heard = await dictated(where)
        assert once.exists()
        peace = await undisturbed(where.url, SPEECH)

    check(SPEECH, heard, peace)
