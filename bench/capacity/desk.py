"""The scheduler on a virtual clock: the product's own parts, in the order in which it uses them.

Knows the plan, the capacity and the gaps for files; knows no engine, no real time and no speech.
`wsserver.recognition.scheduler` is the original, and each method here is named after one there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.capacity.clock import Clock
from wsserver.recognition.capacity import Capacity, Forecast
from wsserver.recognition.files import Files
from wsserver.recognition.lane import Ticket
from wsserver.recognition.plan import Backlog
from wsserver.recognition.pool import Demand, Pool, Width
from wsserver.recognition.scheduler import PATIENCE_SECONDS, SchedulerSettings
from wsserver.speech import Priority, Samples, Window

Answer = Callable[[bool], None]
"""Is told whether the window was decoded; else a newer one made it useless."""

Done = Callable[[], None]


class Runner(Protocol):
    """Where batches run."""

    @property
    def width(self) -> Width:
        """Say how many batches may run at once."""
        ...

    @property
    def pool(self) -> Pool:
        """Say what is shared with others."""
        ...

    def run(self, windows: Sequence[Window], done: Done, /) -> None:
        """Decode *windows* and call *done* when that is over."""
        ...


@dataclass(slots=True)
class Tally:
    """What went through, for Little's law: counted at its ends, and integrated over time."""

    asked: int = 0
    ended: int = 0
    most: int = 0
    """Windows in the system at once."""

    sojourn_seconds: float = 0.0
    """Of all that ended, from the question to the answer."""

    area: float = 0.0
    """Windows in the system times seconds."""

    _since: float = 0.0

    def step(self, now: float, change: int) -> None:
        """Count *change* windows more or less from *now* on."""
        self.area += (self.asked - self.ended) * (now - self._since)
        self._since = now
        self.asked += max(0, change)
        self.ended += max(0, -change)
        self.most = max(self.most, self.asked - self.ended)


class Desk:
    """The queue before a runner; a final asked of it is answered exactly once."""

    def __init__(
        self, clock: Clock, runner: Runner, settings: SchedulerSettings, hop_seconds: float
    ) -> None:
        self.backlog = Backlog(
            max_batch=settings.max_batch,
            max_batch_ms=settings.max_batch_ms,
            retries=settings.retries,
        )
        if runner.pool.prices:
            self.backlog.costs.adopt(runner.pool.prices)
        self.capacity = Capacity(self.backlog.costs, self.backlog.batching, hop_seconds)
        self.tally = Tally()
        self._clock = clock
        self._runner = runner
        self._files = Files(self.backlog, hop_seconds)
        self._answers: dict[int, tuple[Answer, float]] = {}
        self.sessions = 0
        """How many there are now."""

        self._running = 0
        self._wakes_later = False

    def rehearse(self, audio: Samples, price: Callable[[Sequence[Window]], float]) -> None:
        """Learn what finals cost, alone twice and two together, as if that had been long ago."""
        one, other = (Window(f"rehearsal {n}", 0, Priority.FINAL, 0, audio) for n in (1, 2))
        for batch in ([one], [one], [one, other]):
            if len(batch) == 1 or self.backlog.costs.of_exact(1) < PATIENCE_SECONDS:
                self.capacity.serve(batch, price(batch), -1e6)

    def forecast(self) -> Forecast:
        """Say what is to be expected with one more session."""
        now, pool = self._count(), self._runner.pool
        waiting_seconds = self.backlog.load(now).seconds / pool.engines + pool.waiting_seconds
        return self.capacity.forecast(now, pool).at_least(waiting_seconds)

    def demand(self) -> Demand:
        """Tell what its sessions ask for."""
        return self.capacity.demand(self._count())

    def recognize(self, window: Window, answer: Answer) -> None:
        """Have *window* decoded and *answer* told."""
        now = self._clock.now
        window = self._files.demoted(window, now)
        self.capacity.ask(window, now)
        ticket, superseded = self.backlog.add(window, now)
        self._answers[ticket.number] = answer, now
        self.tally.step(now, 1)
        self._resolve(superseded, was_heard=False)
        # All that comes at this moment is in the same plan, as it is behind one event loop.
        self.wake()

    def _count(self) -> float:
        self.capacity.count(self.sessions, self._clock.now)
        return self._clock.now

    def wake(self) -> None:
        """Put batches in flight once all that happens at this moment has happened."""
        if not self._wakes_later:
            self._wakes_later = True
            self._clock.at(self._clock.now, self._serve)

    def _serve(self) -> None:
        self._wakes_later = False
        while batch := self._next():
            self._run(batch)

    def _next(self) -> Sequence[Ticket]:
        width = self._runner.width
        return () if self._running >= width.full else self._take(width.batches - self._running)

    def _take(self, idle: int) -> Sequence[Ticket]:
        batch, wait_seconds = self._files.take(idle, self._clock.now)
        if wait_seconds is not None:
            self._clock.at(self._clock.now + wait_seconds, self.wake)
        return batch

    def _run(self, batch: Sequence[Ticket]) -> None:
        windows = [ticket.window for ticket in batch]
        started = self._clock.now
        self._running += 1
        self._runner.run(windows, lambda: self._settle(batch, windows, started))

    def _learn(self, windows: Sequence[Window], started: float, ended: float) -> None:
        prices = self._runner.pool.prices
        self.capacity.serve(windows, None if prices else ended - started, ended)
        if prices:
            self.backlog.costs.adopt(prices)
        self._files.serve(windows, ended - started, ended)

    def _settle(self, batch: Sequence[Ticket], windows: Sequence[Window], started: float) -> None:
        self._running -= 1
        self._learn(windows, started, self._clock.now)
        for ticket in batch:
            self._resolve(self.backlog.settle(ticket), was_heard=True)
        self.wake()

    def _resolve(self, tickets: Iterable[Ticket], was_heard: bool) -> None:
        now = self._clock.now
        for ticket in tickets:
            answer, asked_at = self._answers.pop(ticket.number)
            self.tally.step(now, -1)
            self.tally.sojourn_seconds += now - asked_at
            answer(was_heard)
