"""Bring traces to a collector, over OTLP and HTTP, in a thread of the library's.

Knows OpenTelemetry's library and its variables; knows nothing of what is traced.
"""

import asyncio
import os
import threading
import time
from contextlib import suppress

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_TRACES_SAMPLER
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio, Sampler

from wsserver.traces.session import SessionTrace, Tracing
from wsserver.traces.settings import TraceSettings, endpoint_url
from wsserver.traces.windows import AskedWindows


class Traces:
    """All traces of one server, until `stop`."""

    def __init__(self, settings: TraceSettings, version: str) -> None:
        """Have what this *version* of the server does told to the collector of *settings*."""
        self._stop_seconds = settings.stop_seconds
        self._exporter = OTLPSpanExporter(endpoint_url(settings))
        self._provider = TracerProvider(
            _sampler(settings), _resource(version), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        tracer = self._provider.get_tracer("wsserver", version)
        self.windows = AskedWindows(tracer, time.time_ns)
        """What is to be told of batches."""

        self._tracing = Tracing(tracer, self.windows, time.time_ns)

    def watch(self) -> SessionTrace:
        """Give what follows one connection."""
        return self._tracing.watch()

    async def stop(self) -> None:
        """Bring what waits, for a while."""
        # A daemon, for a collector that hangs must not keep the process from ending.
        over, loop = asyncio.Event(), asyncio.get_running_loop()

        def shut_down() -> None:
            self._provider.shutdown()
            with suppress(RuntimeError):  # the event loop is closed
                loop.call_soon_threadsafe(over.set)

        threading.Thread(target=shut_down, name="shut traces down", daemon=True).start()
        try:
            async with asyncio.timeout(self._stop_seconds):
                await over.wait()
        except TimeoutError:
            self._exporter.shutdown()  # type: ignore[no-untyped-call]  # it tries no more


def _sampler(settings: TraceSettings) -> Sampler | None:
    """Give none where the environment says it all."""
    if os.environ.get(OTEL_TRACES_SAMPLER):
        return None
    return ParentBasedTraceIdRatio(settings.share)


def _resource(version: str) -> Resource:
    own = Resource({"service.name": "wsserver", "service.version": version})
    return own.merge(OTELResourceDetector().detect())
