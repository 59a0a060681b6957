"""A full disk and a clock that is set cost no session and no word."""

import time
from pathlib import Path
from random import Random

import pytest

from tests.end_to_end.conftest import TOKEN as OWN_TOKEN
from tests.end_to_end.conftest import Run, run
from tests.faults.harness import Storm, check, place, schedule, undisturbed
from tests.faults.speech import STARTS, Heard, long_speech
from wsserver.client import Reconnect, connect

__all__ = ["run"]

SPEECH = long_speech(STARTS[1], 25.0, Random(11))
CALM = Reconnect(silent_seconds=60.0)
"""A busy machine is not taken for a dead one: whoever comes again was sent away."""

DAY_S = 86_400.0
FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no full device")
async def test_a_log_that_takes_no_more_holds_nobody_up(tmp_path: Path) -> None:
    strikes = schedule(1, 2, SPEECH.seconds, ["cut", "half-open"])

    (tmp_path / "log").symlink_to(FULL)
    async with place(tmp_path) as where:
        heard = await Storm(where, SPEECH, strikes).run()
        peace = await undisturbed(where.url, SPEECH)

    check(SPEECH, heard, peace)


async def test_without_a_place_for_its_key_a_server_serves_and_lines_may_break(
    tmp_path: Path,
) -> None:
    blocked = tmp_path / "state"
    blocked.write_text("a file where a folder is expected")
    strikes = schedule(2, 2, SPEECH.seconds, ["cut", "close"])

    environment = {"WSSERVER_SERVER__KEY": "null", "XDG_STATE_HOME": str(blocked)}
    async with place(tmp_path, **environment) as where:
        heard = await Storm(where, SPEECH, strikes).run()
        peace = await undisturbed(where.url, SPEECH)

    check(SPEECH, heard, peace)
    assert "no session outlives this run" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("step_s", [DAY_S, -DAY_S])
async def test_a_clock_that_is_set_ends_no_session(
    run: Run, monkeypatch: pytest.MonkeyPatch, step_s: float
) -> None:
    now, stepped = time.time, [0.0]
    monkeypatch.setattr("wsserver.app.time.time", lambda: now() + stepped[0])
    async with run() as server:
        heard = []
        for step in (0.0, step_s):
            stepped[0] = 0.0
            async with connect(server.socket_url, OWN_TOKEN, SPEECH.start, None, CALM) as speaker:
                messages = [speaker.ready]
                for block in SPEECH.blocks():
                    await speaker.send(block.data)
                    if block.end > len(SPEECH.pcm) // SPEECH.sample_bytes // 2:
                        stepped[0] = step
                    if block.flush:
                        await speaker.flush(block.flush)
                await speaker.finish()
                heard.append(Heard([*messages, *[message async for message in speaker]]))

    check(SPEECH, heard[1], heard[0])
    assert heard[1].resumed_at == [0]
