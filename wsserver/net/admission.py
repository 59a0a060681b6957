"""Decide who may open a session, and keep the places of those who did.

Knows tokens, limits and what a request presents; knows no sockets and no HTTP library.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import NoReturn, Self, TypeAlias

from wsserver.dialects.native import SUBPROTOCOL
from wsserver.errors import BadCursor
from wsserver.net.credentials import Malformed, Presented, plain_token
from wsserver.net.cursors import is_cursor
from wsserver.net.ledger import Clock, Ledger
from wsserver.net.lines import Guest, Lines
from wsserver.net.origins import is_listed, is_same_origin
from wsserver.net.refusal import Refusal, Refused
from wsserver.net.settings import AdmissionSettings
from wsserver.net.tokens import Scope, Token, TokenTable, stranger

Condition: TypeAlias = Callable[[], str | None]
"""Says what stands in the way of a new session, or None."""


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

    def __init__(self, guest: Guest, gate: "Gate") -> None:
        self.guest = guest
        self.token = guest.token
        self._gate = gate
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
            self._gate.leave(self.token)

    def spend(self, seconds: float) -> None:
        """Book *seconds* of audio; raise `LimitReached` once the token's day is used up."""
        self._gate.ledger.spend(self.token, seconds)


class Gate:
    """Lets in, one after the other, whoever may."""

    def __init__(
        self,
        settings: AdmissionSettings,
        conditions: Conditions,
        clock: Clock,
        lines: Lines | None = None,
    ) -> None:
        """Know the tokens of *settings*; raise `ConfigError` if two share a name.

        Without *lines* nobody comes in by a cursor.
        """
        self._lines = lines
        self.conditions = conditions
        self.ledger = Ledger(clock)
        self.is_draining = False
        self._settings = settings
        self._tokens = TokenTable(settings.tokens)
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
        guest = self._check(presented, scope, resumes=resumes)
        if self._lines and guest.claim and self._takes_over(guest):
            self._lines.end(guest.claim.cursor.session)
        self._sessions[guest.token.name] += 1
        return Lease(guest, self)

    def judge(
        self, presented: Presented, scope: Scope = "speak", *, resumes: bool = False
    ) -> Refusal | None:
        """Say why `admit` would refuse, or None, without giving a place."""
        try:
            self._check(presented, scope, resumes=resumes)
        except Refused as refused:
            return refused.refusal
        return None

    def identify(self, presented: Presented) -> Token:
        """Give the token that is presented; raise `Refused` (401 or 403) if there is none."""
        token = self._tokens.find(self._plain(presented))
        if token is None:
            _refuse(403, "bad_token", "found a token that is not known here")
        return token

    def leave(self, token: Token) -> None:
        """Take a place back; a lease does this once."""
        self._sessions[token.name] -= 1

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

    def _check(self, presented: Presented, scope: Scope, *, resumes: bool) -> Guest:
        self.check_open()
        self._check_origin(presented)
        guest = self._guest(presented) if resumes else Guest(self.identify(presented))
        if scope not in guest.token.scope:
            _refuse(403, "missing_scope", f"found a token without the scope {scope!r}")
        _check_subprotocol(presented)
        if guest.token != self.conditions.insider:
            self._check_ready()
        self._check_day(guest.token)
        if not self._takes_over(guest):
            self._check_room()
            self._check_count(guest.token)
        return guest

    def _guest(self, presented: Presented) -> Guest:
        plain = self._plain(presented)
        if self._lines is None or not is_cursor(plain):
            return Guest(self.identify(presented))
        try:
            claim = self._lines.cursors.open(plain)
        except BadCursor as error:
            raise Refused(Refusal(403, error.code, str(error))) from None
        token = self._tokens.named(claim.subject)
        return Guest(token or stranger(claim.subject), claim, is_stranger=token is None)

    def _plain(self, presented: Presented) -> str:
        try:
            plain = plain_token(presented, token_in_url=self._settings.token_in_url)
        except Malformed as error:
            raise Refused(Refusal(403, "bad_token", str(error))) from None
        if plain is None:
            _refuse(401, "no_token", self._how_to_present(presented))
        return plain

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
            _refuse(
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
            _refuse(429, "too_many_sessions", message, retry_after)

    def _check_day(self, token: Token) -> None:
        if self.ledger.is_used_up(token):
            message = f"the {token.audio_seconds_per_day:.0f} s of audio of this day are used up"
            _refuse(429, "audio_used_up", message, self.ledger.seconds_to_midnight())

    def _refuse_for_now(self, code: str, message: str) -> NoReturn:
        _refuse(503, code, message, self._settings.retry_after_seconds)

    def _how_to_present(self, presented: Presented) -> str:
        expected = "expected 'Authorization: Bearer <token>' or a subprotocol token.<base64url>"
        if presented.query_tokens and not self._settings.token_in_url:
            return f"found a token in the URL, which this server does not take, {expected}"
        return f"found no token, {expected}"


def _check_subprotocol(presented: Presented) -> None:
    offered = presented.subprotocols
    if SUBPROTOCOL in offered or not (offered or presented.token_subprotocols):
        return
    found = ", ".join(offered)[:80] or "a token alone"
    _refuse(400, "bad_subprotocol", f"found the subprotocols {found}, expected {SUBPROTOCOL}")


def _refuse(status: int, code: str, message: str, retry_after: int | None = None) -> NoReturn:
    raise Refused(Refusal(status, code, message, retry_after))
