"""What a scheduler knows of the engines it uses, and of all who use them beside itself.

Knows numbers alone; knows nothing of how they came here.
"""

from dataclasses import dataclass

from wsserver.recognition.costs import Finite, Prices

NEWCOMERS_REQUESTS = 1.0
"""Windows a second that a session asks for, about: two while it speaks, 60 % of the time."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What the sessions of one server ask for, or those of several."""

    sessions: int = 0
    newcomers: Finite = 0.0
    """Sessions that are too new to be known by what they ask for, in parts of a session."""

    finals_per_second: Finite = 0.0
    partials_per_second: Finite = 0.0
    audio_per_second: Finite = 0.0
    """Seconds of audio in those partials."""

    def __add__(self, other: "Demand") -> "Demand":
        return Demand(
            self.sessions + other.sessions,
            self.newcomers + other.newcomers,
            self.finals_per_second + other.finals_per_second,
            self.partials_per_second + other.partials_per_second,
            self.audio_per_second + other.audio_per_second,
        )

    @property
    def requests_per_second(self) -> float:
        """Finals and partials together, and those of newcomers as far as they count."""
        of_newcomers = self.newcomers * NEWCOMERS_REQUESTS
        return self.finals_per_second + self.partials_per_second + of_newcomers


NOBODY = Demand()


@dataclass(frozen=True, slots=True)
class Width:
    """How many batches may run at once."""

    batches: int
    """Whatever is in them."""

    full: int
    """With those that are full or of finals, which cannot get better by waiting here.

    Others would be decoded without the windows that come meanwhile, so that batches would be small
    just when there is much to do; and a newer window could not take the place of an older one."""


ONE_BATCH = Width(1, 1)
NO_BATCH = Width(0, 0)


@dataclass(frozen=True, slots=True)
class Pool:
    """The engines that take a scheduler's batches."""

    engines: int = 1
    """How many there are, each of which takes a batch at a time."""

    prices: Prices | None = None
    """What batches cost there; None if that is what they take from here."""

    others: Demand = NOBODY
    """What the sessions of other servers ask of the same engines."""

    waiting_seconds: float = 0.0
    """Work that waits before an engine, on average, beside what waits here."""

    busy: float = 0.0
    """Part of the time that an engine works, on average, where there are prices."""


OWN_ENGINE = Pool()
"""One engine that serves nobody else."""
