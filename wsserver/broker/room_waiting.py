"""What speakers here have said and not everybody has seen: kept, and shown here meanwhile.

Knows sessions and finals; knows nothing of Redis, rooms or clocks.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from wsserver import messages

MOST_FINALS = 2_000
"""Kept of a room while Redis is away, more than an hour of one speaker; then the oldest go."""

MOST_SHOWN = 1_000
"""Characters of them that are shown before a partial."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A session begins here, or goes on."""

    session: str
    generation: int
    position: float
    at: float
    """When that was, by the clock here."""


@dataclass(frozen=True, slots=True)
class Saying:
    """An utterance is final."""

    session: str
    generation: int
    final: messages.Final


@dataclass(frozen=True, slots=True)
class Leaving:
    """A session's connection is gone."""

    session: str
    generation: int


Own: TypeAlias = Opening | Saying | Leaving


class Waiting:
    """What is on its way, in order, and who speaks here."""

    def __init__(self) -> None:
        self.open: dict[str, Opening] = {}
        """The sessions that Redis was told of, and that are still here."""

        self.lost = 0
        """Finals that were too many."""

        self._queue: deque[Own] = deque()
        self._sent = 0
        """How many of them, from the front, Redis has taken: finals that nobody here has seen."""

        self._finals = 0
        self._latest: dict[str, messages.Partial] = {}

    def __bool__(self) -> bool:
        """Tell whether anything is on its way."""
        return bool(self._queue)

    @property
    def sessions(self) -> set[str]:
        """Give all that speak here, whether or not Redis was told."""
        return {own.session for own in self._queue} | self.open.keys()

    def openings(self) -> list[Opening]:
        """Give every session that began here and has not left."""
        return [*self.open.values(), *(own for own in self._queue if isinstance(own, Opening))]

    def add(self, own: Own) -> None:
        """Put something behind what is on its way."""
        self._queue.append(own)
        if isinstance(own, Saying):
            self._finals += 1
            latest = self._latest.get(own.session)
            if latest and latest.utterance <= own.final.utterance:
                del self._latest[own.session]
        if self._finals > MOST_FINALS:
            self._drop(next(self._sayings()))
            self.lost += 1

    def next(self) -> Own | None:
        """Give what Redis is to be told next; None if there is nothing."""
        return self._queue[self._sent] if self._sent < len(self._queue) else None

    def took(self, own: Own) -> None:
        """Note that Redis has taken *own*, the next; a final waits until it is seen."""
        if isinstance(own, Saying):
            self._sent += own is self.next()  # it may have been seen before this was known
            return
        if isinstance(own, Opening):
            self.open[own.session] = own
        else:
            self.forget(own.session, own.generation)
        self._queue.remove(own)

    def refuse(self, own: Own) -> None:
        """Note that *own*, the next, is no news to Redis."""
        self._drop(own)
        if isinstance(own, Leaving):
            self.forget(own.session, own.generation)

    def forget(self, session: str, generation: int) -> None:
        """Note that *session* speaks elsewhere, or no more."""
        known = self.open.get(session)
        if known and known.generation <= generation:
            del self.open[session]

    def again(self, known: dict[str, int]) -> None:
        """Send everything again, for Redis may have forgotten it.

        *known* are the sessions that it knows to speak here, and their generations.
        """
        self._sent = 0
        for session, opening in self.open.items():
            if known.get(session) != opening.generation and opening not in self._queue:
                self._queue.appendleft(opening)

    def seen(self, session: str, utterance: int) -> bool:
        """Forget finals of *session* up to its *utterance*; tell whether there were any."""
        gone = [
            own
            for own in self._sayings()
            if own.session == session and own.final.utterance <= utterance
        ]
        for own in gone:
            self._drop(own)
        return bool(gone)

    def says(self, session: str) -> bool:
        """Tell whether a final of *session* is on its way."""
        return bool(self._finals_of(session))

    def hear(self, session: str, partial: messages.Partial) -> messages.Partial:
        """Take a partial; give it with what is not seen yet before it."""
        self._latest[session] = partial
        return self._behind(session, partial)

    def shown(self, session: str) -> messages.Partial | None:
        """Give what is to be shown of *session* beside its finals that are seen."""
        if latest := self._latest.get(session):
            return self._behind(session, latest)
        if not (finals := self._finals_of(session)):
            return None
        final = finals[-1]
        empty = messages.Partial(
            utterance=final.utterance,
            text="",
            committed=0,
            start=final.start,
            end=final.end,
            lag=0.0,
        )
        return self._behind(session, empty)

    def hush(self, session: str) -> None:
        """Forget what was heard of *session*."""
        self._latest.pop(session, None)

    def _sayings(self) -> Iterator[Saying]:
        return (own for own in self._queue if isinstance(own, Saying))

    def _finals_of(self, session: str) -> list[messages.Final]:
        return [own.final for own in self._sayings() if own.session == session]

    def _behind(self, session: str, partial: messages.Partial) -> messages.Partial:
        if not (finals := self._finals_of(session)):
            return partial
        before = " ".join(final.text for final in finals if final.text)[-MOST_SHOWN:]
        begun = f"{before} " if before and partial.text else before
        return replace(
            partial,
            text=begun + partial.text,
            committed=len(begun) + partial.committed,
            start=min(partial.start, finals[0].start),
        )

    def _drop(self, own: Own) -> None:
        if own not in self._queue:  # it was seen meanwhile
            return
        at = self._queue.index(own)
        del self._queue[at]
        self._sent -= at < self._sent
        self._finals -= isinstance(own, Saying)
