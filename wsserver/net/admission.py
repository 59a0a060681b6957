"""Decide who may open a session, and keep the places of those who did.

Knows tokens, limits and what a request presents; knows no sockets and no HTTP library.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import NoReturn, Self, TypeAlias

from wsserver.dialects.native import SUBPROTOCOL
from wsserver.net.address_limits import AddressLimits
from wsserver.net.credentials import Presented
from wsserver.net.identity import Identities, Sources, Visitor
from wsserver.net.ledger import Clock, Ledger
from wsserver.net.lines import Guest, Lines
from wsserver.net.origins import is_listed, is_same_origin
from wsserver.net.refusal import Refusal, Refused, refuse
from wsserver.net.settings import AdmissionSettings
from wsserver.net.signed_tokens import SignedTokens
from wsserver.net.tokens import Scope, Token

Condition: TypeAlias = Callable[[], str | None]
"""Says what stands in the way of a new session, or None."""

_GUESSES = {"bad_token", "bad_cursor"}
"""Refusals that may be somebody's guess; what expired or was used was right once."""


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the rest of the server has to say about new sessions."""

    ready: Condition = _nothing
    """What is still missing, as a model that loads; also told at `/readyz`."""

    room: Condition = _nothing
    """Why one more session would be too many, as the lag it would bring."""

    insider: Token | None = None
    """The server's own token; it enters before all is ready, to try whether it is."""


class Lease:
    """The place of one session; free again when its context ends."""

    def __init__(self, guest: Guest, ledger: Ledger, leave: Callable[[], None]) -> None:
        self.guest = guest
        self.token = guest.token
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

    def spend(self, seconds: float) -> None:
        """Book *seconds* of audio; raise `LimitReached` once the token's day is used up."""
        self._ledger.spend(self.token, seconds)


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
        self.ledger = Ledger(clock)
        self.signed = signed
        self.is_draining = False
        self._lines = lines
        self._settings = settings
        self._identities = Identities(settings, Sources(lines, signed, conditions.insider), clock)
        self._limits = AddressLimits(settings, clock)
        self._sessions: Counter[str] = Counter()

    @property
    def sessions(self) -> int:
        """How many sessions have a place."""
        return self._sessions.total()

    def drain(self) -> None:
        """Let nobody in from now on."""
        self.is_draining = True

    def admit(
        self, presented: Presented, scope: Scope = "speak", *, resumes: bool = False
    ) -> Lease:
        """Give a place; raise `Refused` if there is none for *presented*.

        Where a session can be resumed, its cursor serves for a token, and takes the place over from
        the connection that has the session still, which is ended.
        """
        address = self._address(presented)
        self.check_open()
        self._limits.check_handshakes(address)
        self._limits.count_handshake(address)
        visitor = self._check(presented, scope, resumes=resumes)
        if self._lines and visitor.guest.claim and self._takes_over(visitor.guest):
            self._lines.end(visitor.guest.claim.cursor.session)
        if visitor.signed and visitor.signed.one_session:
            self._identities.used.add(visitor.signed)
        return self._lease(visitor.guest, address)

    def judge(
        self, presented: Presented, scope: Scope = "speak", *, resumes: bool = False
    ) -> Refusal | None:
        """Say why `admit` would refuse, or None, without giving a place."""
        try:
            self.check_open()
            self._limits.check_handshakes(self._address(presented))
            self._check(presented, scope, resumes=resumes)
        except Refused as refused:
            return refused.refusal
        return None

    def identify(self, presented: Presented) -> Token:
        """Give the token that is presented; raise `Refused` (401, 403 or 429) if there is none.

        A signed one gives that in whose name it is, with no more scope than its own.
        """
        return self._visitor(presented).guest.token

    def holder(self, presented: Presented) -> Token:
        """Give the token that is presented, if it may make signed ones; else raise `Refused`."""
        self.check_open()
        self._check_origin(presented)
        visitor = self._visitor(presented)
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

    def _check(self, presented: Presented, scope: Scope, *, resumes: bool) -> Visitor:
        self._check_origin(presented)
        visitor = self._visitor(presented, resumes=resumes)
        guest = visitor.guest
        _check_scope(visitor, scope)
        _check_subprotocol(presented)
        if guest.token != self.conditions.insider:
            self._check_ready()
        self._check_day(guest.token)
        if not self._takes_over(guest):
            self._check_room()
            self._check_count(guest.token)
            self._limits.check_sessions(self._address(presented))
        if visitor.signed and visitor.signed.one_session and self._identities.used.is_full():
            self._refuse_for_now("full", "found too many one-session tokens in use")
        return visitor

    def _visitor(self, presented: Presented, *, resumes: bool = False) -> Visitor:
        address = self._address(presented)
        self._limits.check_failures(address)
        try:
            return self._identities.find(presented, resumes=resumes)
        except Refused as refused:
            if refused.refusal.code in _GUESSES:
                self._limits.count_failure(address)
            raise

    def _address(self, presented: Presented) -> str:
        """Give the address that a request counts for.

        The server's own token has none: its self-check must not wait for what others do, who come
        from this machine too if a proxy runs there.
        """
        return "" if self._identities.is_insider(presented) else self._limits.address(presented)

    def _lease(self, guest: Guest, address: str) -> Lease:
        self._sessions[guest.token.name] += 1
        self._limits.enter(address)

        def leave() -> None:
            self._sessions[guest.token.name] -= 1
            self._limits.leave(address)

        return Lease(guest, self.ledger, leave)

    def _takes_over(self, guest: Guest) -> bool:
        claim = guest.claim
        return self._lines is not None and claim is not None and self._lines.is_replaced_by(claim)

    def _check_origin(self, presented: Presented) -> None:
        if presented.origin is None:  # only browsers tell one
            return
        hosts = [presented.host]
        if self._settings.trust_forwarded_host:
            hosts.append(presented.forwarded_host)
        if any(is_same_origin(presented.origin, host) for host in hosts):
            return
        if not is_listed(presented.origin, self._settings.origins):
            refuse(
                403,
                "bad_origin",
                f"found the origin {presented.origin!r:.80}, expected {presented.host!r:.80} "
                "or one that the server's configuration lists",
            )

    def _check_ready(self) -> None:
        if missing := self.conditions.ready():
            self._refuse_for_now("not_ready", missing)

    def _check_room(self) -> None:
        if self.sessions >= self._settings.max_sessions:
            self._refuse_for_now("full", f"found {self.sessions} sessions, the most at a time")
        if reason := self.conditions.room():
            self._refuse_for_now("overloaded", reason)

    def _check_count(self, token: Token) -> None:
        count, retry_after = self._sessions[token.name], self._settings.retry_after_seconds
        if token.sessions is not None and count >= token.sessions:
            message = f"found {count} sessions of this token, the most at a time"
            refuse(429, "too_many_sessions", message, retry_after)

    def _check_day(self, token: Token) -> None:
        if self.ledger.is_used_up(token):
            message = f"the {token.audio_seconds_per_day:.0f} s of audio of this day are used up"
            refuse(429, "audio_used_up", message, self.ledger.seconds_to_midnight())

    def _refuse_for_now(self, code: str, message: str) -> NoReturn:
        refuse(503, code, message, self._settings.retry_after_seconds)


def _check_scope(visitor: Visitor, scope: Scope) -> None:
    if scope not in visitor.guest.token.scope:
        refuse(403, "missing_scope", f"found a token without the scope {scope!r}")
    if visitor.signed and visitor.signed.room is not None:
        refuse(403, "missing_scope", "found a token for a room, expected one for the server")


def _check_subprotocol(presented: Presented) -> None:
    offered = presented.subprotocols
    if SUBPROTOCOL in offered or not (offered or presented.token_subprotocols):
        return
    found = ", ".join(offered)[:80] or "a token alone"
    refuse(400, "bad_subprotocol", f"found the subprotocols {found}, expected {SUBPROTOCOL}")
