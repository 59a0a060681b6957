"""Decide which of the waiting windows go to the engine next, and in which batch.

Knows windows, their sessions and priorities; knows nothing of clocks, processes or models.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from wsserver.recognition.batching import Batching, may_share
from wsserver.recognition.costs import Costs
from wsserver.recognition.lane import Lane, Ticket, Tickets
from wsserver.recognition.spare import Turn
from wsserver.speech import Priority, Window

LIVE = (Priority.FINAL, Priority.PARTIAL)
"""What people wait for at their screens."""

REPLACEABLE = (Priority.PARTIAL, Priority.EARLY_FINAL)
"""A session's newer window of these makes its older one useless."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Tickets that end without a result."""

    superseded: Tickets = ()
    failed: Tickets = ()
    wants_new_engine: bool = False
    """Whether something goes for the last time now, which has to be on a new engine."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much waits, for whoever admits sessions."""

    waiting: int
    """Windows, bulk included."""

    seconds: float
    """Predicted work in the finals and partials among them; the others never hold up those."""

    oldest_seconds: float
    """How long the oldest live one has waited."""


class Backlog:
    """The windows that wait and those in flight.

    Classes go in the order of `Priority`; inside a class the sessions take turns, whoever waits
    longest first.  A session has one window in flight; all sessions together have one bulk window.
    A partial or an early final gives its place to a newer one of its session; a final makes those
    of its utterance useless, and a partial that goes further an early final.  Finals and bulk
    windows are never replaced and keep their order.  `spare` knows when bulk windows go.
    """

    def __init__(
        self, *, max_batch: int, max_batch_ms: float, retries: int, costs: Costs | None = None
    ) -> None:
        self.batching = Batching(max_batch, max_batch_ms / 1000)
        self._retries = retries
        self._lanes = {priority: Lane() for priority in Priority}
        self._in_flight: dict[int, Ticket] = {}
        self._unwanted: set[int] = set()
        self._accepted = 0
        self._generation = 0
        self._finals_went = False
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
        since = same[0].since if same else now
        ticket = Ticket(self._accepted, window, since, alone=window.alone)
        self._accepted += 1
        if same:
            self._lane(ticket).replace_first(ticket)
        else:
            self._lane(ticket).append(ticket)
        self._remove(other for other in old if other not in same)
        return ticket, old

    def take(self, bulk: Turn = Turn.LAST, *, only_full: bool = False, idle: int = 1) -> Tickets:
        """Put the next batch in flight; empty if nothing can go now.

        With *only_full* one goes that has no room for others that wait, or one of finals: nothing
        that comes later can take their place.  Several engines that are *idle* share what waits.
        """
        batch, is_full = self._compose(bulk)
        is_final = bool(batch) and batch[0].window.priority is Priority.FINAL
        if only_full and not (is_full or is_final):
            return ()
        batch = batch[: math.ceil(len(batch) / idle)]
        for ticket in batch:
            self._lane(ticket).pop_first(ticket.window.session)
            self._in_flight[ticket.number] = ticket
        self._finals_went = is_final
        if self._finals_went and batch[0].number >= self._generation:
            self._generation = self._accepted
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
        return self._try_again(wanted)

    def lose(self, batch: Sequence[Ticket]) -> Ended:
        """Land a *batch* whose engine died; what cannot be replaced goes again, one by one."""
        wanted = self._land(batch)
        dropped = tuple(t for t in wanted if t.window.priority in REPLACEABLE)
        return replace(self._try_again([t for t in wanted if t not in dropped]), superseded=dropped)

    def drop(self, batch: Sequence[Ticket]) -> Tickets:
        """Land a *batch* that nobody shall try again; give those that somebody waits for."""
        return self._land(batch)

    def give_back(self, batch: Sequence[Ticket]) -> Tickets:
        """Land a *batch* that no engine tried; it goes first again.  Give what is useless now."""
        return self._return(self._land(batch)).superseded

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

    def bulk(self) -> Ticket | None:
        """Give the window of a file that goes next, if one may go now or later."""
        flying = any(t.window.priority is Priority.BULK for t in self._in_flight.values())
        return None if flying else next(self._lanes[Priority.BULK].firsts(), None)

    def load(self, now: float) -> Load:
        """Measure what waits."""
        live = [ticket for priority in LIVE for ticket in self._lanes[priority]]
        return Load(
            waiting=sum(map(len, self._lanes.values())),
            seconds=self._predict_all([ticket.window for ticket in live]),
            oldest_seconds=max((now - ticket.since for ticket in live), default=0.0),
        )

    def _predict_all(self, windows: Sequence[Window]) -> float:
        most = self.batching.max_batch
        kinds = ([w for w in windows if w.exact is exact] for exact in (True, False))
        chunks = (kind[at : at + most] for kind in kinds for at in range(0, len(kind), most))
        return sum(map(self.costs.predict, chunks))

    def _lane(self, ticket: Ticket) -> Lane:
        return self._lanes[ticket.window.priority]

    def _outdated_by(self, window: Window) -> Tickets:
        waiting = chain.from_iterable(self._lanes[p].of(window.session) for p in REPLACEABLE)
        return tuple(ticket for ticket in waiting if _outdates(window, ticket.window))

    def _compose(self, bulk: Turn) -> tuple[list[Ticket], bool]:
        """Put a batch together; tell whether others that wait had no room in it."""
        batch: list[Ticket] = []
        prices: list[float] = []
        for ticket in self._candidates(bulk):
            if not all(may_share(ticket, other) for other in batch):
                continue
            prices.append(self.costs.predict([t.window for t in (*batch, ticket)]))
            if batch and not self._has_room(prices, ticket):
                return batch, True  # nothing of a lower priority may take the room it lacks
            batch.append(ticket)
        return batch, False

    def _candidates(self, bulk: Turn) -> Iterator[Ticket]:
        busy = {ticket.window.session for ticket in self._in_flight.values()}
        is_held = bulk is Turn.LATER or self.bulk() is None
        for priority in self._order(bulk):
            if priority is Priority.BULK and is_held:
                continue
            firsts = self._lanes[priority].firsts()
            yield from (t for t in firsts if t.window.session not in busy)

    def _order(self, bulk: Turn) -> Sequence[Priority]:
        """Give the classes in the order in which they go now.

        Finals that came while others were decoded let one batch of partials pass.  Otherwise an
        engine that takes many finals about as fast as one would do nothing else, in small batches,
        long before it is used to the full.
        """
        if not self._finals_went:
            self._generation = self._accepted
        finals = self._lanes[Priority.FINAL].firsts()
        order = [Priority.FINAL, Priority.PARTIAL, Priority.EARLY_FINAL]
        if not any(ticket.number < self._generation for ticket in finals):
            order[:2] = reversed(order[:2])
        return (Priority.BULK, *order) if bulk is Turn.FIRST else (*order, Priority.BULK)

    def _has_room(self, prices: Sequence[float], ticket: Ticket) -> bool:
        if ticket.window.priority in LIVE:
            return self.batching.has_room(prices, self.costs.predict([ticket.window]))
        # Nobody waits for it at a screen, and an early final may be for nothing: so it only rides
        # along while there is room to spare.  Nothing else holds early finals back: under load
        # there is always somebody to go first, and simulated finals came sooner with them at every
        # load, whatever share came to nothing.
        limits = self.batching
        return len(prices) <= limits.max_batch and prices[-1] <= limits.max_seconds / 2

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

    def _try_again(self, tickets: Sequence[Ticket]) -> Ended:
        """Return what is owed and may go once more."""
        failed = tuple(
            ticket
            for ticket in tickets
            if ticket.failures >= self._retries or ticket.window.priority in REPLACEABLE
        )
        again = [
            replace(ticket, failures=ticket.failures + 1, alone=True)
            for ticket in tickets
            if ticket not in failed
        ]
        for ticket in again:
            # Behind the others: what breaks one engine after the other may keep nobody waiting.
            self._lane(ticket).postpone(ticket)
        return Ended(
            failed=failed,
            wants_new_engine=any(ticket.failures == self._retries for ticket in again),
        )

    def _is_outdated(self, window: Window) -> bool:
        waiting = chain.from_iterable(lane.of(window.session) for lane in self._lanes.values())
        return any(_outdates(ticket.window, window) for ticket in waiting)

    def _remove(self, tickets: Iterable[Ticket]) -> None:
        for ticket in tickets:
            self._lane(ticket).remove(ticket)


def _outdates(new: Window, old: Window) -> bool:
    """Tell whether *new* makes a waiting *old* of the same session useless."""
    if old.priority not in REPLACEABLE:
        return False
    if new.priority is old.priority or new.utterance != old.utterance:
        return new.priority is old.priority
    voice_came_back = new.priority is Priority.PARTIAL and new.end > old.end
    return new.priority is Priority.FINAL or voice_came_back
