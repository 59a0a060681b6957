"""Count what an operator wants to know, in the form that Prometheus reads.

Knows messages, windows and Prometheus' client; knows nothing of who calls it.

Names and units follow the conventions of Prometheus (prometheus.io/docs/practices/naming).  No
label holds a token, a session, an address or a word: their number would have no bound.
"""

from collections.abc import Callable, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

from wsserver.messages import Error, Final, Partial, Ready, ServerMessage, Speech
from wsserver.speech import SAMPLE_RATE, Window

# When a counter began is of no use here, and would double their number.
disable_created_metrics()  # type: ignore[no-untyped-call]

_LAG_BUCKETS = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
_BATCH_BUCKETS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256)
_ENGINE_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)

Measure = Callable[[], float]


class Metrics:
    """All counters of one server, apart from those of any other in this process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Measure time by *clock*, in seconds from whenever."""
        self.clock = clock
        self._registry = registry = CollectorRegistry()
        self.sessions = Counter(
            "wsserver_sessions",
            "Sessions that were opened, anew or resumed.",
            ["kind"],
            registry=registry,
        )
        self.refusals = Counter(
            "wsserver_refusals",
            "Requests for a session that were turned away.",
            ["code"],
            registry=registry,
        )
        self.errors = Counter(
            "wsserver_session_errors",
            "Sessions that ended with an error.",
            ["code"],
            registry=registry,
        )
        self.audio = Counter("wsserver_audio_seconds", "Audio that came in.", registry=registry)
        self.partials = Histogram(
            "wsserver_partial_lag_seconds",
            "Audio that had come after the end of a partial's when it was sent.",
            buckets=_LAG_BUCKETS,
            registry=registry,
        )
        self.finals = Histogram(
            "wsserver_final_lag_seconds",
            "From the end of an utterance, as it is found, to its final.",
            buckets=_LAG_BUCKETS,
            registry=registry,
        )
        self.withheld = Counter(
            "wsserver_finals_withheld",
            "Finals that are empty although there was voice, by the guard that held them back.",
            ["reason"],
            registry=registry,
        )
        self._batches = Histogram(
            "wsserver_engine_batch_windows",
            "Windows in a batch.",
            buckets=_BATCH_BUCKETS,
            registry=registry,
        )
        self._busy = Histogram(
            "wsserver_engine_batch_seconds",
            "Time that the engine took for a batch.",
            buckets=_ENGINE_BUCKETS,
            registry=registry,
        )
        self._decoded = Counter(
            "wsserver_engine_audio_seconds",
            "Audio in the windows that the engine decoded; the same audio counts in each of them.",
            ["priority"],
            registry=registry,
        )
        self._lost = Counter(
            "wsserver_engine_failures", "Batches that failed.", ["error"], registry=registry
        )

    def measure(self, name: str, meaning: str, value: Measure) -> None:
        """Tell what *value* gives whenever somebody asks for *name*."""
        Gauge(f"wsserver_{name}", meaning, registry=self._registry).set_function(value)

    def state(self, name: str, meaning: str, labels: dict[str, str]) -> None:
        """Tell *labels*, which never change, with the value 1."""
        Gauge(f"wsserver_{name}", meaning, list(labels), registry=self._registry).labels(
            **labels
        ).set(1)

    def watch(self) -> "SessionWatch":
        """Give what follows one connection."""
        return SessionWatch(self)

    def refused(self, code: str) -> None:
        """Count somebody who was turned away."""
        self.refusals.labels(code).inc()

    def decoded(self, windows: Sequence[Window], seconds: float) -> None:
        """Count a batch that took *seconds*."""
        self._batches.observe(len(windows))
        self._busy.observe(seconds)
        for window in windows:
            priority = window.priority.name.lower()
            self._decoded.labels(priority).inc(len(window.audio) / SAMPLE_RATE)

    def failed(self, error: Exception) -> None:
        """Count a batch that failed."""
        self._lost.labels(type(error).__name__).inc()

    def render(self, accept: str) -> tuple[bytes, str]:
        """Give everything, and its content type, in the form that *accept* asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


class SessionWatch:
    """Follows one connection."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._ended: dict[int, float] = {}

    def heard(self, seconds: float) -> None:
        """Count audio that came in."""
        self._metrics.audio.inc(seconds)

    def said(self, message: ServerMessage) -> None:
        """Count what the client is told."""
        metrics = self._metrics
        match message:
            case Ready():
                metrics.sessions.labels("new" if message.generation == 1 else "resumed").inc()
            case Speech(event="ended"):
                self._ended[message.utterance] = metrics.clock()
            case Partial():
                metrics.partials.observe(message.lag)
            case Final():
                self._final(message)
            case Error(fatal=True):
                metrics.errors.labels(message.code).inc()

    def _final(self, final: Final) -> None:
        ended = self._ended.pop(final.utterance, None)
        if ended is not None:
            self._metrics.finals.observe(self._metrics.clock() - ended)
        if final.reason is not None:
            self._metrics.withheld.labels(final.reason).inc()
