"""The knobs of the Redis that several gateways share.

Knows no file and no environment; whoever reads `config.yaml` fills these in.
"""

from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

_SCHEMES = ("redis", "rediss", "unix")


def _url(text: str) -> str:
    """Give *text* back if it names a Redis; raise ValueError, without it, if it does not."""
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in _SCHEMES and bool(parts.hostname or parts.path)
        _ = parts.port  # raises what it finds wrong only now
    except ValueError:
        is_url = False
    if not is_url or " " in text:
        raise ValueError(
            "expected redis://HOST:PORT/0, rediss://... for TLS, or unix:///run/redis.sock"
        )
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisSettings:
    """Which Redis, if any."""

    url: Annotated[str, AfterValidator(_url)] | None = field(default=None, repr=False)
    """May hold a password, so it is in no log; None keeps everything in this process."""

    prefix: str = "wsserver:"
    """Of all keys and channels, so that others may use the same Redis."""

    @property
    def place(self) -> str:
        """The scheme, the host and the port, for logs."""
        parts = urlsplit(self.url or "")
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2] or parts.path}"
