"""Hold the waiting windows of one priority, so that sessions take turns.

Knows tickets and their sessions; knows nothing of other priorities, batches or costs.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from wsserver.speech import Window


@dataclass(frozen=True, slots=True)
class Ticket:
    """An accepted window; ends exactly once: answered, superseded, canceled or failed."""

    number: int
    """Counts the accepted windows."""

    window: Window
    since: float
    """When it began to wait, or the first of those that it replaced did."""

    failures: int = 0
    """How often an engine raised with it alone, or was lost while it held it."""

    alone: bool = False
    """Goes in a batch of its own, because it may have broken the one it was in."""


Tickets: TypeAlias = tuple[Ticket, ...]


class Lane:
    """Sessions in their turns, each with its tickets in their order."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, deque[Ticket]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def __iter__(self) -> Iterator[Ticket]:
        return chain.from_iterable(self._queues.values())

    def firsts(self) -> Iterator[Ticket]:
        """Give the first ticket of each session, in the order of their turns."""
        return (queue[0] for queue in self._queues.values())

    def of(self, session: str) -> Tickets:
        """Give the session's tickets in order."""
        return tuple(self._queues.get(session, ()))

    def append(self, ticket: Ticket) -> None:
        """Put *ticket* behind those of its session; a new session gets the last turn."""
        self._queues.setdefault(ticket.window.session, deque()).append(ticket)

    def prepend(self, ticket: Ticket) -> None:
        """Give *ticket* the first place and its session the first turn."""
        session = ticket.window.session
        self._queues.setdefault(session, deque()).appendleft(ticket)
        self._queues.move_to_end(session, last=False)

    def postpone(self, ticket: Ticket) -> None:
        """Give *ticket* the first place of its session, and its session the last turn."""
        session = ticket.window.session
        self._queues.setdefault(session, deque()).appendleft(ticket)
        self._queues.move_to_end(session)

    def replace_first(self, ticket: Ticket) -> None:
        """Give *ticket* the place and the turn of its session's first one."""
        self._queues[ticket.window.session][0] = ticket

    def pop_first(self, session: str) -> None:
        """Take the session's first ticket and send the session behind the others."""
        queue = self._queues.pop(session)
        queue.popleft()
        if queue:
            self._queues[session] = queue

    def remove(self, ticket: Ticket) -> None:
        """Take *ticket* out, if it is there."""
        session = ticket.window.session
        left = deque(t for t in self.of(session) if t.number != ticket.number)
        if left:
            self._queues[session] = left
        else:
            self._queues.pop(session, None)
