"""One connection in the eyes of all gateways: its place, its session, and whether it lost it.

Knows sessions and generations; knows nothing of Redis, and hands on what is to be told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from wsserver.peers import Entry


class Office(Protocol):
    """Who tells the others."""

    async def claim(self, ticket: "PeerTicket", session: str, generation: int) -> bool:
        """Ask for a session; true too if nobody is to be asked."""
        ...

    def tell(self, ticket: "PeerTicket") -> None:
        """Tell soon how things stand with *ticket*."""
        ...

    def leave(self, ticket: "PeerTicket") -> None:
        """Tell soon that it is no more."""
        ...


@dataclass(slots=True)
class Held:
    """The session that a ticket has."""

    session: str
    generation: int
    was_heard: bool = False


class PeerTicket:
    """One of a gateway's."""

    def __init__(self, office: Office, name: str, entry: Entry) -> None:
        self.name = name
        self.token = entry.token
        self.is_counted = entry.most is not None
        self.counts_audio = entry.counts_audio
        self.held: Held | None = None
        self.is_in = False
        """Whether it has its place, by the word of Redis or without it."""

        self._office = office
        self._is_lost = False
        self._is_released = False
        self._on_lost: list[Callable[[], None]] = []

    @property
    def is_worth_telling(self) -> bool:
        """Tell whether it has anything that counts for others."""
        return self.is_in and (self.is_counted or self.held is not None)

    def on_lost(self, tell: Callable[[], None]) -> None:
        """Have *tell* called once another ticket has the session; at once if one has it already."""
        if self._is_lost:
            tell()
        else:
            self._on_lost.append(tell)

    async def claim(self, session: str, generation: int) -> bool:
        """Take *session* by a cursor of *generation*; tell whether it is to be had by that one."""
        return await self._office.claim(self, session, generation)

    def hold(self, session: str, generation: int) -> None:
        """Have *session*, which was opened here and is of *generation* now."""
        self.held = Held(session, generation)
        self._office.tell(self)

    def hear(self) -> None:
        """Note that the client has spoken on its session."""
        if self.held:
            self.held.was_heard = True
            self._office.tell(self)

    def lose(self) -> None:
        """Have no session any more: another ticket has it."""
        if self._is_lost or self._is_released:
            return
        self._is_lost = True
        for tell in tuple(self._on_lost):
            tell()

    def release(self) -> None:
        """Give up place and session; again does nothing."""
        if not self._is_released:
            self._is_released = True
            self._on_lost.clear()
            self._office.leave(self)
