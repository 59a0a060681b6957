"""Decide what goes to one receiver next: in order within a session, sessions beside one another.

Knows deliveries and times; knows no clock, no disk and no HTTP library.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import nsmallest

from wsserver.webhooks.backoff import Answer, wait_seconds

MOST_AT_ONCE = 4
"""Requests under way to one receiver."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that waits for one receiver."""

    number: int
    """Its place in the spool; later ones have greater numbers."""

    receiver: str
    session: str
    event: str
    created: float
    """Seconds since the epoch; what its age is measured by once, when it is added."""


@dataclass(slots=True)
class _Queue:
    """What waits of one session."""

    waiting: deque[Delivery] = field(default_factory=deque)
    ends: deque[float] = field(default_factory=deque)
    """When each of those that wait is given up."""

    failures: int = 0
    """Of the first, one after the other."""

    not_before: float = 0.0
    is_under_way: bool = False


class Rounds:
    """All that waits for one receiver.

    *now* is of a clock that nobody sets, in seconds from any moment on.
    """

    def __init__(self, give_up_seconds: float) -> None:
        """Give a delivery up so long after its event."""
        self.under_way = 0
        """How many are being tried."""

        self._give_up_seconds = give_up_seconds
        self._queues: dict[str, _Queue] = {}
        self._count = 0

    def __len__(self) -> int:
        """Count what waits or is under way."""
        return self._count

    def add(self, delivery: Delivery, now: float, age_seconds: float) -> None:
        """Queue *delivery*, so old by the clock on the wall, behind the others of its session."""
        queue = self._queues.setdefault(delivery.session, _Queue())
        queue.waiting.append(delivery)
        queue.ends.append(now + self._give_up_seconds - max(age_seconds, 0.0))
        self._count += 1

    def take(self, now: float) -> list[Delivery]:
        """Give what is to be tried now; each is tried until `settle` is told of it."""
        room = MOST_AT_ONCE - self.under_way
        chosen = nsmallest(room, self._ready(now), key=lambda queue: queue.waiting[0].number)
        for queue in chosen:
            queue.is_under_way = True
        self.under_way += len(chosen)
        return [queue.waiting[0] for queue in chosen]

    def settle(self, delivery: Delivery, answer: Answer, now: float, chance: float) -> bool:
        """Note the *answer* to a try; say whether that was the last try.

        It is if it was taken or is lost, or if its time is over: then the next one has its turn.
        """
        queue = self._queues[delivery.session]
        queue.is_under_way = False
        self.under_way -= 1
        is_over = answer.outcome in ("taken", "lost") or now >= queue.ends[0]
        if is_over:
            queue.waiting.popleft()
            queue.ends.popleft()
            self._count -= 1
            queue.failures, queue.not_before = 0, 0.0
        else:
            queue.failures += 1
            wait = wait_seconds(queue.failures, chance, answer.retry_after_seconds)
            queue.not_before = min(now + wait, queue.ends[0])
        if not queue.waiting:
            del self._queues[delivery.session]
        return is_over

    def failures(self, delivery: Delivery) -> int:
        """How often in a row the first of its session was not taken."""
        queue = self._queues.get(delivery.session)
        return queue.failures if queue else 0

    def wake_at(self) -> float | None:
        """Say when the next try is due that waits for its time; None if there is none."""
        times = [queue.not_before for queue in self._idle()]
        return min(times, default=None)

    def is_due(self, now: float) -> bool:
        """Tell whether anything is under way or to be tried now."""
        return self.under_way > 0 or any(True for _ in self._ready(now))

    def clear(self) -> None:
        """Forget everything; what is under way is not to be settled."""
        self._queues.clear()
        self._count = self.under_way = 0

    def _idle(self) -> Iterable[_Queue]:
        return (queue for queue in self._queues.values() if not queue.is_under_way)

    def _ready(self, now: float) -> Iterable[_Queue]:
        return (queue for queue in self._idle() if queue.not_before <= now)
