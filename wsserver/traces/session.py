"""Follow one connection and make a trace of each utterance in it.

Knows messages, windows and traces; knows nothing of where traces go.

No attribute holds what is said, what a client asked to expect, or a secret.
"""

from asyncio import Future
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import Span, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from wsserver.messages import Final, Partial, Ready, ServerMessage, Speech
from wsserver.speech import Hypothesis, Window, seconds
from wsserver.traces.utterance import UtteranceTrace
from wsserver.traces.windows import AskedWindow, AskedWindows, Clock
from wsserver.watch import Watch

REMEMBERED_SECONDS = 60.0
"""Of chunks and when they came: an utterance is cut, and the next one begins, at most this late."""

LEAST_SECONDS = 0.01
"""Of audio between two arrivals that are told apart: tiny chunks, and messages without sound, would
fill the memory."""


@dataclass(frozen=True, slots=True)
class Tracing:
    """What all sessions share."""

    tracer: Tracer
    windows: AskedWindows
    clock: Clock

    def watch(self) -> "SessionTrace":
        """Give what follows one connection."""
        return SessionTrace(self)


class Arrivals:
    """When the chunks of the last minute came."""

    def __init__(self) -> None:
        self._chunks: deque[tuple[float, int]] = deque()
        """Seconds of the session before each, and when it came."""

    def add(self, position: float, now_ns: int) -> None:
        """Take note of a chunk, or of a message without sound."""
        chunks = self._chunks
        if chunks and position - chunks[-1][0] < LEAST_SECONDS:
            position, _ = chunks.pop()
        while len(chunks) > 1 and chunks[1][0] < position - REMEMBERED_SECONDS:
            chunks.popleft()
        chunks.append((position, now_ns))

    def of(self, time: float) -> int:
        """Say when the chunk came that holds what was said at *time*."""
        for position, came_ns in reversed(self._chunks):
            if position <= time:
                return came_ns
        return self._chunks[0][1]


class SessionTrace(Watch):
    """One connection."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracer = tracing.tracer
        self._windows = tracing.windows
        self._clock = tracing.clock
        self._arrivals = Arrivals()
        self._attributes: dict[str, AttributeValue] = {}
        self._parent: Context | None = None
        self._open: dict[int, UtteranceTrace] = {}
        self._asked: dict[Window, AskedWindow] = {}

    def admitted(self, token_name: str, trace_parent: str) -> None:
        """Put a name to what follows, and take part in the client's own trace if there is one."""
        self._attributes["wsserver.token"] = token_name
        if trace_parent:
            self._parent = TraceContextTextMapPropagator().extract({"traceparent": trace_parent})

    def came(self, position: float) -> None:
        """Remember when what was said came."""
        self._arrivals.add(position, self._clock())

    def said(self, message: ServerMessage) -> None:
        """Begin a trace where voice is found, and bring it on at the endpoint and the final."""
        match message:
            case Ready():
                self._attributes["session.id"] = message.session
                self._attributes["wsserver.generation"] = message.generation
                self._attributes["wsserver.model"] = message.model
            case Speech(event="started"):
                self._begin(message)
            case Speech(event="ended", utterance=number) if trace := self._open.get(number):
                trace.part("endpoint", self._arrivals.of(message.time), self._clock())
            case Final(utterance=number) if trace := self._open.get(number):
                length = message.end - message.start
                trace.finalize(self._clock(), message.reason, length)

    def asked(self, window: Window, doubt: str | None) -> None:
        """Begin the span of a window."""
        if trace := self._open.get(window.utterance):
            span = trace.child("window", self._clock())
            span.set_attribute("wsserver.priority", window.priority.name.lower())
            span.set_attribute("wsserver.audio_seconds", seconds(len(window.audio)))
            span.set_attribute("wsserver.exact", window.exact)
            span.set_attribute("wsserver.temperature", window.options.temperature)
            if doubt is not None:
                span.set_attribute("wsserver.doubt", doubt)
            self._asked[window] = self._windows.ask(window, span)

    def answered(self, window: Window, hypothesis: Hypothesis | None) -> None:
        """End it."""
        if asked := self._asked.pop(window, None):
            self._end(window, asked, is_heard=hypothesis is not None)

    def waits(self, utterance: int, leave: Future[Any]) -> None:
        """Show how long a final waits to be kept."""
        if trace := self._open.get(utterance):
            leave.add_done_callback(partial(self._left, trace.wait(self._clock())))

    def sent(self, message: ServerMessage) -> None:
        """End the trace of an utterance whose final is sent."""
        match message:
            case Final(utterance=number) if trace := self._open.pop(number, None):
                trace.sent(self._clock())
            case Partial(utterance=number) if trace := self._open.get(number):
                trace.root.add_event("partial sent", {"wsserver.lag_seconds": message.lag})

    def closed(self) -> None:
        """End what has not ended."""
        for window, asked in self._asked.items():
            self._end(window, asked, is_heard=False)
        for trace in self._open.values():
            trace.break_off(self._clock())

    def _begin(self, speech: Speech) -> None:
        came_ns, now_ns = self._arrivals.of(speech.time), self._clock()
        attributes = {**self._attributes, "wsserver.utterance": speech.utterance}
        trace = UtteranceTrace(self._tracer, self._parent, attributes, came_ns)
        trace.part("voice detected", came_ns, now_ns)
        self._open[speech.utterance] = trace

    def _end(self, window: Window, asked: AskedWindow, *, is_heard: bool) -> None:
        self._windows.forget(window, asked)
        asked.span.set_attribute("wsserver.heard", is_heard)
        asked.span.end(self._clock())

    def _left(self, span: Span, _: Future[Any]) -> None:
        if span.is_recording():
            span.end(self._clock())
