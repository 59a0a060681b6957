"""Write down in Redis who has which place and session, and what was used up.

Knows Redis' keys and scripts; knows nothing of when anything is to be written.
"""

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from wsserver.broker.audio_counts import DAY_SECONDS
from wsserver.broker.connection import Connection
from wsserver.broker.peer_scripts import CLAIM, ENTER, KEEP, LEAVE
from wsserver.broker.ticket import PeerTicket
from wsserver.peers import Entry

if TYPE_CHECKING:
    from redis.asyncio import Redis

LIFE_MS = 6_000
"""Of what a gateway has without a word from it."""

_AT_ONCE = 200
"""Tickets that one script takes, so that nobody waits long for Redis."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When somebody comes."""

    day: int
    """From 1970 on."""

    used_ms: int
    """For which the token for one session that is used up has to be known; 0 if there is none."""


class Register:
    """All that concerns one gateway; every method raises `BrokerAway`."""

    def __init__(self, connection: Connection, gateway: str) -> None:
        self._connection = connection
        self._gateway = gateway
        self._life = (str(LIFE_MS), connection.key("gateway", ""))

    @property
    def channel(self) -> str:
        """Say where the gateway is told which of its tickets lost their sessions."""
        return self._connection.key("gateway", self._gateway)

    async def enter(
        self, ticket: str | None, entry: Entry, moment: Moment, left: Sequence[str]
    ) -> tuple[bytes, Mapping[bytes, bytes]]:
        """Give *ticket* a place, or look without one; say what became of it.

        A look gives the day's audio by gateway as well, if that counts.
        *left* are tickets of the same token that are no more, as may be told only now.
        """
        keys = (self._places(entry.token), self._session(entry.session), self._used(entry.single))
        most = -1 if entry.most is None else entry.most
        numbers = (most, entry.generation, moment.used_ms, int(ticket is None))
        asked = (*self._life, ticket or "", *map(str, numbers), *left)

        async def ask(redis: "Redis") -> tuple[bytes, Mapping[bytes, bytes]]:
            async with redis.pipeline(transaction=False) as pipe:
                pipe.eval(ENTER, len(keys), *keys, *asked)
                if entry.counts_audio and ticket is None:
                    pipe.hgetall(self._audio(moment.day, entry.token))
                answer, *audio = await pipe.execute()
            return answer, audio[0] if audio else {}

        return await self._connection.ask(ask)

    async def claim(self, ticket: PeerTicket, session: str, generation: int) -> bool:
        """Take *session* by a cursor of *generation*; tell whether it is to be had."""
        keys = (self._session(session), self._places(ticket.token))
        asked = (*self._life, ticket.name, str(generation), str(int(ticket.held is not None)))
        return bool(await self._eval(CLAIM, keys, asked))

    async def keep(self, tickets: Sequence[PeerTicket]) -> list[str]:
        """Keep all *tickets* have; give the names of those that have lost their session."""
        lost: list[str] = []
        for some in _parts(tickets):
            asked = [*self._life]
            for ticket in some:
                held = ticket.held
                heard, generation = (held.was_heard, held.generation) if held else (False, 0)
                numbers = (int(ticket.is_counted), generation, int(heard))
                asked += [ticket.name, *map(str, numbers)]
            found = await self._eval(KEEP, self._keys(some), asked)
            lost += [name.decode() for name in cast("list[bytes]", found)]
        return lost

    async def leave(self, tickets: Sequence[PeerTicket]) -> None:
        """Give up what *tickets* have."""
        for some in _parts(tickets):
            await self._eval(LEAVE, self._keys(some), [ticket.name for ticket in some])

    async def use(self, singles: Mapping[str, int]) -> None:
        """Write down tokens that were used, and the ms for which that has to be known."""

        async def ask(redis: "Redis") -> None:
            async with redis.pipeline(transaction=False) as pipe:
                for single, used_ms in singles.items():
                    pipe.set(self._used(single), 1, px=used_ms)
                await pipe.execute()

        if singles:
            await self._connection.ask(ask)

    async def tell_audio(
        self, day: int, sums: Mapping[str, float]
    ) -> Mapping[str, Mapping[bytes, bytes]]:
        """Write down this gateway's seconds of tokens; give those of every gateway.

        A sum, not what came to it: it may be written twice.
        """

        async def ask(redis: "Redis") -> list[Any]:
            async with redis.pipeline(transaction=False) as pipe:
                for token, seconds in sums.items():
                    key = self._audio(day, token)
                    pipe.hset(key, self._gateway, f"{seconds:.3f}")
                    pipe.expire(key, 2 * DAY_SECONDS)
                    pipe.hgetall(key)
                return await pipe.execute()

        answers = await self._connection.ask(ask) if sums else []
        return dict(zip(sums, answers[2::3], strict=True))

    async def _eval(self, script: str, keys: Sequence[str], asked: Sequence[str]) -> object:
        def ask(redis: "Redis") -> Awaitable[object]:
            return cast("Awaitable[object]", redis.eval(script, len(keys), *keys, *asked))

        return await self._connection.ask(ask)

    def _keys(self, tickets: Sequence[PeerTicket]) -> list[str]:
        keys = []
        for ticket in tickets:
            session = ticket.held.session if ticket.held else None
            keys += [self._session(session), self._places(ticket.token)]
        return keys

    def _places(self, token: str) -> str:
        return self._connection.key("places", token)

    def _session(self, session: str | None) -> str:
        return self._connection.key("session", session or "")

    def _used(self, single: str | None) -> str:
        return self._connection.key("used", single or "")

    def _audio(self, day: int, token: str) -> str:
        return self._connection.key("audio", str(day), token)


def _parts(tickets: Sequence[PeerTicket]) -> Iterator[Sequence[PeerTicket]]:
    for first in range(0, len(tickets), _AT_ONCE):
        yield tickets[first : first + _AT_ONCE]
