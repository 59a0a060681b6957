import asyncio
from functools import partial
from pathlib import Path

import pytest

from bench.replicas import SESSIONS, Talker, measure
from wsserver.cluster.replica import Replica
from wsserver.cluster.serving import serving
from wsserver.recognition.engines.fake import FakeEngine, Script
from wsserver.recognition.process import EngineProcess
from wsserver.recognition.scheduler import Scheduler


async def test_a_talker_counts_what_was_heard() -> None:
    scheduler = Scheduler(EngineProcess(partial(FakeEngine, Script())))
    await scheduler.start()
    talker = Talker("s", 0)

    talking = asyncio.create_task(talker.talk(scheduler))
    while talker.windows < 11:
        await asyncio.sleep(0.001)
    talking.cancel()
    await asyncio.wait([talking])
    await scheduler.stop()

    # Ten partials that grow by half a second, and the final.
    assert talker.heard_seconds >= 27.5 + 5.0


async def test_replicas_are_measured_by_what_they_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.replicas.WARM_SECONDS", 0.1)
    replica = Replica(EngineProcess(partial(FakeEngine, Script())))
    await replica.start()

    async with serving(replica, "http://127.0.0.1:0/") as url:
        audio, windows = await measure([url], 0.5)
    await replica.stop()

    assert SESSIONS > 1
    assert audio > windows > 0


def test_a_figure_is_drawn(tmp_path: Path) -> None:
    plot = pytest.importorskip("bench.replicas_plot", exc_type=ImportError)

    plot.plot_replicas([[1.0, 1.9], [1.1, 2.0]], tmp_path / "replicas.png")

    assert (tmp_path / "replicas.png").stat().st_size > 1000
