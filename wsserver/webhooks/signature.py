"""Sign what is sent, as Standard Webhooks 1.0.0 says (standardwebhooks.com).

Knows secrets and bytes; knows nothing of where they go.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
"""What a secret begins with, so that a scanner for leaked ones can know it."""

SECRET_BYTES = (24, 64)
"""The least and the most."""


def read_secret(text: str) -> bytes:
    """Give the bytes of a secret; raise ValueError, without it, if it is none."""
    least, most = SECRET_BYTES
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not text.startswith(PREFIX) or not least <= len(secret) <= most:
        raise ValueError(f"expected '{PREFIX}' and {least} to {most} bytes in base64")
    return secret


def headers(secrets: Sequence[bytes], event: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Give the headers for *body*, sent at *timestamp* (seconds since the epoch) as *event*.

    It is signed with each of *secrets*; a receiver takes it if it knows one of them.
    """
    signed = f"{event}.{timestamp}.".encode() + body
    return {
        "webhook-id": event,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: bytes, signed: bytes) -> str:
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
