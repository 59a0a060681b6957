"""Share one engine among all sessions: plan, run, settle, one batch at a time.

Knows the plan and where batches run; knows nothing of connections, audio or models.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from annotated_types import Ge, Gt, Le

from wsserver.errors import EngineError, EngineLost, EngineUnavailable
from wsserver.recognition.capacity import Capacity, Forecast
from wsserver.recognition.costs import Prices
from wsserver.recognition.files import Files
from wsserver.recognition.lane import Ticket
from wsserver.recognition.plan import Backlog, Load
from wsserver.recognition.pool import Demand
from wsserver.recognition.runner import Result, Runner
from wsserver.speech import EngineInfo, Hypothesis, Priority, Samples, Window

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0
"""An engine that takes longer for one final carries hardly two sessions, batches or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerSettings:
    """How windows become batches, and what is done when a batch fails."""

    max_batch: Annotated[int, Ge(1), Le(256)] = 16
    """Windows in a batch."""

    max_batch_ms: Annotated[float, Gt(0)] = 150.0
    """A batch predicted to take longer is split; see `Batching` for windows that do so alone."""

    timeout_seconds: Annotated[float, Gt(0)] = 60.0
    """An engine that takes longer for a batch is taken for hung and replaced."""

    reload_seconds: Annotated[float, Gt(0)] = 60.0
    """An engine that is started again may load so long, or longer if earlier ones did."""

    retries: Annotated[int, Ge(0)] = 2
    """How often a final or bulk window goes again, alone, after an engine failed on it."""


class Scheduler:
    """The queue before the engine, and the loop that empties it; it is started once."""

    def __init__(
        self,
        runner: Runner,
        settings: SchedulerSettings = SchedulerSettings(),
        hop_seconds: float = 0.5,
    ) -> None:
        """Have batches run by *runner*; who speaks asks for a partial every *hop_seconds*."""
        self._runner = runner
        self._timeout_seconds = settings.timeout_seconds
        self._backlog = Backlog(
            max_batch=settings.max_batch,
            max_batch_ms=settings.max_batch_ms,
            retries=settings.retries,
        )
        self._capacity = Capacity(self._backlog.costs, self._backlog.batching, hop_seconds)
        self._files = Files(self._backlog, hop_seconds)
        self._sessions: Callable[[], int] = lambda: 0
        self._answers: dict[int, asyncio.Future[Hypothesis | None]] = {}
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._batches: set[asyncio.Task[None]] = set()
        self._was_alive = runner.alive
        self._listeners: list[Callable[[], None]] = []
        runner.on_change(self._notice)
        runner.speak_for(self.demand)

    def __repr__(self) -> str:
        return f"<Scheduler, {'ready' if self.ready else 'not ready'}: {self._backlog!r}>"

    @property
    def ready(self) -> bool:
        """Tell whether windows are decoded now; while an engine is replaced they only wait."""
        return self._loop is not None and self._runner.alive

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call *listener* each time that `ready` may have changed."""
        self._listeners.append(listener)

    @property
    def info(self) -> EngineInfo:
        """Say which model hears; raise `EngineLost` before `start`."""
        return self._runner.info

    @property
    def prices(self) -> Prices:
        """Tell what batches cost, as far as is known."""
        return self._backlog.costs.prices

    @property
    def busy(self) -> float:
        """Say for what part of the time an engine worked lately, on average."""
        return self._capacity.busy(time.monotonic(), self._runner.pool)

    @property
    def load(self) -> Load:
        """Measure what waits."""
        return self._backlog.load(time.monotonic())

    def count_by(self, sessions: Callable[[], int]) -> None:
        """Have *sessions* say how many there are, each time that this is wanted."""
        self._sessions = sessions

    def forecast(self) -> Forecast:
        """Say what is to be expected with one more session."""
        now, pool = self._count(), self._runner.pool
        waiting_seconds = self.load.seconds / pool.engines + pool.waiting_seconds
        return self._capacity.forecast(now, pool).at_least(waiting_seconds)

    def demand(self) -> Demand:
        """Tell what its sessions ask for."""
        return self._capacity.demand(self._count())

    async def start(self) -> None:
        """Wait until the engine is loaded; raise `ModelError` or `EngineLost` if it cannot be."""
        await self._runner.start()
        self._loop = asyncio.create_task(self._serve(), name="serve the backlog")

    async def stop(self) -> None:
        """End the engine; what still waits raises `EngineLost`."""
        loop, self._loop = self._loop, None
        if loop is not None:
            running = [loop, *self._batches]
            for task in running:
                task.cancel()
            await asyncio.wait(running)
        await self._runner.stop()
        for number in list(self._answers):
            self._raise(number, EngineLost("the scheduler was stopped"))

    async def rehearse(self, audio: Samples) -> None:
        """Have *audio* decoded, alone and twice together, to learn what finals cost.

        Alone two times, because the very first is often slow.  It should hold speech: what a model
        makes of silence may be very short or very long.

        Engines that come later have to decode it before they take any other window, so that what
        breaks one of them is broken itself.

        Raises `EngineError` as `recognize` does.
        """
        one, other = (Window(f"rehearsal {n}", 0, Priority.FINAL, 0, audio) for n in (1, 2))
        for _ in range(2):
            await self.recognize(one)
        self._runner.prove_with(one)
        if self._backlog.costs.of_exact(1) < PATIENCE_SECONDS:
            await asyncio.gather(self.recognize(one), self.recognize(other))

    async def recognize(self, window: Window) -> Hypothesis | None:
        """Have *window* decoded; if the caller is canceled, it is withdrawn.

        Returns None if a newer window made it useless, its session was canceled, or it was a
        partial or an early final that went down with its engine.  Finals and bulk windows are
        only ever answered, canceled or failed.

        Raises `EngineError` if engines raised, died or hung on this very window more than
        `retries` times, and `EngineLost` if it is nobody's turn any more.
        """
        if self._loop is None:
            raise EngineLost("the scheduler is not running")
        now = time.monotonic()
        window = self._files.demoted(window, now)
        self._capacity.ask(window, now)
        ticket, superseded = self._backlog.add(window, now)
        answer: asyncio.Future[Hypothesis | None] = asyncio.get_running_loop().create_future()
        self._answers[ticket.number] = answer
        self._resolve(superseded, None)
        self._wake.set()
        try:
            return await answer
        finally:
            if self._answers.pop(ticket.number, None) is not None:
                self._backlog.withdraw(ticket)

    def cancel(self, session: str) -> None:
        """Forget all windows of *session*: whoever waits for them gets None."""
        self._resolve(self._backlog.cancel(session), None)

    def _count(self) -> float:
        now = time.monotonic()
        self._capacity.count(self._sessions(), now)
        return now

    async def _serve(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while batch := self._next():
                running = asyncio.create_task(self._run(batch), name="run a batch")
                self._batches.add(running)
                running.add_done_callback(self._has_run)

    def _next(self) -> Sequence[Ticket]:
        width, running = self._runner.width, len(self._batches)
        if not self._runner.alive or running >= width.full:
            return ()
        return self._take(width.batches - running)

    def _has_run(self, batch: asyncio.Task[None]) -> None:
        self._batches.discard(batch)
        # The loop hears of it in the next turn of events: whoever was answered may have asked for
        # the next window by then, and it is in the next plan.
        self._wake.set()

    def _notice(self) -> None:
        if prices := self._runner.pool.prices:
            self._backlog.costs.adopt(prices)
        self._wake.set()
        if self._runner.alive is not self._was_alive:
            self._was_alive = self._runner.alive
            for listener in self._listeners:
                listener()

    def _take(self, idle: int) -> Sequence[Ticket]:
        batch, wait_seconds = self._files.take(idle, time.monotonic())
        if wait_seconds is not None:
            asyncio.get_running_loop().call_later(wait_seconds, self._wake.set)
        return batch

    async def _run(self, batch: Sequence[Ticket]) -> None:
        windows = [_as_tried(ticket) for ticket in batch]
        started = time.monotonic()
        try:
            results = await self._runner.recognize(windows, self._timeout_seconds)
        except Exception as error:  # noqa: BLE001  # the loop outlives any one batch
            self._settle_error(batch, error)
        else:
            self._learn(windows, started, time.monotonic())
            self._settle(batch, results)

    def _learn(self, windows: Sequence[Window], started: float, ended: float) -> None:
        took_seconds = None if self._runner.pool.prices else ended - started
        self._capacity.serve(windows, took_seconds, ended)
        self._files.serve(windows, ended - started, ended)

    def _settle(self, batch: Sequence[Ticket], results: Sequence[Result]) -> None:
        for ticket, result in zip(batch, results, strict=True):
            if isinstance(result, EngineLost):
                self._settle_error([ticket], result)
            elif isinstance(result, EngineError):
                for wanted in self._backlog.drop([ticket]):
                    self._raise(wanted.number, result)
            elif result is None:
                self._resolve(self._backlog.drop([ticket]), None)
            else:
                self._resolve(self._backlog.settle(ticket), result)

    def _settle_error(self, batch: Sequence[Ticket], error: Exception) -> None:
        if not isinstance(error, EngineError):
            logger.error("a batch failed in an unforeseen way", exc_info=error)
            error = EngineError(f"a batch failed: {type(error).__name__}: {error}")
        if isinstance(error, EngineUnavailable):
            self._resolve(self._backlog.give_back(batch), None)
            return
        lost = isinstance(error, EngineLost)
        ended = self._backlog.lose(batch) if lost else self._backlog.fail(batch)
        self._resolve(ended.superseded, None)
        for ticket in ended.failed:
            self._raise(ticket.number, EngineError(*error.args))
        if ended.wants_new_engine and not lost:
            logger.warning("a final that failed is tried a last time, on a new engine: %s", error)
            self._runner.replace()

    def _resolve(self, tickets: Iterable[Ticket], result: Hypothesis | None) -> None:
        for ticket in tickets:
            answer = self._answers.pop(ticket.number, None)
            if answer is not None and not answer.done():
                answer.set_result(result)

    def _raise(self, number: int, error: Exception) -> None:
        answer = self._answers.pop(number, None)
        if answer is not None and not answer.done():
            answer.set_exception(error)


def _as_tried(ticket: Ticket) -> Window:
    """Give the window as it is to be tried now: where others batch it too, they have to know."""
    return replace(ticket.window, alone=True) if ticket.alone else ticket.window
