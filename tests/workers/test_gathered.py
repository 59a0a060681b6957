"""The numbers of all workers in one answer, each with its worker."""

import socket
import threading
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_text
from prometheus_client.samples import Sample

from wsserver.messages import Partial
from wsserver.metrics import Metrics
from wsserver.net.entrance import Entrance
from wsserver.workers import worker as worker_module
from wsserver.workers.gathered import WEBHOOKS, gathered
from wsserver.workers.wire import Wire
from wsserver.workers.worker import Worker


def counted(partials: list[float]) -> str:
    metrics = Metrics(lambda: 0.0)
    metrics.measure("sessions_open", "Sessions that have a place.", lambda: float(len(partials)))
    watch = metrics.watch()
    for lag in partials:
        watch.said(Partial(utterance=1, text="", committed=0, start=0.0, end=0.0, lag=lag))
    metrics.refused("full")
    return metrics.render("")[0].decode()


@pytest.mark.parametrize(
    ("accept", "read"),
    [("text/plain", read_text), ("application/openmetrics-text;version=1.0.0", read_open)],
)
def test_every_worker_keeps_its_own_numbers(accept: str, read: object) -> None:
    assert callable(read)

    body, content_type = gathered({1: counted([0.05, 0.4]), 2: counted([0.4])}, accept)

    families = {family.name: family for family in read(body.decode())}
    found = {
        (sample.name, sample.labels["worker"], _rest(sample)): sample.value
        for family in families.values()
        for sample in family.samples
    }
    assert content_type.split(";")[0] == accept.split(";")[0]
    assert families["wsserver_partial_lag_seconds"].type == "histogram"
    assert found["wsserver_partial_lag_seconds_bucket", "1", "0.1"] == 1
    assert found["wsserver_partial_lag_seconds_bucket", "2", "0.1"] == 0
    assert found["wsserver_partial_lag_seconds_count", "1", None] == 2
    assert found["wsserver_sessions_open", "2", None] == 1
    assert found["wsserver_refusals_total", "2", "full"] == 1


def _rest(sample: Sample) -> str | None:
    return sample.labels.get("le") or sample.labels.get("code")


def test_webhooks_are_told_by_whoever_sends_them() -> None:
    def numbers(waiting: int) -> str:
        metrics = Metrics(lambda: 0.0)
        metrics.measure("webhooks_waiting", "Not taken yet.", lambda: float(waiting))
        return metrics.render("")[0].decode()

    body, _ = gathered({WEBHOOKS: numbers(7), 1: numbers(0), 2: numbers(0)}, "")

    told = [
        (sample.labels, sample.value)
        for family in read_text(body.decode())
        for sample in family.samples
        if sample.name == "wsserver_webhooks_waiting"
    ]
    assert told == [({}, 7.0)]


def test_the_engine_is_of_no_worker() -> None:
    def numbers(batches: int) -> str:
        metrics = Metrics(lambda: 0.0)
        for _ in range(batches):
            metrics.decoded((), 0.1)
        return metrics.render("")[0].decode()

    body, _ = gathered({0: numbers(3), 1: numbers(0)}, "")

    counts = {
        tuple(sample.labels.items()): sample.value
        for family in read_text(body.decode())
        for sample in family.samples
        if sample.name == "wsserver_engine_batch_seconds_count"
    }
    sessions = [
        sample.labels
        for family in read_text(body.decode())
        for sample in family.samples
        if sample.name == "wsserver_audio_seconds_total"
    ]
    assert counts == {(): 3.0}
    assert sessions == [{"worker": "1"}]


async def test_sessions_go_on_while_numbers_are_put_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gathered_there(*asked: Any) -> tuple[bytes, str]:
        threads.add(threading.current_thread())
        return gathered(*asked)

    async def tell(_: Any) -> dict[int, str]:
        return {1: counted([0.05]), 2: counted([0.4])}

    threads: set[threading.Thread] = set()
    monkeypatch.setattr(worker_module, "gathered", gathered_there)
    ours, theirs = socket.socketpair()
    channel, other_end = socket.socketpair()
    far = await Wire.open(theirs, tell)
    worker = Worker(Entrance(channel))
    worker.wire = await Wire.open(ours, worker.answer)

    body, _ = await worker._numbers("")
    await worker.wire.close()
    await far.close()
    channel.close()
    other_end.close()

    assert b'worker="2"' in body
    assert len(threads - {threading.current_thread()}) == 1
