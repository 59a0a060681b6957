"""Decide who may open a session, and keep the places of those who did.

Knows tokens, limits and what a request presents; knows no sockets and no HTTP library.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import NoReturn

from wsserver.dialects.native import SUBPROTOCOL
from wsserver.net.address_limits import AddressLimits
from wsserver.net.conditions import Conditions
from wsserver.net.credentials import Presented
from wsserver.net.identity import Identities, Sources, Visitor, refuse_used
from wsserver.net.ledger import Clock
from wsserver.net.lines import Guest, Lines
from wsserver.net.origins import check_origin
from wsserver.net.places import Lease, Places
from wsserver.net.refusal import Refusal, Refused, refuse
from wsserver.net.settings import AdmissionSettings
from wsserver.net.signed_tokens import SignedTokens
from wsserver.net.tokens import Scope, Token
from wsserver.peers import Objection, Ticket

_GUESSES = {"bad_token", "bad_cursor"}
"""Refusals that may be somebody's guess; what expired or was used was right once."""


@dataclass(frozen=True, slots=True)
class _Caller:
    """What somebody presents, and the address it counts for."""

    presented: Presented
    address: str
    """Empty for the server itself: its self-check must not wait for what others do, who come from
    this machine too if a proxy runs there."""


class Gate:
    """Lets in, one after the other, whoever may."""

    def __init__(
        self,
        settings: AdmissionSettings,
        conditions: Conditions,
        clock: Clock,
        lines: Lines | None = None,
        signed: SignedTokens | None = None,
    ) -> None:
        """Know the tokens of *settings*; raise `ConfigError` if two share a name.

        Without *lines* nobody comes in by a cursor, without *signed* by a signed token.
        """
        self.conditions = conditions
        self.signed = signed
        self.is_draining = False
        self._lines = lines
        self._settings = settings
        self._identities = Identities(settings, Sources(lines, signed, conditions.insider), clock)
        self._limits = AddressLimits(settings, clock)
        self._places = Places(settings, self._limits, clock, conditions.peers)

    @property
    def sessions(self) -> int:
        """How many sessions have a place, but the server's own."""
        own = self.conditions.insider
        return self._places.taken - (self._places.taken_by(own) if own else 0)

    @property
    def most_sessions(self) -> int:
        """How many may have one."""
        return self._settings.max_sessions

    def drain(self) -> None:
        """Let nobody in from now on."""
        self.is_draining = True

    async def admit(
        self,
        presented: Presented,
        scope: Scope = "speak",
        subprotocol: str | None = SUBPROTOCOL,
        *,
        resumes: bool = False,
    ) -> Lease:
        """Give a place; raise `Refused` if there is none for *presented*.

        Where a session can be resumed, its cursor serves for a token, and takes the place over from
        the connection that has the session still, which is ended.  Whoever offers subprotocols has
        to offer *subprotocol*, if there is one.
        """
        return await self.approve(presented, scope, subprotocol, resumes=resumes)()

    def approve(
        self,
        presented: Presented,
        scope: Scope = "speak",
        subprotocol: str | None = SUBPROTOCOL,
        *,
        resumes: bool = False,
    ) -> Callable[[], Awaitable[Lease]]:
        """Check as `admit` does; give what takes the place, to be called at once or never.

        Until then a token for one session is not used up.  What it gives waits for other gateways
        alone, and raises `Refused` for what they object to.
        """
        with self._telling():
            caller = self._caller(presented)
            self._greet(caller.address)
            visitor = self._check(caller, scope, subprotocol, resumes=resumes)
        return partial(self._take, visitor, caller.address)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except Refused as refused:
            self.conditions.refused(refused.refusal.code)
            raise

    def _greet(self, address: str) -> None:
        self.check_open()
        self._limits.check_handshakes(address)
        self._limits.count_handshake(address)

    async def _take(self, visitor: Visitor, address: str) -> Lease:
        # The place first, and what uses a token for one session up last: whoever is refused in
        # between comes again with it.
        lease = self._places.take(visitor.guest, address)
        try:
            with self._telling():
                lease.ticket = await self._enter(visitor)
                # Again: where the others could not be asked, two may have come with it at once.
                self._identities.check_unused(visitor.signed)
        except BaseException:
            lease.release()
            raise
        if self._lines and visitor.guest.claim and self._takes_over(visitor.guest):
            self._lines.end(visitor.guest.claim.cursor.session)
        if visitor.signed and visitor.signed.one_session:
            self._identities.used.add(visitor.signed)
        return lease

    async def _enter(self, visitor: Visitor) -> Ticket:
        entry = visitor.entry()
        if entry.counts_audio:
            await self._look(visitor)
        found = await self.conditions.peers.enter(entry)
        if isinstance(found, Objection):
            self._object(found, visitor)
        return found

    async def _look(self, visitor: Visitor) -> None:
        if objection := await self.conditions.peers.look(visitor.entry()):
            self._object(objection, visitor)
        self._places.check_day(visitor.guest.token)  # the others have told what they used

    def _object(self, objection: Objection, visitor: Visitor) -> NoReturn:
        if objection is Objection.USED:
            refuse_used()
        self._places.refuse_number(visitor.guest.token)

    async def admit_as(self, token: Token, peer: str) -> Lease:
        """Give a place in the name of *token* to somebody at *peer* who cannot present any.

        Raises `Refused` for all that hinders others but the credentials.
        """
        with self._telling():
            address = self._limits.address(Presented(path="", peer=peer))
            self._greet(address)
            self._check_ready()
            self._check_places(Guest(token), address)
        return await self._take(Visitor(Guest(token)), address)

    async def judge(
        self, presented: Presented, scope: Scope = "speak", *, resumes: bool = False
    ) -> Refusal | None:
        """Say why `admit` would refuse, or None, without giving a place."""
        try:
            caller = self._caller(presented)
            self.check_open()
            self._limits.check_handshakes(caller.address)
            visitor = self._check(caller, scope, SUBPROTOCOL, resumes=resumes)
            await self._look(visitor)
        except Refused as refused:
            return refused.refusal
        return None

    def identify(self, presented: Presented) -> Token:
        """Give the token that is presented; raise `Refused` (401, 403 or 429) if there is none.

        A signed one gives that in whose name it is, with no more scope than its own.
        """
        return self._visitor(self._caller(presented)).guest.token

    def meet(self, presented: Presented) -> Visitor:
        """Say who presents this; raise `Refused` while the server drains, and for nobody known."""
        self.check_open()
        check_origin(presented, self._settings)
        return self._visitor(self._caller(presented))

    def check_scope(self, presented: Presented, scope: Scope) -> None:
        """Raise `Refused` unless who presents this may do what *scope* says on this server."""
        _check_scope(self.meet(presented), scope)

    def holder(self, presented: Presented) -> Token:
        """Give the token that is presented, if it may make signed ones; else raise `Refused`."""
        visitor = self.meet(presented)
        if visitor.signed:
            expected = "expected a long-lived one to make others"
            refuse(403, "not_long_lived", f"found a signed token, {expected}")
        return visitor.guest.token

    def check_open(self) -> None:
        """Raise `Refused` (503) while the server drains."""
        if self.is_draining:
            self._refuse_for_now("draining", "the server is about to stop")

    def hindrance(self) -> Refusal | None:
        """Say what keeps the whole server from new work, or None."""
        try:
            self.check_open()
            self._check_ready()
        except Refused as refused:
            return refused.refusal
        return None

    def _caller(self, presented: Presented) -> _Caller:
        is_insider = self._identities.is_insider(presented)
        return _Caller(presented, "" if is_insider else self._limits.address(presented))

    def _check(
        self, caller: _Caller, scope: Scope, subprotocol: str | None, *, resumes: bool
    ) -> Visitor:
        check_origin(caller.presented, self._settings)
        visitor = self._visitor(caller, resumes=resumes)
        guest = visitor.guest
        _check_scope(visitor, scope)
        if subprotocol is not None:
            check_subprotocol(caller.presented, subprotocol)
        if guest.token != self.conditions.insider:
            self._check_ready(resumes=guest.claim is not None)
        self._check_places(guest, caller.address)
        if visitor.signed and visitor.signed.one_session and self._identities.used.is_full():
            self._refuse_for_now("full", "found too many one-session tokens in use")
        return visitor

    def _check_places(self, guest: Guest, address: str) -> None:
        self._places.check_day(guest.token)
        if not self._takes_over(guest):
            self._places.check_number(guest.token, address)
            self._check_room()

    def _visitor(self, caller: _Caller, *, resumes: bool = False) -> Visitor:
        self._limits.check_failures(caller.address)
        try:
            found = self._identities.find(caller.presented, resumes=resumes)
            guest = replace(found.guest, trace_parent=caller.presented.trace_parent)
            return replace(found, guest=guest)
        except Refused as refused:
            if refused.refusal.code in _GUESSES:
                self._limits.count_failure(caller.address)
            raise

    def _takes_over(self, guest: Guest) -> bool:
        claim = guest.claim
        return self._lines is not None and claim is not None and self._lines.is_replaced_by(claim)

    def _check_ready(self, *, resumes: bool = False) -> None:
        condition = self.conditions.ready_to_resume if resumes else self.conditions.ready
        if missing := condition():
            self._refuse_for_now("not_ready", missing)

    def _check_room(self) -> None:
        if reason := self.conditions.room():
            self._refuse_for_now("overloaded", reason)

    def _refuse_for_now(self, code: str, message: str) -> NoReturn:
        refuse(503, code, message, self._settings.retry_after_seconds)


def _check_scope(visitor: Visitor, scope: Scope) -> None:
    if scope not in visitor.guest.token.scope:
        refuse(403, "missing_scope", f"found a token without the scope {scope!r}")
    if visitor.signed and visitor.signed.room is not None:
        refuse(403, "missing_scope", "found a token for a room, expected one for the server")


def check_subprotocol(presented: Presented, expected: str) -> None:
    """Raise `Refused` (400) unless the *expected* one is offered, or none at all."""
    offered = presented.subprotocols
    if expected in offered or not (offered or presented.token_subprotocols):
        return
    found = ", ".join(offered)[:80] or "a token alone"
    refuse(400, "bad_subprotocol", f"found the subprotocols {found}, expected {expected}")
