"""Hold the one engine that all workers share, at a socket in the file system.

Knows the engine, its replica and what counts its batches; knows nothing of workers.
"""

import time
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np

from wsserver.cluster.replica import Replica
from wsserver.cluster.serving import serving
from wsserver.cluster.way import UNIX
from wsserver.metrics import Metrics
from wsserver.recognition.metered import Metered
from wsserver.recognition.process import EngineProcess
from wsserver.recognition.scheduler import SchedulerSettings
from wsserver.self_check import SAMPLE
from wsserver.sound_file import open_sound


class Recognition:
    """The engine, from `start` to `stop`."""

    def __init__(self, process: EngineProcess, settings: SchedulerSettings, folder: Path) -> None:
        """Have windows decoded by *process*, for whoever can reach into *folder*."""
        self.url = f"{UNIX}{folder / 'engine'}"
        self._metrics = Metrics(time.monotonic)
        self._replica = Replica(Metered(process, self._metrics), settings)
        self._metrics.measure(
            "engine_ready", "1 while windows are decoded.", lambda: self._replica.ready
        )
        self._running = AsyncExitStack()

    async def start(self) -> None:
        """Load the model, then take windows; raise `ModelError` or `EngineLost`."""
        self._running.push_async_callback(self._replica.stop)
        with open_sound(SAMPLE) as sound:
            sample = np.concatenate(list(sound.blocks()))
        await self._replica.start(sample)
        await self._running.enter_async_context(serving(self._replica, self.url))

    async def stop(self) -> None:
        """End the engine."""
        await self._running.aclose()

    def numbers(self) -> str:
        """Give what was counted, in Prometheus' text format."""
        return self._metrics.render("")[0].decode()
