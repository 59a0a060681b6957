"""Find out who it is that presents a credential, and on whose account.

Knows long-lived and signed tokens, and cursors; knows no places, no HTTP library and no sockets.
"""

import hmac
from dataclasses import dataclass, replace
from typing import NoReturn

from wsserver.errors import BadCursor
from wsserver.net.credentials import Malformed, Presented, plain_token
from wsserver.net.cursors import is_cursor
from wsserver.net.ledger import Clock
from wsserver.net.lines import Guest, Lines
from wsserver.net.refusal import Refusal, Refused, refuse
from wsserver.net.settings import AdmissionSettings
from wsserver.net.signed_tokens import (
    LEEWAY_SECONDS,
    BadSignedToken,
    SignedToken,
    SignedTokens,
    TokenExpired,
    is_signed,
)
from wsserver.net.tokens import Token, TokenTable, hash_token, stranger
from wsserver.net.used_tokens import UsedTokens
from wsserver.peers import Entry


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks to come in, and by what."""

    guest: Guest
    signed: SignedToken | None = None
    """What was presented in place of the token itself."""

    def entry(self) -> Entry:
        """Say it in the words of all gateways."""
        token, claim = self.guest.token, self.guest.claim
        single = self.signed if self.signed and self.signed.one_session else None
        return Entry(
            token=token.name,
            most=token.sessions,
            counts_audio=token.audio_seconds_per_day is not None,
            session=claim.cursor.session if claim else None,
            generation=claim.cursor.generation if claim else 0,
            single=".".join(single.identity) if single else None,
            single_until=single.expires + LEEWAY_SECONDS if single else 0.0,
        )


@dataclass(frozen=True, slots=True)
class Sources:
    """What else lets in beside the tokens of the configuration."""

    lines: Lines | None = None
    signed: SignedTokens | None = None
    insider: Token | None = None
    """The server's own token, in whose name nobody can sign."""


class Identities:
    """All that are known."""

    def __init__(self, settings: AdmissionSettings, sources: Sources, clock: Clock) -> None:
        """Know the tokens of *settings*; raise `ConfigError` if two share a name."""
        self.used = UsedTokens(clock)
        self._settings = settings
        self._sources = sources
        self._tokens = TokenTable(settings.tokens)

    def find(self, presented: Presented, *, resumes: bool = False) -> Visitor:
        """Say who presents this; raise `Refused` (401 or 403) for what is not good.

        A cursor is only where a session can be resumed.
        """
        plain = self._plain(presented)
        if resumes and is_cursor(plain) and self._sources.lines:
            return Visitor(_by_cursor(plain, self._sources.lines, self._tokens))
        if is_signed(plain):
            return self._by_signature(plain, is_in_url=plain in presented.query_tokens)
        token = self._tokens.find(plain)
        if token is None:
            refuse(403, "bad_token", "found a token that is not known here")
        return Visitor(Guest(token))

    def check_unused(self, signed: SignedToken | None) -> None:
        """Raise `Refused` (403) if *signed* has had its one session here."""
        if signed and signed in self.used:
            refuse_used()

    def is_insider(self, presented: Presented) -> bool:
        """Tell whether it is the server itself that presents this."""
        if (insider := self._sources.insider) is None:
            return False
        try:
            plain = plain_token(presented, token_in_url=False)
        except Malformed:
            return False
        return plain is not None and hmac.compare_digest(insider.hash, hash_token(plain))

    def _plain(self, presented: Presented) -> str:
        try:
            plain = plain_token(presented, token_in_url=self._settings.token_in_url)
        except Malformed as error:
            raise Refused(Refusal(403, "bad_token", str(error))) from None
        if plain is None:
            refuse(401, "no_token", self._how_to_present(presented))
        return plain

    def _by_signature(self, plain: str, *, is_in_url: bool) -> Visitor:
        signed = self._check(plain)
        parent = self._tokens.named(signed.subject)
        if parent is None or parent == self._sources.insider:
            refuse(403, "bad_token", "found a token signed in a name that is not known here")
        if is_in_url and not self._settings.token_in_url and not signed.is_for_viewer:
            expected = "expected one for the viewers of a room, or this one in a header"
            refuse(403, "bad_token", f"found a signed token in the URL, {expected}")
        self.check_unused(signed)
        # The parent's name, so that it and all its children share its limits.
        scope = tuple(scope for scope in signed.scope if scope in parent.scope)
        return Visitor(Guest(replace(parent, scope=scope)), signed)

    def _check(self, plain: str) -> SignedToken:
        if self._sources.signed is None:
            refuse(403, "bad_token", "found a signed token, which this server does not take")
        try:
            return self._sources.signed.check(plain)
        except (BadSignedToken, TokenExpired) as error:
            raise Refused(Refusal(error.status, error.code, str(error))) from None

    def _how_to_present(self, presented: Presented) -> str:
        expected = "expected 'Authorization: Bearer <token>' or a subprotocol token.<base64url>"
        if presented.query_tokens and not self._settings.token_in_url:
            return f"found a token in the URL, which this server does not take, {expected}"
        return f"found no token, {expected}"


def refuse_used() -> NoReturn:
    """Raise `Refused` (403) for a token that had its one session."""
    refuse(403, "token_used", "found a token that had its one session, expected a new one")


def _by_cursor(plain: str, lines: Lines, tokens: TokenTable) -> Guest:
    try:
        claim = lines.cursors.open(plain)
    except BadCursor as error:
        raise Refused(Refusal(403, error.code, str(error))) from None
    token = tokens.named(claim.subject)
    return Guest(token or stranger(claim.subject), claim, is_stranger=token is None)
