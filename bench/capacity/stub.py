"""An engine that only takes its time: what a curve says, asleep.

Knows a curve; knows nothing of audio or models.

With it the check compares queues and clocks alone: a processor that other programs use as well
takes no part in it.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from bench.capacity.curve import Curve, load
from bench.capacity.stream import HEARD
from wsserver.speech import EngineInfo, Hypothesis, Window

INFO = EngineInfo(model="stub", languages=("en",), device="none", precision="none")


class StubEngine:
    """Sleeps and hears a word."""

    info = INFO

    def __init__(self, curve: Curve) -> None:
        self._curve = curve
        self._chance = Random("stub")  # noqa: S311 - no secret

    def recognize(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """Take as long as the curve says; one hypothesis each."""
        time.sleep(self._curve.draw(windows, self._chance))
        return [replace(HEARD) for _ in windows]


def build(path: Path) -> StubEngine:
    """Build the engine of the curve in *path*."""
    return StubEngine(load(path))
