"""The knobs of the doorway: where it listens, what it takes, whom it lets in.

Knows no file and no environment; whoever reads `config.yaml` fills these in.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import AfterValidator

from wsserver.dialects.table import NAMES
from wsserver.net.keys import check_key
from wsserver.net.tokens import Token

FRAME_LIMIT_HEADROOM = 4
"""The socket itself refuses frames this many times above the limit, unread."""

Seconds = Annotated[float, Gt(0)]
Count = Annotated[int, Ge(1)]


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := set(names) - set(NAMES):
        raise ValueError(
            f"unknown {', '.join(sorted(unknown))}, expected some of {', '.join(NAMES)}"
        )
    return names


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """Whether the port speaks TLS, and with which certificate."""

    mode: Literal["off", "files", "self"] = "off"
    """`off`: plain; `files`: *certificate* and *key*; `self`: a certificate made at the start."""

    certificate: Path | None = None
    """A PEM file with the certificate and its chain; for `files`."""

    key: Path | None = None
    """A PEM file with the private key, not encrypted; for `files`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """What a plain HTTP request may take."""

    head_timeout_seconds: Seconds = 10.0
    """From the open connection to the end of the first request's head; then 408."""

    waiting_limit: Count = 1000
    """Connections whose first head is still to come; above it whoever waits longest goes (503)."""

    waiting_limit_per_address: Count = 100
    """The same for one address, or one proxy; it knows no headers yet."""

    head_limit_bytes: Annotated[int, Ge(1024), Le(65_536)] = 16_384
    """Request line and headers together; above it 431."""

    body_timeout_seconds: Seconds = 600.0
    """From the end of the head to the end of the body; then 408."""

    body_limit_bytes: Count = 256 * 1024 * 1024
    """A body, as sent and as decompressed; above it 413."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketSettings:
    """What a WebSocket may take."""

    paths: Annotated[tuple[str, ...], MinLen(1)] = ("/", "/v1/dictation")
    """Where a session can be opened; elsewhere 404."""

    frame_limit_bytes: Annotated[int, Ge(1024)] = 1024 * 1024
    """The largest message a session takes, told in `ready`.

    A session answers a larger one in words; the socket closes with 1009 at four times that.
    """

    receive_queue_frames: Count = 4
    """Frames waiting for a session before the server stops reading from the network."""

    open_timeout_seconds: Seconds = 10.0
    """For the TLS handshake, and again for the answer to the upgrade."""

    ping_interval_seconds: Seconds = 20.0
    """Between two pings from the server."""

    ping_timeout_seconds: Seconds = 300.0
    """From a ping without its pong to the end of the connection.

    Long, because the pongs of a client that sends faster than speech wait behind its audio; one
    that is gone is noticed by its silence, within the session's idle time.
    """

    close_timeout_seconds: Seconds = 10.0
    """For the closing handshake, and for open HTTP requests when the server stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedTokenSettings:
    """Tokens that live for minutes, made by those who hold one of the others."""

    longest_seconds: Annotated[int, Ge(1), Le(86_400)] = 3600
    """From a token's making to its end; one that is signed for longer is refused."""

    public_keys: tuple[str, ...] = ()
    """PEM of the Ed25519 keys of others who may sign tokens; each in the name, and within the
    scope and limits, of one of *tokens*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionSettings:
    """Whom the server lets in."""

    tokens: tuple[Token, ...] = ()
    """Everybody who may enter; without any, nobody may."""

    max_sessions: Count = 32
    """Sessions in all; above it 503."""

    max_sessions_per_address: Count | None = None
    """Sessions of one address; above it 429.  None, for those behind one router share theirs."""

    handshakes_per_minute: Count | None = 600
    """Sessions that one address may ask for, as many at once too; above it 429."""

    failures_per_minute: Count | None = 60
    """Unknown or damaged credentials from one address, after which it has to wait (429)."""

    trust_forwarded_for: Annotated[int, Ge(0), Le(16)] = 0
    """Proxies before the server, each of which adds to `X-Forwarded-For` whom it speaks to; 0 takes
    the other end of the connection for the client."""

    signed_tokens: SignedTokenSettings = field(default_factory=SignedTokenSettings)

    retry_after_seconds: Count = 5
    """What a full, draining or loading server tells in `Retry-After`."""

    token_in_url: bool = False
    """Take `?token=`; such tokens end up in browser histories and the logs of proxies."""

    origins: tuple[str, ...] = ()
    """Web origins besides the server's own, as `https://example.org`; `*` takes all."""

    trust_forwarded_host: bool = False
    """Compare `Origin` with `X-Forwarded-Host` too; only behind a proxy that sets it itself."""

    public_routes: tuple[str, ...] = (
        "/",
        "/page/*",
        "/captions",
        "/overlay",
        "/ping",
        "/healthz",
        "/readyz",
        "/v1/admission",
        "/favicon.ico",
    )
    """Paths of plain HTTP that need no token; `/*` at the end stands for all below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSettings:
    """Rooms in which others read along."""

    limit: Count = 100
    """Rooms at a time; above it the one that has been empty longest goes, else 503."""

    limit_per_token: Count = 40
    """Of those opened with one token, by the same rules."""

    viewers: Count = 2000
    """In all rooms together; above it 503."""

    viewers_per_room: Count = 1000
    """The same for one room."""

    linger_seconds: Seconds = 3600.0
    """For which a room without speakers and viewers is remembered, and its story with it."""

    longest_seconds: Annotated[int, Ge(1), Le(7 * 86_400)] = 43_200
    """From the making of a viewer's token to its end."""

    history_finals: Count = 10_000
    """Of a room; older ones are dropped, and newcomers are told."""

    patience_seconds: Seconds = 60.0
    """For a viewer who takes nothing, before they are cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WyomingSettings:
    """The port for those who speak Wyoming, which knows no tokens."""

    host: Annotated[str, MinLen(1)] = "127.0.0.1"
    """The address or name to listen on; whoever reaches it comes in."""

    port: Annotated[int, Ge(0), Le(65_535)] | None = None
    """0 takes any that is free; None listens on none."""

    token: str | None = None
    """The name of the token in whose name and by whose limits they speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetSettings:
    """All of the doorway."""

    host: Annotated[str, MinLen(1)] = "127.0.0.1"
    """The address or name to listen on; `0.0.0.0` or `::` for every one."""

    port: Annotated[int, Ge(0), Le(65_535)] = 8765
    """0 takes any that is free."""

    workers: Annotated[int, Ge(1), Le(64)] = 1
    """Processes that serve the port together."""

    key: Annotated[str, AfterValidator(check_key)] | None = field(default=None, repr=False)
    """The secret in base64 that cursors are sealed with, the same for all servers that go on with
    each other's sessions; None keeps one in the state folder."""

    dialects: Annotated[tuple[str, ...], AfterValidator(_known)] = NAMES
    """Wire languages of other programs that are understood beside the native one."""

    tls: TlsSettings = field(default_factory=TlsSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    socket: SocketSettings = field(default_factory=SocketSettings)
    admission: AdmissionSettings = field(default_factory=AdmissionSettings)
