"""Count what an operator wants to know, in the form that Prometheus reads.

Knows messages, windows and Prometheus' client; knows nothing of who calls it.

Names and units follow the conventions of Prometheus (prometheus.io/docs/practices/naming).  No
label holds a token, a session, an address or a word: their number would have no bound.
"""

from asyncio import Future
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

from wsserver.messages import Error, Final, Partial, Ready, ServerMessage, Speech, Warn
from wsserver.speech import SAMPLE_RATE, Window
from wsserver.watch import Watch

# When a counter began is of no use here, and would double their number.
disable_created_metrics()  # type: ignore[no-untyped-call]

_LAG_BUCKETS = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
_BATCH_BUCKETS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256)
_ENGINE_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)

_FROM_THE_START = {
    "sessions": (("new",), ("resumed",)),
    "refusals": (("full",), ("overloaded",), ("not_ready",), ("bad_token",), ("bad_cursor",)),
    "guards_tripped": tuple(
        (guard, priority)
        for guard in ("low_confidence", "repetition", "too_many_words")
        for priority in ("final", "partial")
    ),
    "warnings": tuple(
        (code,) for code in ("engine_restarting", "engine_restarted", "not_kept", "not_passed_on")
    ),
    "engine_failures": (("EngineError",), ("EngineLost",)),
}
"""Labels that are told before they first count, by the counter: an increase from nothing at all to
1 is none to Prometheus, so an alert would miss it."""

Measure = Callable[[], float]


def _counter(registry: CollectorRegistry, name: str, meaning: str, *labels: str) -> Counter:
    counter = Counter(f"wsserver_{name}", meaning, labels, registry=registry)
    for values in _FROM_THE_START.get(name, ()):
        counter.labels(*values)
    return counter


def _histogram(
    registry: CollectorRegistry, name: str, meaning: str, buckets: Sequence[float] = _LAG_BUCKETS
) -> Histogram:
    return Histogram(f"wsserver_{name}", meaning, buckets=buckets, registry=registry)


class _OfSessions:
    """What sessions do."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter, lag = partial(_counter, registry), partial(_histogram, registry)
        self.opened = counter("sessions", "Sessions that were opened, anew or resumed.", "kind")
        self.refused = counter("refusals", "Requests for a session that were turned away.", "code")
        self.failed = counter("session_errors", "Sessions that ended with an error.", "code")
        self.audio = counter("audio_seconds", "Audio that came in.")
        self.partials = lag(
            "partial_lag_seconds",
            "Audio that had come after the end of a partial's when it was sent.",
        )
        self.finals = lag(
            "final_lag_seconds", "From the end of an utterance, as it is found, to its final."
        )
        self.withheld = counter(
            "finals_withheld",
            "Finals that are empty although there was voice, by the guard that held them back.",
            "reason",
        )
        self.guards = counter(
            "guards_tripped",
            "Windows that were decoded once more because a guard did not believe what was heard.",
            "guard",
            "priority",
        )
        self.warnings = counter("warnings", "Warnings that clients were sent.", "code")
        self.kept = lag("final_keep_seconds", "For which finals waited to be kept or passed on.")


class _OfEngine:
    """What the engine does."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter, histogram = partial(_counter, registry), partial(_histogram, registry)
        self.windows = histogram("engine_batch_windows", "Windows in a batch.", _BATCH_BUCKETS)
        self.seconds = histogram(
            "engine_batch_seconds", "Time that the engine took for a batch.", _ENGINE_BUCKETS
        )
        self.audio = counter(
            "engine_audio_seconds",
            "Audio in the windows that the engine decoded; the same audio counts in each of them.",
            "priority",
        )
        self.failed = counter("engine_failures", "Batches that failed.", "error")


class Metrics:
    """All counters of one server, apart from those of any other in this process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Measure time by *clock*, in seconds from whenever."""
        self.clock = clock
        self._registry = CollectorRegistry()
        self.of_sessions = _OfSessions(self._registry)
        self._of_engine = _OfEngine(self._registry)

    def measure(self, name: str, meaning: str, value: Measure) -> None:
        """Tell what *value* gives whenever somebody asks for *name*."""
        Gauge(f"wsserver_{name}", meaning, registry=self._registry).set_function(value)

    def state(self, name: str, meaning: str, labels: dict[str, str]) -> None:
        """Tell *labels*, which never change, with the value 1."""
        Gauge(f"wsserver_{name}", meaning, list(labels), registry=self._registry).labels(
            **labels
        ).set(1)

    def watch(self) -> Watch:
        """Give what follows one connection."""
        return SessionWatch(self)

    def refused(self, code: str) -> None:
        """Count somebody who was turned away."""
        self.of_sessions.refused.labels(code).inc()

    def decoded(self, windows: Sequence[Window], seconds: float) -> None:
        """Count a batch that took *seconds*."""
        self._of_engine.windows.observe(len(windows))
        self._of_engine.seconds.observe(seconds)
        for window in windows:
            priority = window.priority.name.lower()
            self._of_engine.audio.labels(priority).inc(len(window.audio) / SAMPLE_RATE)

    def failed(self, _: Sequence[Window], error: Exception, __: float) -> None:
        """Count a batch that failed."""
        self._of_engine.failed.labels(type(error).__name__).inc()

    def render(self, accept: str) -> tuple[bytes, str]:
        """Give everything, and its content type, in the form that *accept* asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


class SessionWatch(Watch):
    """Follows one connection."""

    def __init__(self, metrics: Metrics) -> None:
        self._counters = metrics.of_sessions
        self._clock = metrics.clock
        self._ended: dict[int, float] = {}

    def heard(self, seconds: float) -> None:
        """Count audio that came in."""
        self._counters.audio.inc(seconds)

    def said(self, message: ServerMessage) -> None:
        """Count what the client is told."""
        counters = self._counters
        match message:
            case Ready():
                counters.opened.labels("new" if message.generation == 1 else "resumed").inc()
            case Speech(event="ended"):
                self._ended[message.utterance] = self._clock()
            case Partial():
                counters.partials.observe(message.lag)
            case Final():
                self._final(message)
            case Error(fatal=True):
                counters.failed.labels(message.code).inc()

    def asked(self, window: Window, doubt: str | None) -> None:
        """Count what is decoded once more, by what was wrong with it."""
        if doubt is not None:
            self._counters.guards.labels(doubt, window.priority.name.lower()).inc()

    def waits(self, utterance: int, leave: Future[Any]) -> None:  # noqa: ARG002
        """Measure how long a final waits to be kept."""
        began = self._clock()
        leave.add_done_callback(lambda _: self._counters.kept.observe(self._clock() - began))

    def sent(self, message: ServerMessage) -> None:
        """Count warnings."""
        if isinstance(message, Warn):
            self._counters.warnings.labels(message.code).inc()

    def _final(self, final: Final) -> None:
        ended = self._ended.pop(final.utterance, None)
        if ended is not None:
            self._counters.finals.observe(self._clock() - ended)
        if final.reason is not None:
            self._counters.withheld.labels(final.reason).inc()
