"""One gateway among others: places, sessions and audio that count for all of them.

Knows tickets, the register in Redis and the event loop; knows nothing of sockets or settings.

What has to be exact is asked before somebody comes in.  All else is told soon, and everything again
every `KEEP_SECONDS`: what was lost on the way, or by a Redis that was started anew, comes right by
itself, and what a killed gateway had ends after `LIFE_MS`.  While Redis is away nobody waits for
it, and every gateway does by itself what it can.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from uuid import uuid4

from wsserver.broker.audio_counts import AudioCounts
from wsserver.broker.connection import Connection, is_wanted
from wsserver.broker.register import Moment, Register
from wsserver.broker.subscriptions import Subscriptions
from wsserver.broker.ticket import Held, PeerTicket
from wsserver.broker.used_here import UsedHere
from wsserver.errors import BrokerAway
from wsserver.peers import Entry, Objection, Ticket

logger = logging.getLogger(__name__)

TELL_SECONDS = 1.0
"""Between two times that audio is told."""

KEEP_SECONDS = 2.0

_OBJECTIONS = {b"too many": Objection.TOO_MANY, b"used": Objection.USED}
_GOES_ON = b"goes on"


class Gateway:
    """The one that runs here, from `start` to `stop`."""

    def __init__(
        self,
        connection: Connection,
        subscriptions: Subscriptions,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._name = uuid4().hex
        self._connection = connection
        self._subscriptions = subscriptions
        self._clock = clock
        self._register = Register(connection, self._name)
        self._audio = AudioCounts(self._name, clock)
        self._numbers = count(1)
        self._tickets: dict[str, PeerTicket] = {}
        self._changed: dict[str, PeerTicket] = {}
        self._left: dict[str, PeerTicket] = {}
        self._used = UsedHere()
        self._wake = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None
        connection.on_change(self._follow)

    async def start(self) -> None:
        """Begin to tell the others."""
        self._subscriptions.add(self._register.channel, self)
        self._telling = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Give up all that is left, so that nobody waits for its end."""
        if self._telling:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)
        self._subscriptions.drop(self._register.channel)
        self._left.update(self._tickets)
        with suppress(BrokerAway):
            await self._tell_changes()
            await self._tell_used()

    async def enter(self, entry: Entry) -> Ticket | Objection:
        """Take a place that counts everywhere, or only here while Redis is away."""
        ticket = PeerTicket(self, f"{self._name}.{next(self._numbers)}", entry)
        self._tickets[ticket.name] = ticket  # it may be lost before the answer is here
        try:
            objection = await self._enter(ticket, entry)
        except BaseException:
            ticket.release()
            raise
        if objection:
            del self._tickets[ticket.name]
            return objection
        ticket.is_in = True
        return ticket

    async def look(self, entry: Entry) -> Objection | None:
        """Say what `enter` would object to, as far as Redis is there to say it."""
        try:
            return _OBJECTIONS.get(await self._ask(None, entry))
        except BrokerAway:
            return None

    def spend(self, token: str, seconds: float) -> None:
        """Tell of audio that was heard here just now."""
        self._audio.spend(token, seconds)

    def spent(self, token: str) -> float:
        """Give the seconds of audio that all others were heard today, as they last told."""
        return self._audio.spent(token)

    async def claim(self, ticket: PeerTicket, session: str, generation: int) -> bool:
        """Ask for a session; without Redis whoever asks has it, until others are met again."""
        try:
            is_had = await self._register.claim(ticket, session, generation)
        except BrokerAway:
            return True
        if is_had:
            ticket.held = Held(session, generation + 1)
        return is_had

    def tell(self, ticket: PeerTicket) -> None:
        """Tell soon what *ticket* holds."""
        self._changed[ticket.name] = ticket
        self._wake.set()

    def leave(self, ticket: PeerTicket) -> None:
        """Tell soon that *ticket* is no more."""
        self._tickets.pop(ticket.name, None)
        self._changed.pop(ticket.name, None)
        self._left[ticket.name] = ticket
        self._wake.set()

    def begin(self) -> None:
        """Ask what was lost before the others could be heard."""
        self._changed.update(self._tickets)
        self._wake.set()

    def hear(self, data: bytes) -> None:
        """Take it that a ticket may have lost its session, and ask."""
        if ticket := self._tickets.get(data.decode()):
            self.tell(ticket)

    async def _enter(self, ticket: PeerTicket, entry: Entry) -> Objection | None:
        if not (entry.most is not None or entry.session or entry.single):
            return None  # nothing of it counts for others
        try:
            answer = await self._ask(ticket.name, entry)
        except BrokerAway:
            answer = b""
        if answer == _GOES_ON and entry.session:
            ticket.held = Held(entry.session, entry.generation + 1)
        if entry.single and answer not in _OBJECTIONS:
            self._used.add(entry.single, entry.single_until, is_told=bool(answer))
        return _OBJECTIONS.get(answer)

    async def _ask(self, ticket: str | None, entry: Entry) -> bytes:
        used_ms = self._ms_until(entry.single_until) if entry.single else 0
        moment = Moment(self._audio.day, used_ms)
        left = [each.name for each in self._left.values() if each.token == entry.token]
        answer, sums = await self._register.enter(ticket, entry, moment, left)
        self._audio.learn(moment.day, entry.token, sums)
        return answer

    def _follow(self, is_up: bool) -> None:
        """Tell everything to a Redis that is back: it may have forgotten it."""
        if is_up:
            self._audio.forget_told()
            self._used.forget_told()
            self.begin()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        kept_at = told_at = loop.time()
        while is_wanted():
            await self._rest(told_at + TELL_SECONDS - loop.time())
            now = loop.time()
            if now >= kept_at + KEEP_SECONDS:
                kept_at = now
                self._changed.update(self._tickets)
            if is_due := now >= told_at + TELL_SECONDS:
                told_at = now
            # Whatever Redis does not take is told it again once it is back.
            try:
                await self._tell_changes()
                if is_due:
                    await self._tell_used()
            except BrokerAway:
                pass
            except Exception:  # or nobody would hear of this gateway any more
                logger.exception("the other gateways could not be told")

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0)):
                await self._wake.wait()
        self._wake.clear()

    async def _tell_changes(self) -> None:
        changed = [ticket for ticket in self._changed.values() if ticket.is_worth_telling]
        left = list(self._left.values())
        self._changed.clear()
        try:
            for name in await self._register.keep(changed):
                if ticket := self._tickets.get(name):
                    ticket.lose()
            await self._register.leave(left)
        finally:  # told or not: what is not kept ends by itself
            for ticket in left:
                self._left.pop(ticket.name, None)

    async def _tell_used(self) -> None:
        singles = self._used.due(self._clock())
        await self._register.use({one: self._ms_until(end) for one, end in singles.items()})
        self._used.told(singles)
        await self._tell_audio()

    async def _tell_audio(self) -> None:
        day = self._audio.day
        present = {ticket.token for ticket in self._tickets.values() if ticket.counts_audio}
        sums = self._audio.due(present)
        try:
            answers = await self._register.tell_audio(day, sums)
        except BrokerAway:
            self._audio.forget_told()
            raise
        for token, said in answers.items():
            self._audio.learn(day, token, said)

    def _ms_until(self, moment: float) -> int:
        return max(1, round((moment - self._clock()) * 1000))
