"""Dictations through random faults are, to the word, the dictations in peace."""

import asyncio
from pathlib import Path
from random import Random

from tests.faults.harness import (
    ENGINE,
    LINE,
    SERVER,
    Storm,
    Strike,
    check,
    explain,
    place,
    schedule,
    undisturbed,
)
from tests.faults.speech import STARTS, long_speech
from wsserver.messages import Final

BUSY = "{delay_s: 0.05}"
"""Of an engine that is often at work when something strikes."""


KINDS = 2 * (LINE + ENGINE + SERVER)


async def test_no_fault_changes_a_word_or_repeats_one(tmp_path: Path) -> None:
    speeches = [long_speech(start, 60.0, Random(i)) for i, start in enumerate(STARTS[:3])]
    strikes = [schedule(i, 7, 60.0, KINDS[7 * i :] + KINDS[: 7 * i]) for i in range(3)]

    async with place(tmp_path, WSSERVER_ENGINE__SCRIPT=BUSY) as where:
        storms = [Storm(where, *each) for each in zip(speeches, strikes, strict=True)]
        heard = await asyncio.gather(*[storm.run() for storm in storms])
        peace = [
            await explain(where.url, *each, where.stops)
            for each in zip(speeches, heard, strict=True)
        ]

    for each in zip(speeches, heard, peace, strict=True):
        check(*each)
        assert sum(isinstance(m, Final) and bool(m.text) for m in each[1].messages) > 7


HALF_WAY = Strike(8.0, "terminate", alone=False)


class Held(Storm):
    """Says half of it, and the rest once its server has to stop."""

    async def _strike(self, strike: Strike) -> None:
        while not self._place.stops:
            await asyncio.sleep(0.005)


async def test_a_server_that_stops_under_load_hands_every_session_on(tmp_path: Path) -> None:
    speeches = [long_speech(start, 15.0, Random(7)) for start in STARTS]
    patient = {
        "WSSERVER_ENGINE__SCRIPT": BUSY,
        "WSSERVER_SESSIONS__DRAIN_SECONDS": "30",
        "WSSERVER_SESSIONS__IDLE_SECONDS": "60",
    }

    async with place(tmp_path, **patient) as where:
        storms = [Held(where, speech, [HALF_WAY]) for speech in speeches]
        dictating = [asyncio.create_task(storm.run()) for storm in storms]
        while not all(len(storm.heard.messages) > 3 for storm in storms):
            await asyncio.sleep(0.005)
        where.strike("terminate")
        heard = await asyncio.gather(*dictating)
        # Everybody came to a pause, so there is nothing to explain.
        peace = [await undisturbed(where.url, speech) for speech in speeches]

    for each in zip(speeches, heard, peace, strict=True):
        check(*each)
        assert len(each[1].resumed_at) > 1


async def test_a_ready_that_never_came_does_not_lock_its_session(tmp_path: Path) -> None:
    speech = long_speech(STARTS[1], 20.0, Random(3))
    strikes = schedule(3, 2, speech.seconds, ["lost ready"])

    async with place(tmp_path) as where:
        heard = await Storm(where, speech, strikes).run()
        peace = await explain(where.url, speech, heard, 0)

    check(speech, heard, peace)
