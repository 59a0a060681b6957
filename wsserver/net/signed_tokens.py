"""Sign tokens that live for minutes, and check those that come (RFC 7519, RFC 8037).

Knows keys, claims and a clock; knows nothing of requests and of who the subjects are.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, get_args

import jwt
from annotated_types import Len, MaxLen
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import BaseModel, ConfigDict, ValidationError

from wsserver.errors import BadMessage, ClientError, ConfigError
from wsserver.net import base64url
from wsserver.net.ledger import Clock
from wsserver.net.tokens import Scope

ISSUER = AUDIENCE = "wsserver"

PURPOSE = "signed tokens"
"""For which the server's key is derived."""

LONGEST = 4096
"""Characters; longer is none of ours."""

MOST_TITLE = 200
"""Characters of a room's title."""

LEEWAY_SECONDS = 10
"""By which the clocks of two servers may differ."""

_SHAPE = re.compile(r"ey[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")
_Algorithm: TypeAlias = Literal["HS256", "EdDSA"]
_Short = Annotated[str, Len(1, 200)]


class BadSignedToken(ClientError):
    """A signed token is damaged, not signed by a key that counts here, or says what none may."""

    code = "bad_token"
    status = 403


class TokenExpired(ClientError):
    """A signed token was good once."""

    code = "token_expired"
    status = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a signed token is to allow."""

    subject: str
    """The name of the long-lived token by which it is made, and whose limits it shares."""

    scope: tuple[Scope, ...]
    seconds: int
    one_session: bool = True
    room: str | None = None
    """The only one in which it is good, for nothing else than to read along."""

    title: str | None = None
    """What the room is called; the token carries it, for servers know no rooms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedToken:
    """What a signed token that was checked allows."""

    identity: tuple[str, str]
    """Its key's and its own; unique."""

    subject: str
    scope: tuple[Scope, ...]
    expires: float
    """Unix time."""

    one_session: bool
    room: str | None
    title: str | None = None

    @property
    def is_for_viewer(self) -> bool:
        """Tell whether it allows no more than to read along in its room."""
        return self.room is not None and self.scope == ("view",)


class _Claims(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    sub: _Short
    jti: Annotated[str, Len(1, 64)]
    scope: _Short
    exp: float
    iat: float
    nbf: float | None = None
    sessions: Literal[1] | None = None
    room: Annotated[str, MaxLen(200)] | None = None
    title: Annotated[str, MaxLen(MOST_TITLE)] | None = None

    @property
    def is_for_viewer(self) -> bool:
        return self.room is not None and self.scope == "view"


@dataclass(frozen=True, slots=True)
class _Key:
    key: bytes | Ed25519PublicKey
    algorithm: _Algorithm


def is_signed(text: str) -> bool:
    """Tell whether *text* is to be taken for a signed token."""
    return _SHAPE.fullmatch(text) is not None


class SignedTokens:
    """The keys: one of our own that signs and checks, and foreign ones that only check."""

    def __init__(
        self,
        key: bytes,
        public_keys: Iterable[str],
        longest_seconds: int,
        clock: Clock,
        longest_view_seconds: int | None = None,
    ) -> None:
        """Take a *key* of 32 bytes and PEMs; raise `ConfigError`, without it, for a wrong one.

        A token for a viewer of a room may live for *longest_view_seconds*.
        """
        self.longest_seconds = longest_seconds
        self.longest_view_seconds = longest_view_seconds or longest_seconds
        self._clock = clock
        self._key_id = hashlib.sha256(b"kid" + key).hexdigest()[:16]
        self._own = key
        self._keys = {self._key_id: _Key(key, "HS256")}
        for number, pem in enumerate(public_keys):
            public = _public_key(pem, number)
            self._keys[thumbprint(public)] = _Key(public, "EdDSA")

    def sign(self, grant: Grant) -> tuple[str, int]:
        """Give a token for *grant* and the Unix time at which it expires.

        Raises `BadMessage` if its names are so long that `check` would not look at it.
        """
        now = int(self._clock())
        is_for_viewer = grant.room is not None and grant.scope == ("view",)
        expires = now + min(grant.seconds, self._longest(is_for_viewer))
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": grant.subject,
            "scope": " ".join(grant.scope),
            "iat": now,
            "exp": expires,
            "jti": secrets.token_urlsafe(16),
        }
        if grant.one_session:
            claims["sessions"] = 1
        if grant.room is not None:
            claims["room"] = grant.room
        if grant.title is not None:
            claims["title"] = grant.title
        headers = {"kid": self._key_id}
        token = jwt.encode(claims, self._own, algorithm="HS256", headers=headers)
        if len(token) > LONGEST:
            raise BadMessage(
                f"found names that make a token of {len(token)} characters, "
                f"expected at most {LONGEST}; a shorter title may do"
            )
        return token, expires

    def check(self, text: str) -> SignedToken:
        """Give what *text* allows.

        Raises `BadSignedToken` or `TokenExpired`, neither of which shows it.
        """
        if len(text) > LONGEST:
            raise BadSignedToken(
                f"found a signed token of {len(text)} characters, expected at most {LONGEST}"
            )
        key_id = _key_id(text)
        if key_id not in self._keys:
            raise BadSignedToken("found a token signed with a key that is not known here")
        claims = _read(text, self._keys[key_id])
        self._check_times(claims)
        return SignedToken(
            identity=(key_id, claims.jti),
            subject=claims.sub,
            scope=_scopes(claims.scope),
            expires=claims.exp,
            one_session=claims.sessions == 1,
            room=claims.room,
            title=claims.title,
        )

    def _longest(self, is_for_viewer: bool) -> int:
        return self.longest_view_seconds if is_for_viewer else self.longest_seconds

    def _check_times(self, claims: _Claims) -> None:
        now = self._clock()
        if now >= claims.exp + LEEWAY_SECONDS:
            late = now - claims.exp
            raise TokenExpired(f"found a token that expired {late:.0f} s ago, expected a newer one")
        if max(claims.iat, claims.nbf or claims.iat) > now + LEEWAY_SECONDS:
            raise BadSignedToken("found a signed token of the future, expected one of now")
        longest = self._longest(claims.is_for_viewer)
        if claims.exp - min(claims.iat, now) > longest + LEEWAY_SECONDS:
            raise BadSignedToken(
                f"found a token signed for {claims.exp - claims.iat:.0f} s, "
                f"expected at most {longest}"
            )


def thumbprint(key: Ed25519PublicKey) -> str:
    """Give the `kid` of a foreign key: the thumbprint of its JWK (RFC 7638, RFC 8037)."""
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": base64url.encode(key.public_bytes_raw())}
    canonical = json.dumps(jwk, separators=(",", ":"), sort_keys=True)
    return base64url.encode(hashlib.sha256(canonical.encode()).digest())


def _public_key(pem: str, number: int) -> Ed25519PublicKey:
    expected = "expected PEM of an Ed25519 public key, as `openssl pkey -pubout` prints it"
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, Ed25519PublicKey):
        return key
    # Without what was found: it may be the private one.
    path = f"server.admission.signed_tokens.public_keys.{number}"
    raise ConfigError(f"{path}: found something else, {expected}")


def _key_id(text: str) -> str:
    try:
        return str(jwt.get_unverified_header(text).get("kid"))
    except (jwt.PyJWTError, RecursionError, ValueError):
        raise BadSignedToken("found a damaged signed token") from None


def _read(text: str, key: _Key) -> _Claims:
    """Check the signature by *key* and its own algorithm, whatever the header says."""
    try:
        claims = jwt.decode(
            text,
            key.key,
            algorithms=[key.algorithm],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
        return _Claims.model_validate(claims)
    except (jwt.InvalidAudienceError, jwt.InvalidIssuerError):
        expected = f"expected iss and aud to be {ISSUER!r}"
        raise BadSignedToken(f"found a token signed for somebody else, {expected}") from None
    except jwt.MissingRequiredClaimError as error:
        raise BadSignedToken(f"found a signed token without {error.claim!r:.20}") from None
    except ValidationError as error:
        claim = str(error.errors()[0]["loc"][0])
        raise BadSignedToken(f"found a signed token with a wrong or no {claim!r:.20}") from None
    except (jwt.PyJWTError, RecursionError, ValueError):
        raise BadSignedToken("found a signed token that its key did not sign") from None


def _scopes(text: str) -> tuple[Scope, ...]:
    named = text.split(" ")
    if not set(named) <= set(get_args(Scope)):
        raise BadSignedToken("found a signed token with an unknown scope")
    return tuple(scope for scope in get_args(Scope) if scope in named)
