"""Decide which of the waiting windows go to the engine next, and in which batch.

Knows windows, their sessions and priorities; knows nothing of clocks, processes or models.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from wsserver.recognition.costs import Costs
from wsserver.recognition.lane import Lane, Ticket, Tickets
from wsserver.speech import Priority, Window

REPLACEABLE = (Priority.PARTIAL, Priority.EARLY_FINAL)
"""A session's newer window of these makes its older one useless."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Tickets that end without a result."""

    superseded: Tickets = ()
    failed: Tickets = ()


@dataclass(frozen=True, slots=True)
class Load:
    """How much waits, for whoever admits sessions."""

    waiting: int
    """Windows, bulk included."""

    seconds: float
    """Predicted work in the live ones among them; bulk never holds those up for long."""

    oldest_seconds: float
    """How long the oldest live one has waited."""


class Backlog:
    """The windows that wait and those in flight.

    Classes go in the order of `Priority`; inside a class the sessions take turns, whoever waits
    longest first.  A session has one window in flight; all sessions together have one bulk window.
    A partial or an early final gives its place to a newer one of its session; a final makes those
    of its utterance useless.  Finals and bulk windows are never replaced and keep their order.
    """

    def __init__(
        self, *, max_batch: int, max_batch_ms: float, retries: int, costs: Costs | None = None
    ) -> None:
        self._max_batch = max_batch
        self._max_batch_seconds = max_batch_ms / 1000
        self._retries = retries
        self._lanes = {priority: Lane() for priority in Priority}
        self._in_flight: dict[int, Ticket] = {}
        self._unwanted: set[int] = set()
        self._accepted = 0
        self.costs = costs or Costs()

    def __repr__(self) -> str:
        counts = [(len(lane), priority) for priority, lane in self._lanes.items()]
        waiting = [f"{n} {p.name.lower().replace('_', ' ')}" for n, p in counts if n]
        counted = ", ".join(waiting) or "nothing"
        return f"<Backlog: {counted} waiting, {len(self._in_flight)} in flight>"

    def add(self, window: Window, now: float) -> tuple[Ticket, Tickets]:
        """Accept *window*; give its ticket and those that it supersedes."""
        old = self._outdated_by(window)
        same = [ticket for ticket in old if ticket.window.priority is window.priority]
        ticket = Ticket(self._accepted, window, since=same[0].since if same else now)
        self._accepted += 1
        if same:
            self._lane(ticket).replace_first(ticket)
        else:
            self._lane(ticket).append(ticket)
        self._remove(other for other in old if other not in same)
        return ticket, old

    def take(self) -> Tickets:
        """Put the next batch in flight; empty if nothing can go now."""
        batch: list[Ticket] = []
        for ticket in self._candidates():
            if not all(_may_share_batch(ticket, other) for other in batch):
                continue
            if batch and not self._is_affordable([*batch, ticket]):
                break  # nothing of a lower priority may take the room that this one lacks
            batch.append(ticket)
        for ticket in batch:
            self._lane(ticket).pop_first(ticket.window.session)
            self._in_flight[ticket.number] = ticket
        return tuple(batch)

    def settle(self, ticket: Ticket) -> Tickets:
        """Land *ticket* with a result; give all that it answers, nothing if it was canceled.

        A final that waits for the very audio that an early final decoded is answered as well.
        """
        wanted = self._land([ticket])
        answered = (*wanted, *self._twin(ticket.window))
        self._remove(answered)
        return answered

    def fail(self, batch: Sequence[Ticket]) -> Ended:
        """Land a *batch* that raised; its windows go again one by one, so the bad one is found."""
        wanted = self._land(batch)
        if len(batch) > 1:
            return self._return([replace(ticket, alone=True) for ticket in wanted])
        return Ended(failed=wanted)

    def lose(self, batch: Sequence[Ticket]) -> Ended:
        """Land a *batch* whose engine died; what cannot be replaced goes again, one by one."""
        wanted = self._land(batch)
        dropped = tuple(t for t in wanted if t.window.priority in REPLACEABLE)
        kept = [t for t in wanted if t not in dropped]
        failed = tuple(t for t in kept if t.losses >= self._retries)
        self._return([replace(t, losses=t.losses + 1, alone=True) for t in kept if t not in failed])
        return Ended(superseded=dropped, failed=failed)

    def cancel(self, session: str) -> Tickets:
        """Forget all windows of *session*; what is in flight for it will answer nobody."""
        waiting = tuple(chain.from_iterable(lane.of(session) for lane in self._lanes.values()))
        flying = [t for t in self._in_flight.values() if t.window.session == session]
        wanted = tuple(t for t in flying if t.number not in self._unwanted)
        for ticket in (*waiting, *wanted):
            self.withdraw(ticket)
        return (*waiting, *wanted)

    def withdraw(self, ticket: Ticket) -> None:
        """Forget one window; nothing happens if it has ended."""
        if ticket.number in self._in_flight:
            self._unwanted.add(ticket.number)
        else:
            self._remove([ticket])

    def load(self, now: float) -> Load:
        """Measure what waits."""
        lanes = (lane for priority, lane in self._lanes.items() if priority < Priority.BULK)
        live = list(chain.from_iterable(lanes))
        windows = [ticket.window for ticket in live]
        starts = range(0, len(windows), self._max_batch)
        return Load(
            waiting=sum(map(len, self._lanes.values())),
            seconds=sum(self.costs.predict(windows[s : s + self._max_batch]) for s in starts),
            oldest_seconds=max((now - ticket.since for ticket in live), default=0.0),
        )

    def _lane(self, ticket: Ticket) -> Lane:
        return self._lanes[ticket.window.priority]

    def _outdated_by(self, window: Window) -> Tickets:
        waiting = chain.from_iterable(self._lanes[p].of(window.session) for p in REPLACEABLE)
        return tuple(ticket for ticket in waiting if _outdates(window, ticket.window))

    def _candidates(self) -> Iterator[Ticket]:
        flying = [ticket.window for ticket in self._in_flight.values()]
        busy = {window.session for window in flying}
        bulk_flies = any(window.priority is Priority.BULK for window in flying)
        for priority, lane in self._lanes.items():
            if priority is Priority.BULK and bulk_flies:
                return
            yield from (t for t in lane.firsts() if t.window.session not in busy)

    def _is_affordable(self, batch: Sequence[Ticket]) -> bool:
        # An early final may be for nothing, so it only goes while there is room to spare.
        share = 0.5 if batch[-1].window.priority is Priority.EARLY_FINAL else 1.0
        predicted = self.costs.predict([ticket.window for ticket in batch])
        return len(batch) <= self._max_batch and predicted <= self._max_batch_seconds * share

    def _land(self, batch: Sequence[Ticket]) -> Tickets:
        for ticket in batch:
            del self._in_flight[ticket.number]
        wanted = tuple(ticket for ticket in batch if ticket.number not in self._unwanted)
        self._unwanted.difference_update(ticket.number for ticket in batch)
        return wanted

    def _twin(self, window: Window) -> Tickets:
        if window.priority is not Priority.EARLY_FINAL:
            return ()
        first = self._lanes[Priority.FINAL].of(window.session)[:1]
        return tuple(ticket for ticket in first if ticket.window.asks_the_same(window))

    def _return(self, tickets: Sequence[Ticket]) -> Ended:
        superseded = [ticket for ticket in tickets if self._is_outdated(ticket.window)]
        for ticket in reversed(tickets):
            if ticket not in superseded:
                self._lane(ticket).prepend(ticket)
        return Ended(superseded=tuple(superseded))

    def _is_outdated(self, window: Window) -> bool:
        waiting = chain.from_iterable(lane.of(window.session) for lane in self._lanes.values())
        return any(_outdates(ticket.window, window) for ticket in waiting)

    def _remove(self, tickets: Iterable[Ticket]) -> None:
        for ticket in tickets:
            self._lane(ticket).remove(ticket)


def _may_share_batch(ticket: Ticket, other: Ticket) -> bool:
    # The one place that says what mixes.  Exact windows and others do: the engine decodes each
    # kind in its own context and precision, and `Costs` knows that they cost differently.
    one, two = ticket.window, other.window
    both_bulk = one.priority is two.priority is Priority.BULK
    return not (ticket.alone or other.alone or both_bulk or one.session == two.session)


def _outdates(new: Window, old: Window) -> bool:
    """Tell whether *new* makes a waiting *old* of the same session useless."""
    if old.priority not in REPLACEABLE:
        return False
    ends_utterance = new.priority is Priority.FINAL and new.utterance == old.utterance
    return new.priority is old.priority or ends_utterance
