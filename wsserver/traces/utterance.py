"""The trace of one utterance: its spans, from the chunk in which it began to its final.

Knows spans and their times; knows nothing of messages or of how they come about.
"""

from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.util.types import AttributeValue

UNSENT = "the connection ended before its final was sent"


class UtteranceTrace:
    """One utterance, from its beginning to the end of its trace."""

    def __init__(
        self,
        tracer: Tracer,
        parent: Context | None,
        attributes: dict[str, AttributeValue],
        began_ns: int,
    ) -> None:
        """Begin with the chunk that came at *began_ns*."""
        self._tracer = tracer
        self.root = tracer.start_span(
            "utterance", parent or Context(), attributes=attributes, start_time=began_ns
        )
        self._context = set_span_in_context(self.root)
        self._sending: Span | None = None
        self._leave: Span | None = None

    def child(self, name: str, began_ns: int) -> Span:
        """Begin a part of it."""
        return self._tracer.start_span(name, self._context, start_time=began_ns)

    def part(self, name: str, began_ns: int, ended_ns: int) -> None:
        """Add a part of it that is over."""
        self.child(name, began_ns).end(ended_ns)

    def finalize(self, now_ns: int, reason: str | None, seconds: float) -> None:
        """Note its final, that is to be sent; *reason* is the guard that held its text back."""
        self.root.set_attribute("wsserver.audio_seconds", seconds)
        if reason is not None:
            self.root.set_attribute("wsserver.reason", reason)
        self._sending = self.child("send", now_ns)

    def wait(self, now_ns: int) -> Span:
        """Begin to wait for the leave of those who keep it."""
        above = set_span_in_context(self._sending or self.root)
        self._leave = self._tracer.start_span("leave of the store", above, start_time=now_ns)
        return self._leave

    def sent(self, now_ns: int) -> None:
        """End with the final that is sent."""
        if self._sending:
            self._sending.end(now_ns)
        self.root.end(now_ns)

    def break_off(self, now_ns: int) -> None:
        """End without."""
        for span in (self._leave, self._sending, self.root):
            if span is not None and span.is_recording():
                span.set_status(Status(StatusCode.ERROR, UNSENT))
                span.end(now_ns)
