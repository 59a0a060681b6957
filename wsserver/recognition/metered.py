"""Tell somebody what each batch took.

Knows where batches run and a clock; knows nothing of who is told.
"""

import time
from collections.abc import Sequence
from typing import Protocol

from wsserver.errors import EngineError
from wsserver.recognition.pool import Pool, Width
from wsserver.recognition.runner import Result, Runner
from wsserver.speech import EngineInfo, Window


class Meter(Protocol):
    """Who is told."""

    def decoded(self, windows: Sequence[Window], seconds: float, /) -> None:
        """Take note of a batch and the seconds that it took."""
        ...

    def failed(self, windows: Sequence[Window], error: Exception, seconds: float, /) -> None:
        """Take note of a batch that failed after so many seconds."""
        ...


class Metered:
    """A runner whose batches are told of; all else is *runner*'s."""

    def __init__(self, runner: Runner, meter: Meter) -> None:
        self._runner = runner
        self._meter = meter
        self.on_change = runner.on_change
        self.speak_for = runner.speak_for
        self.start = runner.start
        self.stop = runner.stop
        self.replace = runner.replace
        self.prove_with = runner.prove_with

    @property
    def alive(self) -> bool:
        """Tell whether batches are taken now."""
        return self._runner.alive

    @property
    def width(self) -> Width:
        """Say how many batches may run at once."""
        return self._runner.width

    @property
    def pool(self) -> Pool:
        """Say what is shared with others."""
        return self._runner.pool

    @property
    def info(self) -> EngineInfo:
        """Say which model hears."""
        return self._runner.info

    async def recognize(
        self, windows: Sequence[Window], timeout_seconds: float
    ) -> Sequence[Result]:
        """Decode *windows* as one batch; raise what the runner raises."""
        began = time.monotonic()
        try:
            heard = await self._runner.recognize(windows, timeout_seconds)
        except Exception as error:
            self._meter.failed(windows, error, time.monotonic() - began)
            raise
        seconds = time.monotonic() - began
        self._meter.decoded(windows, seconds)
        for window, result in zip(windows, heard, strict=False):
            if isinstance(result, EngineError):
                self._meter.failed([window], result, seconds)
        return heard
