"""People who speak at several simulated gateways that share several simulated replicas.

Knows the plan and the capacity as schedulers use them, at both ends; knows no real time, no network
and no real engine.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from heapq import heappop

from tests.recognition.rush import SOUND, Engine, Heard, Rush, Speaker
from wsserver.cluster.fleet import Demands, Fleet
from wsserver.cluster.remote import PROBE_SECONDS
from wsserver.cluster.wire import Report
from wsserver.recognition.capacity import Forecast
from wsserver.recognition.lane import Ticket
from wsserver.recognition.plan import Backlog
from wsserver.recognition.pool import Demand, Pool
from wsserver.speech import SAMPLE_RATE, EngineInfo, Priority, Window

SAMPLE = SOUND[: 3 * SAMPLE_RATE]
INFO = EngineInfo("simulated", ("en",), "cpu", "fp32")


@dataclass
class Batch:
    """What a gateway has on its way."""

    gateway: "Gateway"
    tickets: tuple[Ticket, ...]
    left: int


class Site:
    """A simulated replica: the plan before an engine."""

    def __init__(self, name: str, engine: Engine, crowd: "Crowd") -> None:
        self.name = name
        self.backlog = Backlog(max_batch=16, max_batch_ms=150, retries=1)
        self.on_its_way = 0
        self.demands = Demands()
        self._engine = engine
        self._crowd = crowd
        self._batches: dict[int, Batch] = {}
        self._flying: tuple[Ticket, ...] = ()
        window = Window("check", 0, Priority.BULK, 0, SAMPLE)
        for count in (1, 1, 2):
            windows = [window] * count
            self.backlog.costs.observe(windows, engine(windows))

    def take(self, batch: Batch) -> None:
        """Let the windows of *batch* wait here."""
        self.on_its_way += 1
        self.hear_of(batch.gateway)
        for ticket in batch.tickets:
            session = f"{batch.gateway.name}/{ticket.window.session}"
            window = replace(ticket.window, session=session)
            mine, _ = self.backlog.add(window, self._crowd.now)
            self._batches[mine.number] = batch

    def hear_of(self, gateway: "Gateway") -> None:
        """Learn what a gateway asks for, as every request tells."""
        self.demands.note(gateway.name, gateway.demand(), self._crowd.now)

    def work(self) -> None:
        """Decode what goes next, if nothing is decoded."""
        if self._flying:
            return
        self._flying = self.backlog.take()
        if self._flying:
            windows = [ticket.window for ticket in self._flying]
            took = self._engine(windows) * self._crowd.chance.uniform(0.9, 1.1)
            self._crowd.at(self._crowd.now + took, lambda: self._end(windows, took))

    def report(self) -> Report:
        """Tell what replicas tell."""
        return Report(
            self.name,
            INFO,
            ready=True,
            prices=self.backlog.costs.prices,
            waiting_seconds=self.backlog.load(self._crowd.now).seconds,
            demands=self.demands.lately(self._crowd.now),
        )

    def _end(self, windows: Sequence[Window], took: float) -> None:
        self.backlog.costs.observe(windows, took)
        flying, self._flying = self._flying, ()
        for ticket in flying:
            self.backlog.settle(ticket)
            batch = self._batches.pop(ticket.number)
            batch.left -= 1
            if not batch.left:
                self.on_its_way -= 1
                batch.gateway.land(self, batch)


class Gateway(Rush):
    """A simulated server without an engine of its own."""

    between_seconds = 0.5
    """What gateways know of each other is some seconds old."""

    def __init__(self, name: str, crowd: "Crowd", people: int, seed: int) -> None:
        self.name = name
        self._crowd = crowd
        self._fleet = Fleet()
        self._on_their_way = 0
        super().__init__(lambda windows: 1.0, people=people, admit=True, seed=seed)

    def demand(self) -> Demand:
        return self.capacity.demand(self.now)

    def foresee(self) -> Forecast:
        pool = self._pool()
        if pool.prices:
            self.backlog.costs.adopt(pool.prices)
        waiting = self.backlog.load(self.now).seconds / pool.engines + pool.waiting_seconds
        return self.capacity.forecast(self.now, pool).at_least(waiting)

    def land(self, site: Site, batch: Batch) -> None:
        """Take what came back."""
        self._on_their_way -= 1
        self._fleet.note("way", site.report(), self.now)
        pool = self._pool()
        assert pool.prices is not None
        self.capacity.serve([ticket.window for ticket in batch.tickets], None, self.now)
        self.backlog.costs.adopt(pool.prices)
        for ticket in batch.tickets:
            for answered in self.backlog.settle(ticket):
                self._speaker_of[answered.window.session].settle(answered.window)

    def _pool(self) -> Pool:
        return self._fleet.pool(self.name, self.now)

    def _check(self) -> None:
        """Hear of every replica before anybody comes, as probes do."""
        self._events = self._crowd.events
        for site in self._crowd.sites:
            self._fleet.note("way", site.report(), self.now)
        self.at(PROBE_SECONDS, self._probe)

    def _probe(self) -> None:
        """Ask any of them for a report, about every second."""
        site = self._crowd.chance.choice(self._crowd.sites)
        site.hear_of(self)
        self._fleet.note("way", site.report(), self.now)
        if self.now < self.ends:
            self.at(self.now + PROBE_SECONDS, self._probe)

    def _start_batch(self) -> None:
        sites = self._crowd.sites
        while True:
            width = self._fleet.width(self.name, self.demand(), self.now)
            if self._on_their_way >= width.full:
                return
            idle = width.batches - self._on_their_way
            tickets = self.backlog.take(only_full=idle <= 0, idle=max(1, idle))
            if not tickets:
                return
            self._on_their_way += 1
            self.order.append(tuple(ticket.window.priority for ticket in tickets))
            batch = Batch(self, tickets, len(tickets))
            # As a balancer does that asks two for the length of their queues.
            pair = self._crowd.chance.sample(sites, k=min(2, len(sites)))
            min(pair, key=lambda site: site.on_its_way).take(batch)


class Crowd:
    """All of them, by one clock."""

    def __init__(self, engine: Engine, *, replicas: int, people: Sequence[int]) -> None:
        """Let so many *people* come to each gateway."""
        self.chance = random.Random(3)
        self.now = 0.0
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.gateways: list[Gateway] = []
        self.sites = [Site(f"r{n}", engine, self) for n in range(replicas)]
        for number, count in enumerate(people):
            self.gateways.append(Gateway(f"g{number}", self, count, seed=number + 1))

    def at(self, time: float, do: Callable[[], None]) -> None:
        self.gateways[0].at(time, do)

    def run(self, duration: float) -> None:
        """Let people speak until *duration*, then wait for what is owed."""
        for gateway in self.gateways:
            gateway.ends = duration
        while self.events:
            self.now, _, do = heappop(self.events)
            for gateway in self.gateways:
                gateway.now = self.now
            do()
            for gateway in self.gateways:
                gateway._start_batch()
            for site in self.sites:
                site.work()

    @property
    def inside(self) -> list[Speaker]:
        return [speaker for gateway in self.gateways for speaker in gateway.inside]

    @property
    def heard(self) -> list[Heard]:
        return [speaker.heard for speaker in self.inside]

    @property
    def refusals(self) -> list[str]:
        return [refusal for gateway in self.gateways for refusal in gateway.refusals]
