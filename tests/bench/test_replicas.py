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

    await talker.talk(scheduler, 2)
    await scheduler.stop()

    # Ten partials that grow by half a second, and the final; twice.
    assert (talker.windows, talker.heard_seconds) == (22, 2 * (27.5 + 5.0))


async def test_replicas_are_measured_by_what_they_answer() -> None:
    replica = Replica(EngineProcess(partial(FakeEngine, Script())))
    await replica.start()

    async with serving(replica, "http://127.0.0.1:0/") as url:
        audio, windows = await measure([url], 1)
    await replica.stop()

    assert SESSIONS > 1
    assert audio / windows == pytest.approx(32.5 / 11)


def test_a_figure_is_drawn(tmp_path: Path) -> None:
    plot = pytest.importorskip("bench.replicas_plot", exc_type=ImportError)

    plot.plot_replicas([[1.0, 1.9], [1.1, 2.0]], tmp_path / "replicas.png")

    assert (tmp_path / "replicas.png").stat().st_size > 1000
