"""Keep the places of open sessions, and hold tokens, addresses and the whole to their number.

Knows limits and who has a place; knows nothing of how anybody shows who they are.
"""

from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn, Self

from wsserver.net.address_limits import AddressLimits
from wsserver.net.ledger import Clock, Ledger
from wsserver.net.lines import Guest
from wsserver.net.refusal import refuse
from wsserver.net.settings import AdmissionSettings
from wsserver.net.tokens import Token
from wsserver.peers import UNSEEN, Peers, Ticket


class Lease:
    """The place of one session; free again when its context ends."""

    def __init__(self, guest: Guest, ledger: Ledger, leave: Callable[[], None]) -> None:
        self.guest = guest
        self.token = guest.token
        self.ticket: Ticket = UNSEEN
        """What it counts for elsewhere, once that is known."""

        self._ledger = ledger
        self._leave = leave
        self._released = False

    def __enter__(self) -> Self:
        """Keep the place."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Free the place."""
        self.release()

    def release(self) -> None:
        """Free the place; again does nothing."""
        if not self._released:
            self._released = True
            self._leave()
            self.ticket.release()

    def spend(self, seconds: float) -> None:
        """Book *seconds* of audio; raise `LimitReached` once the token's day is used up."""
        self._ledger.spend(self.token, seconds)


class Places:
    """All places, and what each token has used up of its day."""

    def __init__(
        self, settings: AdmissionSettings, limits: AddressLimits, clock: Clock, peers: Peers
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._ledger = Ledger(clock, peers)
        self._by_token: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many sessions have a place."""
        return self._by_token.total()

    def taken_by(self, token: Token) -> int:
        """How many of them are *token*'s."""
        return self._by_token[token.name]

    def check_day(self, token: Token) -> None:
        """Raise `Refused` (429) if *token* has used up its audio of the day."""
        if self._ledger.is_used_up(token):
            message = f"the {token.audio_seconds_per_day:.0f} s of audio of this day are used up"
            refuse(429, "audio_used_up", message, self._ledger.seconds_to_midnight())

    def check_number(self, token: Token, address: str) -> None:
        """Raise `Refused`, 503 if all places are taken, 429 if *token* or *address* has its own."""
        retry_after = self._settings.retry_after_seconds
        if self.taken >= self._settings.max_sessions:
            refuse(503, "full", f"found {self.taken} sessions, the most at a time", retry_after)
        if token.sessions is not None and self.taken_by(token) >= token.sessions:
            self.refuse_number(token)
        self._limits.check_sessions(address)

    def refuse_number(self, token: Token) -> NoReturn:
        """Raise `Refused` (429): *token* has all its sessions, wherever they are."""
        message = f"found {token.sessions} sessions of this token, the most at a time"
        refuse(429, "too_many_sessions", message, self._settings.retry_after_seconds)

    def take(self, guest: Guest, address: str) -> Lease:
        """Give a place, whatever the number."""
        name = guest.token.name
        self._by_token[name] += 1
        self._limits.enter(address)

        def leave() -> None:
            self._by_token[name] -= 1
            if not self._by_token[name]:
                del self._by_token[name]
            self._limits.leave(address)

        return Lease(guest, self._ledger, leave)
