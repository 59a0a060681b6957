"""Engines, replicas and gateways on a virtual clock.

Knows what a batch costs and who hands batches to whom; knows nothing of speech.

One process is a `Desk` before an `Engine`.  A cluster has a desk in each gateway and one in each
replica.  A gateway has two batches on their way for each replica, so that one can be decoded while
the next is there, and goes by the prices that the replicas tell.  Of two replicas drawn by lot the
one with fewer batches gets the next (the power of two choices, Mitzenmacher 2001, which is how Ray
Serve routes); it queues the windows as a server does those of its sessions, finals first, and gives
a batch back once all of it is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from bench.capacity.clock import Clock
from bench.capacity.curve import Curve
from bench.capacity.desk import Desk, Done
from bench.capacity.figures import Ran
from bench.capacity.stream import SILENCE
from wsserver.recognition.costs import Costs
from wsserver.recognition.scheduler import SchedulerSettings
from wsserver.speech import SAMPLE_RATE, Priority, Window, seconds

BATCHES_PER_REPLICA = 2
"""On their way from each gateway, all replicas together."""


REHEARSED = 3 * SAMPLE_RATE
"""Samples in what an engine hears before anybody comes."""


@dataclass(frozen=True, slots=True)
class Machines:
    """What recognizes."""

    replicas: int = 1
    gateways: int = 0
    """0: one process that holds both the sessions and the engine."""

    of: int = 0
    """Replicas in the whole cluster, if this is a slice of it: by these a gateway knows how many
    batches it may have on their way.  0: these are all."""

    transit_seconds: float = 0.001
    """Between gateway and replica, each way."""

    @property
    def width(self) -> int:
        """Say how many batches a gateway has on their way at most."""
        return BATCHES_PER_REPLICA * max(self.of, self.replicas)

    def __post_init__(self) -> None:
        """Raise ValueError for what cannot be."""
        if self.replicas < 1 or (self.gateways == 0 and self.replicas > 1):
            raise ValueError(
                f"found {self.replicas} replicas and {self.gateways} gateways, "
                "expected a replica at least, and a gateway for more than one"
            )


class Engine:
    """Takes its time for one batch after the other."""

    def __init__(self, clock: Clock, curve: Curve, chance: Random) -> None:
        self.ran: list[Ran] = []
        self._clock = clock
        self._curve = curve
        self._chance = chance
        self._is_busy = False

    @property
    def is_free(self) -> bool:
        """Tell whether a batch is taken now."""
        return not self._is_busy

    def price(self, windows: Sequence[Window]) -> float:
        """Give what *windows* take on average."""
        return self._curve.expect(windows)

    def run(self, windows: Sequence[Window], done: Done) -> None:
        """Take as long for *windows* as the machine that was measured."""
        began, took = self._clock.now, self._curve.draw(windows, self._chance)
        self._is_busy = True

        def end() -> None:
            self._is_busy = False
            lengths = tuple(seconds(len(window.audio)) for window in windows)
            self.ran.append(Ran(began, self._clock.now, lengths, windows[0].exact))
            done()

        self._clock.at(began + took, end)


class Replica:
    """An engine with a queue of its own, for batches of gateways."""

    def __init__(
        self, clock: Clock, engine: Engine, settings: SchedulerSettings, hop_seconds: float
    ) -> None:
        self.engine = engine
        self.desk = Desk(clock, engine, settings, hop_seconds)
        self.batches = 0
        """That it holds."""

    def run(self, windows: Sequence[Window], done: Done) -> None:
        """Decode *windows*, with what others sent if that saves time."""
        owed = len(windows)

        def answered(_: bool) -> None:
            nonlocal owed
            owed -= 1
            if not owed:
                done()

        for window in windows:
            self.desk.recognize(_urgent(window), answered)


def _urgent(window: Window) -> Window:
    """Take an early final for a final: the finals of its batch go back with it, and cannot wait."""
    is_early = window.priority is Priority.EARLY_FINAL
    return replace(window, priority=Priority.FINAL) if is_early else window


class Quoted(Costs):
    """What others learned.  All replicas learn the same in the long run, so one speaks for them."""

    def __init__(self, learned: Costs) -> None:
        super().__init__()
        self._learned = learned

    def of_exact(self, count: int) -> float:
        """Give the seconds that so many exact windows will take as one batch."""
        return self._learned.of_exact(count)

    def of_others(self, audio_seconds: float) -> float:
        """Give the seconds that other windows with so much audio will take as one batch."""
        return self._learned.of_others(audio_seconds)

    def observe(self, windows: Sequence[Window], took_seconds: float) -> None:
        """Learn nothing: a batch waited behind others, too."""


class Fleet:
    """All replicas, as one gateway sees them: a runner that takes several batches at once."""

    def __init__(
        self, clock: Clock, replicas: Sequence[Replica], machines: Machines, chance: Random
    ) -> None:
        self._clock = clock
        self._replicas = replicas
        self._width = machines.width
        self._transit = machines.transit_seconds
        self._chance = chance
        self._away = 0

    @property
    def is_free(self) -> bool:
        """Tell whether one more batch may go."""
        return self._away < self._width

    def price(self, windows: Sequence[Window]) -> float:
        """Give what *windows* take on average."""
        return self._replicas[0].engine.price(windows)

    def run(self, windows: Sequence[Window], done: Done) -> None:
        """Send *windows* to one of the replicas."""
        two = self._chance.sample(self._replicas, min(2, len(self._replicas)))
        replica = min(two, key=lambda each: each.batches)
        replica.batches += 1
        self._away += 1

        def decoded() -> None:
            replica.batches -= 1
            self._clock.at(self._clock.now + self._transit, back)

        def back() -> None:
            self._away -= 1
            done()

        self._clock.at(self._clock.now + self._transit, lambda: replica.run(windows, decoded))


@dataclass(frozen=True, slots=True)
class Cluster:
    """What was built."""

    desks: Sequence[Desk]
    """Before which people stand: the one, or those of the gateways."""

    engines: Sequence[Engine]


def build(clock: Clock, curve: Curve, machines: Machines, hop_seconds: float, seed: int) -> Cluster:
    """Build engines that cost what *curve* says, and all that is before them."""
    sample = SILENCE.slice(0, REHEARSED)
    settings, chance = SchedulerSettings(), Random(f"machines {seed}")  # noqa: S311
    engines = [Engine(clock, curve, chance) for _ in range(machines.replicas)]
    if not machines.gateways:
        desk = Desk(clock, engines[0], settings, hop_seconds)
        desk.rehearse(sample)
        return Cluster([desk], engines)
    replicas = [Replica(clock, engine, settings, hop_seconds) for engine in engines]
    for replica in replicas:
        replica.desk.rehearse(sample)
    prices = Quoted(replicas[0].desk.backlog.costs)
    desks = []
    for _ in range(machines.gateways):
        fleet = Fleet(clock, replicas, machines, chance)
        desks.append(Desk(clock, fleet, settings, hop_seconds, prices))
    return Cluster(desks, engines)
