"""Seal cursors into text that only servers of one key can read, and open them again.

Knows a key and the clock; knows nothing of requests and of who holds a session now.

`wsc_`, then the base64url of a version, a nonce and the AES-GCM of compressed JSON.
"""

import secrets
import zlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter

from wsserver.errors import BadCursor
from wsserver.net import base64url
from wsserver.net.ledger import Clock
from wsserver.session.cursor import Cursor

PREFIX = "wsc_"
"""What every sealed cursor begins with, so that it is told from a token."""

VERSION = 1
"""One more whenever an older cursor would be misread, or the resampler needs other samples."""

LONGEST = 16_384
"""Characters; longer is none of ours."""

_NONCE_BYTES = 12
_EXPECTED = "expected one of this server, or of one with the same key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A cursor with the right to go on from it."""

    cursor: Cursor
    subject: str
    """The name of the token by which the session was opened."""

    expires: float
    """Unix time."""


_claims: TypeAdapter[Claim] = TypeAdapter(Claim)


def is_cursor(text: str) -> bool:
    """Tell whether *text* is to be taken for a sealed cursor."""
    return text.startswith(PREFIX)


class Cursors:
    """The seal."""

    def __init__(self, key: bytes, lifetime_seconds: float, clock: Clock) -> None:
        """Take a *key* of 32 bytes."""
        self._cipher = AESGCM(key)
        self._lifetime_seconds = lifetime_seconds
        self._clock = clock

    def seal(self, cursor: Cursor, subject: str, expires: float | None = None) -> str:
        """Give *cursor* as text; without *expires* it serves for the usual time from now on."""
        if expires is None:
            expires = self._clock() + self._lifetime_seconds
        claim = Claim(cursor=cursor, subject=subject, expires=expires)
        packed = zlib.compress(_claims.dump_json(claim, exclude_defaults=True), 9)
        version, nonce = bytes([VERSION]), secrets.token_bytes(_NONCE_BYTES)
        sealed = version + nonce + self._cipher.encrypt(nonce, packed, version)
        return PREFIX + base64url.encode(sealed)

    def open(self, text: str) -> Claim:
        """Give what was sealed; raise `BadCursor`, which never shows the cursor."""
        sealed = _decode(text)
        version, rest = sealed[:1], sealed[1:]
        if version != bytes([VERSION]):
            raise BadCursor(f"found a cursor of version {version[0]}, expected {VERSION}")
        try:
            packed = self._cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], version)
        except (InvalidTag, ValueError):
            raise BadCursor(f"found a damaged or foreign cursor, {_EXPECTED}") from None
        claim = _claims.validate_json(zlib.decompress(packed))
        late = self._clock() - claim.expires
        if late >= 0:
            raise BadCursor(f"found a cursor that expired {late:.0f} s ago, expected a later one")
        return claim


def _decode(text: str) -> bytes:
    if not is_cursor(text) or len(text) > LONGEST:
        raise BadCursor(f"found {len(text)} characters that are no cursor, {_EXPECTED}")
    try:
        sealed = base64url.decode(text.removeprefix(PREFIX))
    except ValueError:
        raise BadCursor(f"found a cursor with characters of no base64url, {_EXPECTED}") from None
    if not sealed:
        raise BadCursor(f"found an empty cursor, {_EXPECTED}")
    return sealed
