"""Let people speak at machines on a virtual clock, and say what they got.

Knows streams, arrivals and machines; knows nothing of what the figures are for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from bench.capacity.clock import Clock
from bench.capacity.cluster import Machines, build
from bench.capacity.cues import Cue, Kind
from bench.capacity.curve import Curve
from bench.capacity.desk import Desk
from bench.capacity.figures import Figures, Span, batch_figures
from bench.capacity.script import HOP_SECONDS, POOL, Script, script
from bench.capacity.stream import HEARD, SILENCE, Heard, Reel, Stream
from wsserver.config import SessionLimits
from wsserver.speech import SAMPLE_RATE, Window

MAX_LAG_SECONDS = SessionLimits().max_lag_seconds
RETRY_SECONDS = 5.0
"""After which those come again who were refused and would have stayed to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Who speaks, how long and what counts."""

    streams: int
    """At once, or on average if they come and go."""

    talk: str = "dictation"
    seconds: float = 60.0
    """That count."""

    warm_up_seconds: float = 20.0
    within_seconds: float = 10.0
    """In which all begin who are there from the beginning."""

    mean_seconds: float | None = None
    """Of a session, exponential, if people come and go (Poisson); None: all stay to the end."""

    admit: bool = False
    """Refuse those whom the server would refuse."""

    max_lag_seconds: float = MAX_LAG_SECONDS
    """Above which it does."""

    hop_seconds: float = HOP_SECONDS
    seed: int = 1

    @property
    def until(self) -> float:
        """When everybody falls silent."""
        return self.warm_up_seconds + self.seconds

    @property
    def span(self) -> Span:
        """The time that counts."""
        return Span(self.warm_up_seconds, self.until)

    def begins(self, number: int) -> float:
        """Say when the *number*-th of those begins who are there from the beginning."""
        chance = Random(f"begin {self.seed} {number}")  # noqa: S311 - no secret
        return chance.uniform(0, self.within_seconds)

    def script(self, number: int) -> Script:
        """Say what the *number*-th person says."""
        return script(self.talk, 1000 * self.seed + number % POOL, self.until, self.hop_seconds)

    def cues(self, number: int, begins: float, leaves: float) -> Iterator[Cue]:
        """Give what is heard of the *number*-th person who *begins* and *leaves* then.

        Nobody leaves in the midst of an utterance; who has left begins none.
        """
        for cue in self.script(number).cues:
            if cue.kind is Kind.BEGAN and begins + cue.at / SAMPLE_RATE >= leaves:
                return
            yield cue

    def stream(self, number: int, begins: float, reel: Reel) -> Stream:
        """Open the session of the *number*-th person."""
        hop, counts_from = round(self.hop_seconds * SAMPLE_RATE), self.warm_up_seconds - begins
        return Stream(f"s{number}", self.script(number), hop, counts_from, reel)


class Simulation:
    """One run; made, then run once."""

    def __init__(self, curve: Curve, machines: Machines, load: Load, draw: int = 0) -> None:
        """Another *draw* is the same people at machines that scatter in another way."""
        self.clock = Clock()
        self.cluster = build(self.clock, curve, machines, load.hop_seconds, draw)
        self.people: list[Person] = []
        self.refusals: list[str] = []
        self._load = load
        self._chance = Random(f"arrivals {load.seed}")  # noqa: S311

    def run(self) -> Figures:
        """Let all speak until the end, then wait for what is owed."""
        for number in range(self._load.streams):
            self.clock.at(self._load.begins(number), partial(self._knock, number))
        if self._load.mean_seconds is not None:
            self.clock.at(self._gap(), partial(self._arrive, self._load.streams))
        self.clock.run()
        return self.figures

    @property
    def figures(self) -> Figures:
        """Say what came of it."""
        heard, span = Heard(), self._load.span
        for person in self.people:
            heard.add(person.stream.heard)
        engines = self.cluster.engines
        ran = [batch for engine in engines for batch in engine.ran]
        inside = sum(span.overlap(each.begins, each.leaves) for each in self.people)
        return Figures(
            heard,
            batch_figures(ran, span, len(engines)),
            refused=len(self.refusals),
            inside=inside / self._load.seconds,
        )

    def _gap(self) -> float:
        """Give the seconds until the next one comes: by Little's law as many stay as should."""
        assert self._load.mean_seconds is not None
        return self.clock.now + self._chance.expovariate(
            self._load.streams / self._load.mean_seconds
        )

    def _arrive(self, number: int) -> None:
        if self.clock.now < self._load.until:
            self._knock(number)
            self.clock.at(self._gap(), partial(self._arrive, number + 1))

    def _knock(self, number: int) -> None:
        desk, mean, leaves = self.desk_of(number), self._load.mean_seconds, self._load.until
        most = self._load.max_lag_seconds
        if self._load.admit and (objection := desk.forecast().objection(most)):
            self.refusals.append(objection)
            again = self.clock.now + RETRY_SECONDS
            if mean is None and again < leaves:
                self.clock.at(again, partial(self._knock, number))
            return
        if mean is not None:
            leaves = min(leaves, self.clock.now + self._chance.expovariate(1 / mean))
        stream = self._load.stream(number, self.clock.now, SILENCE)
        cues = self._load.cues(number, self.clock.now, leaves)
        self.people.append(Person(self.clock, desk, stream, cues, leaves))

    def desk_of(self, number: int) -> Desk:
        """Say where the *number*-th person comes to."""
        desks = self.cluster.desks
        return desks[number % len(desks)]


class Person:
    """Somebody who speaks by a script at a desk, from now on until they leave."""

    def __init__(
        self, clock: Clock, desk: Desk, stream: Stream, cues: Iterator[Cue], leaves: float
    ) -> None:
        self.desk = desk
        self.stream = stream
        self.begins = clock.now
        self.leaves = leaves
        self._clock = clock
        desk.sessions += 1
        clock.at(leaves, self._leave)
        self._cues = cues
        self._go_on()

    def _leave(self) -> None:
        self.desk.sessions -= 1

    def _go_on(self) -> None:
        cue = next(self._cues, None)
        if cue is None:
            return
        at = self.begins + cue.at / SAMPLE_RATE

        def heard() -> None:
            self._ask(self.stream.take(cue, self._now))
            self._go_on()

        self._clock.at(at, heard)

    @property
    def _now(self) -> float:
        return self._clock.now - self.begins

    def _ask(self, windows: Sequence[Window]) -> None:
        for window in windows:
            self.desk.recognize(window, partial(self._answered, window))

    def _answered(self, window: Window, was_heard: bool) -> None:
        if was_heard:
            self._ask(self.stream.settle(window, HEARD, self._now))
