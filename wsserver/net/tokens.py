"""Tokens: made, hashed and found again, without keeping a plain one.

Knows no headers, no files and no clock.
"""

import hashlib
import hmac
import re
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, MinLen, Predicate

from wsserver.errors import ConfigError

Scope: TypeAlias = Literal["speak", "view"]

PREFIX = "wst_"
"""What every new token begins with, so that a scanner for leaked secrets can know it."""

_RANDOM_BYTES = 32
_HASH = re.compile("sha256:[0-9a-f]{64}")


def is_hash(text: str) -> bool:
    """Tell whether *text* is what `hash_token` gives."""
    return _HASH.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Who may enter, known by the hash of a secret."""

    name: Annotated[str, MinLen(1)]
    """For people and logs; unique."""

    hash: Annotated[str, Predicate(is_hash)] = field(repr=False)
    """`sha256:` and 64 hexadecimal digits."""

    scope: Annotated[tuple[Scope, ...], MinLen(1)] = ("speak",)
    """`speak` opens sessions, `view` reads along."""

    sessions: Annotated[int, Ge(1)] | None = None
    """Sessions at a time; None is no limit but the server's."""

    audio_seconds_per_day: Annotated[float, Ge(0)] | None = None
    """Audio from midnight to midnight UTC; None is no limit."""


def new_token() -> tuple[str, str]:
    """Make a token of 256 random bits; give it and its hash."""
    plain = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    return plain, hash_token(plain)


def stranger(name: str) -> Token:
    """Give a token of this *name* that nobody can present: its secret is known to no one."""
    return Token(name=name, hash=new_token()[1])


def hash_token(plain: str) -> str:
    """Give `sha256:<hex>`.

    A plain SHA-256 suffices: there is no dictionary of 256 random bits to try.
    """
    # Whatever a header held must hash, lone surrogates too.
    return "sha256:" + hashlib.sha256(plain.encode(errors="surrogatepass")).hexdigest()


class TokenTable:
    """All tokens a server knows."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        """Take *tokens*; raise `ConfigError` if two share a name and so a limit."""
        self._tokens = tuple(tokens)
        names = Counter(token.name for token in self._tokens)
        if twice := [name for name, count in names.items() if count > 1]:
            raise ConfigError(f"found two tokens named {twice[0]!r}, expected every name once")

    def named(self, name: str) -> Token | None:
        """Give the token of this *name*."""
        return next((token for token in self._tokens if token.name == name), None)

    def find(self, plain: str) -> Token | None:
        """Give the token whose secret is *plain*, in a time that does not depend on which."""
        wanted, found = hash_token(plain), None
        for token in self._tokens:
            # No early end: every entry is compared, whichever it is.
            if hmac.compare_digest(token.hash, wanted):
                found = token
        return found
