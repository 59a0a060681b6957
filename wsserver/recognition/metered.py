"""Tell somebody what each batch took.

Knows where batches run and a clock; knows nothing of who is told.
"""

import time
from collections.abc import Sequence
from typing import Protocol

from wsserver.errors import EngineUnavailable
from wsserver.recognition.pool import Pool, Width
from wsserver.recognition.runner import Result, Runner
from wsserver.speech import EngineInfo, Window


class Meter(Protocol):
    """Who is told."""

    def decoded(self, windows: Sequence[Window], seconds: float, /) -> None:
        """Take note of a batch and the seconds that it took; what failed of it is left out."""
        ...

    def failed(self, windows: Sequence[Window], error: Exception, seconds: float, /) -> None:
        """Take note of what failed together after so many seconds.

        What nobody took has not failed: it is sent again.
        """
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
            self._tell(windows, [error] * len(windows), time.monotonic() - began)
            raise
        self._tell(windows, heard, time.monotonic() - began)
        return heard

    def _tell(
        self, windows: Sequence[Window], heard: Sequence[Result | Exception], seconds: float
    ) -> None:
        came_to = list(zip(windows, heard, strict=True))
        decoded = [window for window, result in came_to if not isinstance(result, Exception)]
        if decoded:
            self._meter.decoded(decoded, seconds)
        for kind, error in {type(result): result for result in heard}.items():
            if isinstance(error, Exception) and not isinstance(error, EngineUnavailable):
                self._meter.failed([w for w, r in came_to if type(r) is kind], error, seconds)
