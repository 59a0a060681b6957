"""The knobs of webhooks: to whom, and where what waits for them is kept.

Knows no file and no environment; whoever reads `config.yaml` fills these in.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from annotated_types import Ge, Gt, MinLen
from pydantic import AfterValidator, PlainValidator, model_validator

from wsserver.errors import ConfigError
from wsserver.webhooks.signature import read_secret

MOST_SECRETS = 2
"""Of one receiver at a time: the new one and the old one."""


def _url(text: str) -> str:
    """Give *text* back if it is a URL; raise ValueError, without it, for it may hold a secret."""
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port  # raises what it finds wrong only now
    except ValueError:
        is_url = False
    if not is_url or not text.isascii() or " " in text:
        raise ValueError("expected a URL, as https://example.org/finals")
    return text


def _secrets(found: object) -> tuple[str, ...]:
    """Give one secret or two as a tuple; raise ValueError, without any, if it is neither."""
    secrets = tuple(found) if isinstance(found, list | tuple) else (found,)
    if not 1 <= len(secrets) <= MOST_SECRETS:
        raise ValueError(
            f"found a list of {len(secrets)}, expected one secret, or the new and the old"
        )
    if not all(isinstance(secret, str) for secret in secrets):
        raise ValueError("expected a secret, or a list of two")
    for secret in secrets:
        read_secret(secret)
    return secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Who is told of finals."""

    url: Annotated[str, AfterValidator(_url)] = field(repr=False)
    """May hold a secret itself, so it is not in any log."""

    secret: Annotated[str | tuple[str, ...], PlainValidator(_secrets)] = field(repr=False)
    """What requests are signed with: `whsec_` and 24 to 64 bytes in base64; or two of them, while
    the receiver goes from one to the other."""

    tokens: Annotated[tuple[str, ...], MinLen(1)] | None = None
    """The names of those whose sessions are told; None is all."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """All that each request is signed with."""
        return (self.secret,) if isinstance(self.secret, str) else self.secret

    @property
    def place(self) -> str:
        """The scheme, the host and the port, for logs."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def key(self) -> str:
        """What the spool knows it by, in which no URL stands."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:16]

    def hears(self, token_name: str) -> bool:
        """Tell whether sessions of the token so named are told."""
        return self.tokens is None or token_name in self.tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Finals to other programs."""

    receivers: tuple[Receiver, ...] = ()

    plain_http: bool = False
    """Send to URLs with http as well, where everybody on the way can read along."""

    folder: Path | None = None
    """Where what waits is kept; None is beside the server's key."""

    give_up_seconds: Annotated[float, Gt(0)] = 86_400.0
    """From a final to the end of the tries."""

    most_waiting: Annotated[int, Ge(1)] = 100_000
    """Events that wait for one receiver; above it new ones are not sent."""

    @model_validator(mode="after")
    def _check(self) -> "WebhookSettings":
        plain = [r for r in self.receivers if not r.url.startswith("https://")]
        if plain and not self.plain_http:
            raise ValueError("found a URL with http, expected https, or plain_http: true")
        if len({r.url for r in self.receivers}) < len(self.receivers):
            raise ValueError("found a URL twice, expected every receiver once")
        return self


def check_tokens(settings: WebhookSettings, known: Collection[str]) -> None:
    """Raise `ConfigError` for a receiver of a token whose name is not *known*."""
    for receiver in settings.receivers:
        if unknown := [name for name in receiver.tokens or () if name not in known]:
            raise ConfigError(
                f"webhooks.receivers: found the token {unknown[0]!r:.80}, expected the names of"
                " some of server.admission.tokens"
            )
