"""Tell from the first bytes of a connection what it wants: a WebSocket, plain HTTP, or neither.

Knows the form of a request's head (RFC 9112); knows no sockets, paths or tokens.
"""

import re
from enum import Enum

END = b"\r\n\r\n"

_LONGEST_METHOD = 16
_METHOD = re.compile(rb"[A-Z]{1,%d}(?: |\Z)" % _LONGEST_METHOD)
_UPGRADE = re.compile(rb"\r\nupgrade[ \t]*:([^\r\n]*)", re.IGNORECASE)


class Wish(Enum):
    """What a connection wants, as far as its bytes tell."""

    UNKNOWN = "the head goes on"
    WEBSOCKET = "an upgrade to a WebSocket"
    HTTP = "plain HTTP"
    NOT_HTTP = "no HTTP"
    TOO_LARGE = "a head above the limit"


def wish(received: bytes, limit: int) -> Wish:
    """Judge all bytes *received* so far; a head may have *limit* bytes.

    Bytes after the head do not change the answer, nor does the way in which bytes arrive.
    """
    head = received[:limit]
    end = head.find(END)
    if not _METHOD.match(head) or b"\n\n" in head[: end if end >= 0 else None]:
        return Wish.NOT_HTTP
    if end < 0:
        return Wish.UNKNOWN if len(received) < limit else Wish.TOO_LARGE
    return Wish.WEBSOCKET if _asks_for_websocket(head[:end]) else Wish.HTTP


def _asks_for_websocket(head: bytes) -> bool:
    """Tell whether an Upgrade header names websocket, be the rest of the head right or wrong."""
    offers = [offer for value in _UPGRADE.findall(head) for offer in value.split(b",")]
    return any(offer.strip().lower() == b"websocket" for offer in offers)
