"""The same people at the real scheduler and a real engine, at the pace of speech.

Knows streams, the scheduler and a running engine; knows nothing of sockets or of simulations.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bench.capacity.cluster import REHEARSED
from bench.capacity.figures import Figures, Ran, batch_figures
from bench.capacity.simulation import Load
from bench.capacity.stream import Heard, Reel, Stream
from wsserver.recognition.metered import Metered
from wsserver.recognition.process import EngineProcess
from wsserver.recognition.scheduler import Scheduler
from wsserver.speech import SAMPLE_RATE, Window


@dataclass
class _Meter:
    """Writes down what ran, in seconds of the monotonic clock."""

    ran: list[Ran] = field(default_factory=list)

    def decoded(self, windows: Sequence[Window], took: float) -> None:
        ended = time.monotonic()
        self.ran.append(Ran.of(windows, ended - took, ended))

    def failed(self, windows: Sequence[Window], error: Exception, took: float) -> None:  # noqa: ARG002
        raise RuntimeError("a batch failed in the midst of a measurement") from error


async def live(runner: EngineProcess, load: Load, reel: Reel) -> tuple[Figures, list[Ran]]:
    """Let the people of *load*, who all stay, speak at *runner* in real time.

    Gives what `simulation.Simulation.run` gives, and the batches.
    """
    meter = _Meter()
    scheduler = Scheduler(Metered(runner, meter), hop_seconds=load.hop_seconds)
    await scheduler.start()
    try:
        await scheduler.rehearse(reel.slice(0, REHEARSED))
        began = time.monotonic()
        people = [_Person(scheduler, load, number, began, reel) for number in range(load.streams)]
        await asyncio.gather(*(person.speak() for person in people))
    finally:
        await scheduler.stop()
    heard = Heard()
    for person in people:
        heard.add(person.heard)
    ran = [replace(e, began=e.began - began, ended=e.ended - began) for e in meter.ran]
    figures = Figures(heard, batch_figures(ran, load.span, 1), inside=float(load.streams))
    return figures, ran


class _Person:
    def __init__(
        self, scheduler: Scheduler, load: Load, number: int, began: float, reel: Reel
    ) -> None:
        begins = load.begins(number)
        self._scheduler = scheduler
        self._cues = load.cues(number, begins, load.until)
        self._stream: Stream = load.stream(number, begins, reel)
        self._began = began + begins

    @property
    def heard(self) -> Heard:
        return self._stream.heard

    @property
    def _now(self) -> float:
        return time.monotonic() - self._began

    async def speak(self) -> None:
        """Say all, and wait for what is owed."""
        async with asyncio.TaskGroup() as asking:
            for cue in self._cues:
                await asyncio.sleep(cue.at / SAMPLE_RATE - self._now)
                for window in self._stream.take(cue, self._now):
                    asking.create_task(self._ask(window))

    async def _ask(self, window: Window) -> None:
        """Have *window* decoded, and whatever it leads to."""
        wanted = [window]
        while wanted:
            window = wanted.pop(0)
            hypothesis = await self._scheduler.recognize(window)
            if hypothesis is not None:
                wanted += self._stream.settle(window, hypothesis, self._now)
