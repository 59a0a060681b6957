"""Decide what goes to one receiver next: in order within a session, sessions beside one another.

Knows deliveries and times; knows no clock, no disk and no HTTP library.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush

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
    """What waits of one session, the one under way first."""

    waiting: deque[Delivery] = field(default_factory=deque)
    ends: deque[float] = field(default_factory=deque)
    """When each of those that wait is given up."""

    failures: int = 0
    """Of the first, one after the other."""


class Rounds:
    """All that waits for one receiver.

    *now* is of a clock that nobody sets, in seconds from any moment on.  What is asked at every
    event costs the logarithm of the sessions at most, for there may be 100,000.
    """

    def __init__(self, give_up_seconds: float) -> None:
        """Give a delivery up so long after its event."""
        self.under_way = 0
        """How many are being tried."""

        self._give_up_seconds = give_up_seconds
        self._queues: dict[str, _Queue] = {}
        self._count = 0
        # A session is in one of the two heaps, or its first is under way.
        self._ready: list[tuple[int, str]] = []  # by the number of its first
        self._later: list[tuple[float, int, str]] = []  # by the time of its next try

    def __len__(self) -> int:
        """Count what waits or is under way."""
        return self._count

    def add(self, delivery: Delivery, now: float, age_seconds: float) -> None:
        """Queue *delivery*, so old by the clock on the wall, behind the others of its session."""
        queue = self._queues.get(delivery.session)
        if queue is None:
            queue = self._queues[delivery.session] = _Queue()
            heappush(self._ready, (delivery.number, delivery.session))
        queue.waiting.append(delivery)
        queue.ends.append(now + self._give_up_seconds - max(age_seconds, 0.0))
        self._count += 1

    def take(self, now: float) -> list[Delivery]:
        """Give what is to be tried now, the oldest first; each until `settle` is told of it."""
        while self._later and self._later[0][0] <= now:
            heappush(self._ready, heappop(self._later)[1:])
        room = min(MOST_AT_ONCE - self.under_way, len(self._ready))
        chosen = [heappop(self._ready)[1] for _ in range(room)]
        self.under_way += len(chosen)
        return [self._queues[session].waiting[0] for session in chosen]

    def settle(self, delivery: Delivery, answer: Answer, now: float, chance: float) -> bool:
        """Note the *answer* to a try; say whether that was the last try.

        It is if it was taken or is lost, or if its time is over: then the next one has its turn.
        """
        self.under_way -= 1
        queue = self._queues[delivery.session]
        if answer.outcome in ("taken", "lost") or now >= queue.ends[0]:
            self._advance(delivery.session, queue)
            return True
        queue.failures += 1
        wait = wait_seconds(queue.failures, chance, answer.retry_after_seconds)
        not_before = min(now + wait, queue.ends[0])
        heappush(self._later, (not_before, delivery.number, delivery.session))
        return False

    def failures(self, delivery: Delivery) -> int:
        """How often in a row the first of its session was not taken."""
        queue = self._queues.get(delivery.session)
        return queue.failures if queue else 0

    def wake_at(self) -> float | None:
        """Say when to take again: long ago if something is ready, None if nothing waits."""
        if self._ready:
            return -math.inf
        return self._later[0][0] if self._later else None

    def is_due(self, now: float) -> bool:
        """Tell whether anything is under way or to be tried now."""
        is_later = bool(self._later) and self._later[0][0] <= now
        return self.under_way > 0 or bool(self._ready) or is_later

    def clear(self) -> None:
        """Forget everything; what is under way is not to be settled."""
        for each in (self._queues, self._ready, self._later):
            each.clear()
        self._count = self.under_way = 0

    def _advance(self, session: str, queue: _Queue) -> None:
        queue.waiting.popleft()
        queue.ends.popleft()
        queue.failures = 0
        self._count -= 1
        if queue.waiting:
            heappush(self._ready, (queue.waiting[0].number, session))
        else:
            del self._queues[session]
