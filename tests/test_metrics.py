import asyncio

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from wsserver.messages import Error, Final, Limits, Partial, Ready, ServerMessage, Speech, Warn
from wsserver.metrics import Metrics
from wsserver.speech import Priority, Window

PARTIAL = Partial(utterance=1, text="the", committed=0, start=0, end=1, lag=0.25)
FINAL = Final(utterance=1, text="The.", start=0, end=1, through=16_000)


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics(clock: Clock) -> Metrics:
    return Metrics(clock)


def told(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Give all that is told that is not 0: name and labels to value."""
    body, content_type = metrics.render("")
    assert content_type.startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
        if sample.value
    }


def ready(generation: int) -> Ready:
    limits = Limits(frame_bytes=1, idle_seconds=1, session_seconds=1)
    return Ready(
        session="s",
        model="m",
        practice=False,
        languages=("en",),
        encodings=("s16le",),
        sample_rates=(8000, 48000),
        limits=limits,
        generation=generation,
    )


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (ready(1), {("wsserver_sessions_total", "new"): 1}),
        (ready(3), {("wsserver_sessions_total", "resumed"): 1}),
        (
            Error(code="bad_audio", message="", fatal=True),
            {("wsserver_session_errors_total", "bad_audio"): 1},
        ),
        (Error(code="bad_audio", message="", fatal=False), {}),
        (FINAL, {}),
        (
            Final(utterance=1, text="", start=0, end=1, through=1, reason="looped"),
            {("wsserver_finals_withheld_total", "looped"): 1},
        ),
    ],
)
def test_what_is_said_is_counted(
    metrics: Metrics, message: ServerMessage, expected: dict[tuple[str, ...], float]
) -> None:
    metrics.watch().said(message)

    assert told(metrics) == expected


def test_a_partial_is_counted_by_its_lag(metrics: Metrics) -> None:
    metrics.watch().said(PARTIAL)

    found = told(metrics)
    assert found["wsserver_partial_lag_seconds_sum",] == 0.25
    assert ("wsserver_partial_lag_seconds_bucket", "0.2") not in found
    assert found["wsserver_partial_lag_seconds_bucket", "0.3"] == 1


def test_a_final_is_counted_from_the_end_of_its_own_utterance(
    metrics: Metrics, clock: Clock
) -> None:
    watch = metrics.watch()
    other = metrics.watch()

    watch.said(Speech(event="started", utterance=1, time=0))
    watch.said(Speech(event="ended", utterance=1, time=1))
    clock.now += 2
    other.said(FINAL)
    watch.said(FINAL)
    watch.said(FINAL)

    found = told(metrics)
    assert found["wsserver_final_lag_seconds_sum",] == 2
    assert found["wsserver_final_lag_seconds_count",] == 1


@pytest.mark.parametrize(
    ("priority", "doubt", "expected"),
    [
        (
            Priority.FINAL,
            "repetition",
            {("wsserver_guards_tripped_total", "repetition", "final"): 1},
        ),
        (
            Priority.PARTIAL,
            "low_confidence",
            {("wsserver_guards_tripped_total", "low_confidence", "partial"): 1},
        ),
        (Priority.FINAL, None, {}),
    ],
)
def test_what_a_guard_does_not_believe_is_counted(
    metrics: Metrics, priority: Priority, doubt: str | None, expected: dict[tuple[str, ...], float]
) -> None:
    window = Window("s", 1, priority, 0, np.zeros(16_000, np.float32))

    metrics.watch().asked(window, doubt)

    assert told(metrics) == expected


async def test_a_final_that_waits_to_be_kept_is_counted_by_how_long(
    metrics: Metrics, clock: Clock
) -> None:
    leave = asyncio.get_running_loop().create_future()

    metrics.watch().waits(1, leave)
    clock.now += 2
    leave.set_result(None)
    await asyncio.sleep(0)

    assert told(metrics)["wsserver_final_keep_seconds_sum",] == 2


def test_warnings_are_counted_once_they_are_sent(metrics: Metrics) -> None:
    watch, warning = metrics.watch(), Warn(code="not_kept", message="")

    watch.said(warning)
    watch.sent(warning)
    watch.sent(FINAL)

    assert told(metrics) == {("wsserver_warnings_total", "not_kept"): 1}


def test_what_alerts_look_at_is_told_before_it_first_happens(metrics: Metrics) -> None:
    body, _ = metrics.render("")

    for sample in (
        'wsserver_sessions_total{kind="resumed"} 0.0',
        'wsserver_refusals_total{code="full"} 0.0',
        'wsserver_warnings_total{code="not_kept"} 0.0',
        'wsserver_warnings_total{code="engine_restarting"} 0.0',
        'wsserver_engine_failures_total{error="EngineLost"} 0.0',
    ):
        assert sample in body.decode()


def test_batches_are_counted_with_the_audio_in_them(metrics: Metrics) -> None:
    windows = [
        Window("s", 1, priority, 0, np.zeros(16_000 * seconds, np.float32))
        for seconds, priority in ((2, Priority.FINAL), (3, Priority.PARTIAL), (4, Priority.PARTIAL))
    ]

    metrics.decoded(windows, 0.5)
    metrics.failed([], ZeroDivisionError(), 0.5)

    found = told(metrics)
    assert found["wsserver_engine_batch_windows_sum",] == 3
    assert found["wsserver_engine_batch_seconds_sum",] == 0.5
    assert found["wsserver_engine_audio_seconds_total", "final"] == 2
    assert found["wsserver_engine_audio_seconds_total", "partial"] == 7
    assert found["wsserver_engine_failures_total", "ZeroDivisionError"] == 1


def test_what_is_measured_is_asked_for_each_time(metrics: Metrics) -> None:
    values = iter((3.0, 4.0))
    metrics.measure("sessions_open", "Sessions.", lambda: next(values))
    metrics.refused("full")
    metrics.watch().heard(1.5)

    first, second = told(metrics), told(metrics)

    assert first["wsserver_sessions_open",] == 3
    assert second["wsserver_sessions_open",] == 4
    assert second["wsserver_refusals_total", "full"] == 1
    assert second["wsserver_audio_seconds_total",] == 1.5


def test_two_servers_in_one_process_count_apart(metrics: Metrics) -> None:
    metrics.refused("full")

    assert told(Metrics(Clock())) == {}
