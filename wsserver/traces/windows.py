"""Tell which spans of windows wait for the engine, and what became of them there.

Knows windows, batches and spans; knows nothing of sessions or of who asks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from opentelemetry.trace import Span, Status, StatusCode, Tracer, set_span_in_context

from wsserver.speech import DecodeOptions, Window

Clock: TypeAlias = Callable[[], int]
"""Gives nanoseconds since the epoch, as spans are timed."""

_Question: TypeAlias = tuple[str, int, int, int, DecodeOptions, bool]

SECOND_NS = 1_000_000_000


@dataclass(slots=True, eq=False)
class AskedWindow:
    """A window on its way, and the time it has spent."""

    span: Span
    since_ns: int
    """When it was asked for, or came back from a batch that failed."""

    decodings: int = 0

    def decoded(self, tracer: Tracer, began_ns: int, ended_ns: int) -> Span:
        """Give the span of a batch that took it along; its owner ends it."""
        if not self.decodings:
            self.span.set_attribute("wsserver.waited_seconds", _seconds(began_ns - self.since_ns))
        self.decodings += 1
        self.span.set_attribute("wsserver.retries", self.decodings - 1)
        self.span.set_attribute("wsserver.decoded_seconds", _seconds(ended_ns - began_ns))
        return tracer.start_span("decode", set_span_in_context(self.span), start_time=began_ns)


class AskedWindows:
    """All windows that are traced and not answered yet: what `metered.Metered` tells is noted."""

    def __init__(self, tracer: Tracer, clock: Clock) -> None:
        self._tracer = tracer
        self._clock = clock
        self._asked: dict[_Question, list[AskedWindow]] = {}

    def ask(self, window: Window, span: Span) -> AskedWindow:
        """Follow *window*; *span* is its own, and its asker's to end."""
        asked = AskedWindow(span, self._clock())
        self._asked.setdefault(_question(window), []).append(asked)
        return asked

    def forget(self, window: Window, asked: AskedWindow) -> None:
        """Follow it no longer."""
        question = _question(window)
        left = [each for each in self._asked.get(question, ()) if each is not asked]
        if left:
            self._asked[question] = left
        else:
            self._asked.pop(question, None)

    def decoded(self, windows: Sequence[Window], seconds: float) -> None:
        """Note a batch and the seconds that it took."""
        for span in self._spans(windows, seconds):
            span.end(self._clock())

    def failed(self, windows: Sequence[Window], error: Exception, seconds: float) -> None:
        """Note a batch that failed; of the error its kind, for its words are the engine's."""
        for span in self._spans(windows, seconds):
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            span.end(self._clock())

    def _spans(self, windows: Sequence[Window], seconds: float) -> list[Span]:
        ended_ns = self._clock()
        began_ns = ended_ns - int(seconds * SECOND_NS)
        asked = [each for window in windows for each in self._asked.get(_question(window), ())]
        spans = [each.decoded(self._tracer, began_ns, ended_ns) for each in asked]
        for each, span in zip(asked, spans, strict=True):
            each.span.set_attribute("wsserver.batch_windows", len(windows))
            span.set_attribute("wsserver.batch_windows", len(windows))
        return spans


def _question(window: Window) -> _Question:
    # Not the priority: a session that is faster than speech has its finals decoded as bulk; and a
    # final may be answered by what was decoded ahead of it.
    return (
        window.session,
        window.utterance,
        window.start,
        window.end,
        window.options,
        window.exact,
    )


def _seconds(nanoseconds: int) -> float:
    return max(nanoseconds, 0) / SECOND_NS
