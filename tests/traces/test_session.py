"""An utterance becomes a trace, whose spans are where its time went."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from wsserver.errors import EngineError
from wsserver.messages import Final, Limits, Partial, Ready, Speech
from wsserver.speech import DecodeOptions, Hypothesis, Priority, Window
from wsserver.traces.session import SessionTrace, Tracing
from wsserver.traces.windows import SECOND_NS, AskedWindows

LIMITS = Limits(frame_bytes=1, idle_seconds=1, session_seconds=1)
READY = Ready(
    session="s",
    model="practice",
    practice=True,
    languages=("en",),
    encodings=("s16le",),
    sample_rates=(8000, 48000),
    limits=LIMITS,
    cursor="wsc_secret",
)
STARTED = Speech(event="started", utterance=1, time=0.6)
ENDED = Speech(event="ended", utterance=1, time=2.0)
PARTIAL = Partial(utterance=1, text="the", committed=0, start=0.6, end=1.5, lag=0.25)
FINAL = Final(utterance=1, text="The cat.", start=0.6, end=2.0, through=1, cursor="wsc_secret")
OPTIONS = DecodeOptions(prompt="gooseberry")
WINDOW = Window("s", 1, Priority.FINAL, 0, np.zeros(16_000, np.float32), OPTIONS)
HEARD = Hypothesis("The cat.", (1,), (), "en", 1.0, -0.1, 0.0, 1.0)


class Bench:
    """A session that is traced, by a clock that is set in seconds."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.now = 100.0
        tracer, clock = self.provider.get_tracer("tests"), lambda: int(self.now * SECOND_NS)
        self.windows = AskedWindows(tracer, clock)
        self.watch = SessionTrace(Tracing(tracer, self.windows, clock))

    def at(self, now: float, do: Callable[..., None], *arguments: Any) -> None:
        self.now = now
        do(*arguments)

    def hear(self) -> None:
        """Have the utterance begin; its first chunk came at 100.5."""
        watch = self.watch
        watch.admitted("ada", "")
        watch.said(READY)
        for now, position in ((100.0, 0.0), (100.5, 0.5), (101.0, 1.0)):
            self.at(now, watch.came, position)
        self.at(101.25, watch.said, STARTED)

    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self.exporter.get_finished_spans()}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def times(span: ReadableSpan) -> tuple[float, float]:
    assert span.start_time is not None
    assert span.end_time is not None
    return span.start_time / SECOND_NS, span.end_time / SECOND_NS


async def test_an_utterance_is_a_trace_from_the_chunk_in_which_it_began_to_its_final(
    bench: Bench,
) -> None:
    watch, leave = bench.watch, asyncio.get_running_loop().create_future()

    bench.hear()
    bench.at(102.5, watch.came, 1.9)
    bench.at(103, watch.said, ENDED)
    bench.at(103, watch.asked, WINDOW, None)
    bench.at(103.5, bench.windows.decoded, [WINDOW], 0.25)
    bench.at(103.5, watch.answered, WINDOW, HEARD)
    bench.at(103.5, watch.said, FINAL)
    bench.at(103.5, watch.waits, 1, leave)
    bench.at(103.75, leave.set_result, None)
    await asyncio.sleep(0)
    bench.at(104, watch.sent, FINAL)

    spans = bench.spans()
    assert {name: times(span) for name, span in spans.items()} == {
        "voice detected": (100.5, 101.25),
        "endpoint": (102.5, 103),
        "decode": (103.25, 103.5),
        "window": (103, 103.5),
        "leave of the store": (103.5, 103.75),
        "send": (103.5, 104),
        "utterance": (100.5, 104),
    }
    assert len({span.context.trace_id for span in spans.values()}) == 1
    assert spans["utterance"].parent is None
    parents = {name: span.parent and span.parent.span_id for name, span in spans.items()}
    assert parents["window"] == spans["utterance"].context.span_id
    assert parents["decode"] == spans["window"].context.span_id


def test_a_trace_says_whose_it_is_and_nothing_that_was_said(bench: Bench) -> None:
    watch, final = bench.watch, replace(FINAL, text="", reason="repetition")

    bench.hear()
    watch.asked(WINDOW, "repetition")
    bench.windows.decoded([WINDOW, replace(WINDOW, session="other")], 0.25)
    watch.answered(WINDOW, HEARD)
    watch.sent(PARTIAL)
    watch.said(final)
    watch.sent(final)

    spans = bench.spans()
    assert spans["utterance"].attributes == {
        "session.id": "s",
        "wsserver.generation": 1,
        "wsserver.model": "practice",
        "wsserver.token": "ada",
        "wsserver.utterance": 1,
        "wsserver.audio_seconds": pytest.approx(1.4),
        "wsserver.reason": "repetition",
    }
    attributes = spans["window"].attributes or {}
    assert attributes["wsserver.priority"] == "final"
    assert attributes["wsserver.doubt"] == "repetition"
    assert attributes["wsserver.batch_windows"] == 2
    assert attributes["wsserver.retries"] == 0
    assert [event.name for event in spans["utterance"].events] == ["partial sent"]
    everything = "".join(span.to_json() for span in spans.values())
    assert [word for word in ("cat", "the", "gooseberry", "wsc_") if word in everything] == []


def test_a_batch_that_fails_is_a_decoding_of_its_own(bench: Bench) -> None:
    bench.hear()
    bench.watch.asked(WINDOW, None)
    bench.windows.failed([WINDOW], EngineError("what the engine said"), 0.5)
    bench.windows.decoded([WINDOW], 0.25)
    bench.watch.answered(WINDOW, HEARD)

    finished = bench.exporter.get_finished_spans()
    decodings = [span for span in finished if span.name == "decode"]
    assert [span.status.description for span in decodings] == ["EngineError", None]
    assert (bench.spans()["window"].attributes or {})["wsserver.retries"] == 1


def test_a_final_that_was_decoded_ahead_shares_what_the_engine_did(bench: Bench) -> None:
    early = replace(WINDOW, priority=Priority.EARLY_FINAL)

    bench.hear()
    for window in (early, WINDOW):
        bench.watch.asked(window, None)
    bench.windows.decoded([early], 0.25)
    for window in (early, WINDOW):
        bench.watch.answered(window, HEARD)
    bench.windows.decoded([early], 0.25)

    names = [span.name for span in bench.exporter.get_finished_spans()]
    assert sorted(names) == ["decode", "decode", "voice detected", "window", "window"]


def test_an_utterance_whose_connection_ends_is_told_as_far_as_it_came(bench: Bench) -> None:
    bench.hear()
    bench.watch.asked(WINDOW, None)
    bench.watch.closed()

    spans = bench.spans()
    assert not spans["utterance"].status.is_ok
    assert spans["window"].end_time is not None


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        (f"00-{1:032x}-{2:016x}-01", {1}),
        (f"00-{1:032x}-{2:016x}-00", set()),
    ],
)
def test_a_client_s_own_trace_is_taken_part_in_as_it_says(
    bench: Bench, header: str, trace: set[int]
) -> None:
    bench.watch.admitted("ada", header)
    bench.watch.came(0.0)
    bench.watch.said(STARTED)
    bench.watch.closed()

    found = {span.context.trace_id for span in bench.exporter.get_finished_spans()}
    assert found == trace


def test_what_is_no_trace_is_passed_over(bench: Bench) -> None:
    bench.watch.admitted("ada", "gooseberry\x1b[2J")
    bench.watch.came(0.0)
    bench.watch.said(STARTED)
    bench.watch.closed()

    assert bench.spans()["utterance"].parent is None


@pytest.mark.parametrize(("chunk_seconds", "most"), [(0.0, 1), (1 / 16_000, 11)])
def test_tiny_chunks_and_messages_without_sound_are_not_remembered_each(
    bench: Bench, chunk_seconds: float, most: int
) -> None:
    for number in range(1_600):
        bench.at(100.0 + number, bench.watch.came, 0.5 + number * chunk_seconds)

    bench.watch.said(STARTED)
    bench.watch.closed()

    assert times(bench.spans()["utterance"])[0] == 1_699
    assert len(bench.watch._arrivals._chunks) <= most


def test_a_long_session_remembers_the_latest_chunks_alone(bench: Bench) -> None:
    for second in range(1_000):
        bench.at(100.0 + second, bench.watch.came, float(second))

    bench.watch.said(replace(STARTED, time=990.5))
    bench.watch.closed()

    assert times(bench.spans()["utterance"])[0] == 1_090
    assert len(bench.watch._arrivals._chunks) < 70
