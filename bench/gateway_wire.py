"""A client's side of a WebSocket, so cheap that one process is hundreds of clients.

Knows bytes on the wire; knows nothing of what they say.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

_UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Authorization: Bearer {token}\r\n\r\n"
)
TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
_NO_MASK = bytes(4)
"""A key of zeros: the server unmasks as ever, and nobody has to mask."""


def greeting(url: str, token: str) -> bytes:
    """Give the request for an upgrade."""
    parts = urlsplit(url)
    return _UPGRADE.format(path=parts.path, host=parts.netloc, token=token).encode()


def frame(kind: int, data: bytes) -> bytes:
    """Give a client's frame of up to 64 KiB."""
    if len(data) < 126:
        return bytes((kind, 0x80 | len(data))) + _NO_MASK + data
    return bytes((kind, 0xFE)) + len(data).to_bytes(2, "big") + _NO_MASK + data


def frames(heard: bytearray) -> Iterator[tuple[int, bytes]]:
    """Take the whole frames of a server out of *heard*."""
    while len(heard) > 1:
        size, skip = heard[1], 2
        if size > 125:
            skip = 4 if size == 126 else 10
            size = int.from_bytes(heard[2:skip], "big")
        if len(heard) < skip + size:
            return
        kind, payload = heard[0], bytes(heard[skip : skip + size])
        del heard[: skip + size]
        yield kind, payload
