"""Engines, replicas and gateways on a virtual clock.

Knows what a batch costs and who hands batches to whom; knows nothing of speech.

One process is a `Desk` before an `Engine`.  A cluster has a desk in each gateway and one in each
replica.  Gateways know of replicas, and of each other, what the replicas' reports tell, and share
by that what may be on its way, with the product's own `Fleet`.  Of two replicas drawn by lot the
one with fewer batches gets the next (the power of two choices, Mitzenmacher 2001, which is how Ray
Serve routes); it queues the windows as a server does those of its sessions, finals first, and gives
a batch back once all of it is done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from bench.capacity.clock import Clock
from bench.capacity.curve import Curve
from bench.capacity.desk import Desk, Done
from bench.capacity.figures import Ran
from bench.capacity.stream import SILENCE
from bench.capacity.stub import INFO
from wsserver.cluster.fleet import Demands, Fleet
from wsserver.cluster.remote import PROBE_SECONDS
from wsserver.cluster.wire import Report, Request
from wsserver.recognition.pool import NOBODY, ONE_BATCH, OWN_ENGINE, Demand, Pool, Width
from wsserver.recognition.scheduler import SchedulerSettings
from wsserver.speech import SAMPLE_RATE, Priority, Window

REHEARSED = 3 * SAMPLE_RATE
"""Samples in what an engine hears before anybody comes."""

_WAY = "a balancer"


@dataclass(frozen=True, slots=True)
class Machines:
    """What recognizes."""

    replicas: int = 1
    gateways: int = 0
    """0: one process that holds both the sessions and the engine."""

    transit_seconds: float = 0.001
    """Between gateway and replica, each way."""

    def __post_init__(self) -> None:
        """Raise ValueError for what cannot be."""
        if self.replicas < 1 or (self.gateways == 0 and self.replicas > 1):
            raise ValueError(
                f"found {self.replicas} replicas and {self.gateways} gateways, "
                "expected a replica at least, and a gateway for more than one"
            )


class Engine:
    """Takes its time for one batch after the other; nobody else uses it."""

    width, pool = ONE_BATCH, OWN_ENGINE

    def __init__(self, clock: Clock, curve: Curve, chance: Random) -> None:
        self.curve = curve
        self.ran: list[Ran] = []
        self._clock = clock
        self._chance = chance

    def run(self, windows: Sequence[Window], done: Done) -> None:
        """Take as long for *windows* as the machine that was measured."""
        began, took = self._clock.now, self.curve.draw(windows, self._chance)

        def end() -> None:
            self.ran.append(Ran.of(windows, began, self._clock.now))
            done()

        self._clock.at(began + took, end)


class Replica:
    """An engine with a queue of its own, for batches of gateways."""

    def __init__(self, name: str, clock: Clock, desk: Desk, replicas: int) -> None:
        """Be one of so many *replicas*."""
        self.batches = 0
        """That it holds, or that are on their way to it."""

        self._name = name
        self._clock = clock
        self._desk = desk
        self._replicas = replicas
        self._demands = Demands()

    def answer(self, request: Request, done: Done) -> None:
        """Decode what *request* brings, with what others sent if that saves time."""
        self._demands.note(request.gateway, request.demand, self._clock.now)
        owed = len(request.windows)
        if not owed:
            done()

        def answered(_: bool) -> None:
            nonlocal owed
            owed -= 1
            if not owed:
                done()

        for window in request.windows:
            self._desk.recognize(_urgent(window), answered)

    def report(self) -> Report:
        """Tell what every answer tells."""
        backlog, now = self._desk.backlog, self._clock.now
        return Report(
            self._name,
            INFO,
            ready=True,
            prices=backlog.costs.prices,
            waiting_seconds=backlog.load(now).seconds,
            replicas=self._replicas,
            demands=self._demands.lately(now),
        )


def _urgent(window: Window) -> Window:
    """Take an early final for a final: the finals of its batch go back with it, and cannot wait."""
    is_early = window.priority is Priority.EARLY_FINAL
    return replace(window, priority=Priority.FINAL) if is_early else window


class Gateway:
    """All replicas, as one gateway sees them: a runner that takes several batches at once."""

    def __init__(
        self, name: str, clock: Clock, replicas: Sequence[Replica], transit: float, chance: Random
    ) -> None:
        """Hear of all *replicas* before anybody comes, and of any of them every second."""
        self.demand: Callable[[], Demand] = lambda: NOBODY
        """What the gateway's sessions ask for."""

        self._name = name
        self._clock = clock
        self._replicas = replicas
        self._transit = transit
        self._chance = chance
        self._fleet = Fleet()
        for replica in replicas:
            self._hear(replica.report())
        clock.every(PROBE_SECONDS, lambda: self.run((), lambda: None))

    @property
    def width(self) -> Width:
        """Say how many batches may be on their way."""
        return self._fleet.width(self._name, self.demand(), self._clock.now)

    @property
    def pool(self) -> Pool:
        """Say how many replicas there are, and what other gateways ask of them."""
        return self._fleet.pool(self._name, self.demand(), self._clock.now)

    def run(self, windows: Sequence[Window], done: Done) -> None:
        """Send *windows* to one of the replicas."""
        request = Request(self._name, tuple(windows), self.demand())
        two = self._chance.sample(self._replicas, min(2, len(self._replicas)))
        replica = min(two, key=lambda each: each.batches)
        replica.batches += 1

        def decoded() -> None:
            replica.batches -= 1
            report = replica.report()
            self._clock.at(self._clock.now + self._transit, lambda: back(report))

        def back(report: Report) -> None:
            self._hear(report)
            done()

        self._clock.at(self._clock.now + self._transit, lambda: replica.answer(request, decoded))

    def _hear(self, report: Report) -> None:
        self._fleet.note(_WAY, report, self._clock.now)


@dataclass(frozen=True, slots=True)
class Cluster:
    """What was built."""

    desks: Sequence[Desk]
    """Before which people stand: the one, or those of the gateways."""

    engines: Sequence[Engine]


def build(clock: Clock, curve: Curve, machines: Machines, hop_seconds: float, seed: int) -> Cluster:
    """Build engines that cost what *curve* says, and all that is before them."""
    sample, settings = SILENCE.slice(0, REHEARSED), SchedulerSettings()
    chance = Random(f"machines {seed}")  # noqa: S311
    engines = [Engine(clock, curve, chance) for _ in range(machines.replicas)]
    desks = [Desk(clock, engine, settings, hop_seconds) for engine in engines]
    for desk in desks:
        desk.rehearse(sample, curve.expect)
    if not machines.gateways:
        return Cluster(desks, engines)
    replicas = [Replica(f"r{n}", clock, desk, len(desks)) for n, desk in enumerate(desks)]
    fronts = []
    for number in range(machines.gateways):
        gateway = Gateway(f"g{number}", clock, replicas, machines.transit_seconds, chance)
        fronts.append(Desk(clock, gateway, settings, hop_seconds))
        gateway.demand = fronts[-1].demand
    return Cluster(fronts, engines)
