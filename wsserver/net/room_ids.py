"""Name rooms so that any server with the same key can tell whose they are.

Knows a key and the names of tokens; remembers no room.

A name is base64url of nine random bytes and of the first nine of their HMAC: 24 characters.  That
is too many to guess another one's room, and nobody can claim one they did not open.
"""

import hashlib
import hmac
import secrets

from wsserver.net import base64url

PURPOSE = "rooms"
"""For which the server's key is derived."""

_HALF_BYTES = 9


class RoomIds:
    """The maker of names, and the judge of them."""

    def __init__(self, key: bytes) -> None:
        """Take a *key* of 32 bytes."""
        self._key = key

    def new(self, subject: str) -> str:
        """Give a room to the token called *subject*."""
        chosen = secrets.token_bytes(_HALF_BYTES)
        return base64url.encode(chosen + self._proof(chosen, subject))

    def is_of(self, room: str, subject: str) -> bool:
        """Tell whether *room* was given to *subject*; anything may be asked."""
        try:
            named = base64url.decode(room)
        except ValueError:
            return False
        if base64url.encode(named) != room:  # one room, one name
            return False
        chosen, proof = named[:_HALF_BYTES], named[_HALF_BYTES:]
        return hmac.compare_digest(proof, self._proof(chosen, subject))

    def _proof(self, chosen: bytes, subject: str) -> bytes:
        said = chosen + subject.encode(errors="surrogatepass")
        return hmac.digest(self._key, said, hashlib.sha256)[:_HALF_BYTES]
