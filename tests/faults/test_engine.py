"""An engine that raises, hangs, dies or has no memory left costs time, and no word."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.faults.harness import Place, Storm, check, place, undisturbed
from tests.faults.kept_server import KeptServer
from tests.faults.speech import STARTS, Heard, long_speech
from wsserver.messages import Final, Ready, Warn

SPEECH = long_speech(STARTS[0], 25.0, Random(5))
GREEDY = "{batch_bytes: 67108864}"
"""More for each batch than an allocator keeps of what was freed, so that it has to be given."""


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
    greedy = {"WSSERVER_SCHEDULER__TIMEOUT_SECONDS": "1", "WSSERVER_ENGINE__SCRIPT": GREEDY}
    async with place(tmp_path, **greedy) as where:
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
    told = [message.code for message in heard.messages if isinstance(message, Warn)]
    assert told
    assert told == ["engine_restarting", "engine_restarted"] * (len(told) // 2)


async def test_a_session_that_goes_on_while_an_engine_hangs_in_its_load_waits_inside(
    tmp_path: Path,
) -> None:
    async with place(tmp_path) as where:
        storm = Storm(where, SPEECH, [])
        dictating = asyncio.create_task(storm.run())
        while len(storm.heard.messages) < 3:
            await asyncio.sleep(0.005)
        first = where.server.engine
        where.server.signal_engine(signal.SIGKILL)
        hanging = await where.server.next_engine(first)
        where.server.signal_engine(signal.SIGSTOP)
        where.strike("cut")
        heard = await dictating
        last = where.server.engine
        peace = await undisturbed(where.url, SPEECH)

    check(SPEECH, heard, peace)
    (resumed,) = (at for at, m in enumerate(heard.messages) if isinstance(m, Ready) and at)
    notice = heard.messages[resumed + 1]
    assert isinstance(notice, Warn)
    assert notice.code == "engine_restarting"
    assert last not in (first, hanging)


@pytest.mark.parametrize("fault", ["raise", "exit"])
async def test_what_breaks_every_engine_is_left_empty_and_every_other_word_is_heard(
    tmp_path: Path, fault: str
) -> None:
    speech = replace(SPEECH, start=replace(SPEECH.start, partials=False))
    async with place(tmp_path) as where:
        peace = await undisturbed(where.url, speech)
    script = f"{{faults: {{2: {fault}}}}}"
    async with place(tmp_path, WSSERVER_ENGINE__SCRIPT=script) as where:
        heard = await Storm(where, speech, []).run()

    heard.check_once()
    empty = [m for m in peace.messages if isinstance(m, Final)][1]
    lost = [m for m in heard.messages if isinstance(m, Final)][1]
    assert (lost.text, lost.reason, lost.through) == ("", "unrecognizable", empty.through)
    assert len(heard.outcome) == len(peace.outcome)
    assert heard.outcome[:1] + heard.outcome[2:] == peace.outcome[:1] + peace.outcome[2:]
    assert len(heard.resumed_at) == 1


async def test_a_batch_that_raises_once_is_made_good(tmp_path: Path) -> None:
    once = tmp_path / "struck"
    script = f"{{faults: {{2: raise}}, once: '{once}'}}"
    async with place(tmp_path, WSSERVER_ENGINE__SCRIPT=script) as where:
        heard = await dictated(where)
        assert once.exists()
        peace = await undisturbed(where.url, SPEECH)

    check(SPEECH, heard, peace)
