"""Write bytes in the alphabet of URLs (RFC 4648, section 5), without padding, and read them.

Knows nothing of what the bytes mean.
"""

import base64


def encode(data: bytes) -> str:
    """Give *data* as text."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Give the bytes of *text*, padded or not, also in base64's usual alphabet.

    Raises `ValueError` for what is neither.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:  # without its cause, which may show a secret
        raise ValueError("found characters or a length of no base64url") from None
