"""Whether a web page may open a session here, by the `Origin` its browser tells (RFC 6454).

Knows no tokens and no sockets.
"""

from urllib.parse import urlsplit

from wsserver.net.credentials import Presented
from wsserver.net.refusal import refuse
from wsserver.net.settings import AdmissionSettings

ANY = "*"

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def is_same_origin(origin: str, host: str) -> bool:
    """Tell whether a page from *origin* was served under *host*, as `Host` names it.

    The scheme is not compared: behind a proxy that ends TLS the server does not know its own.
    """
    url = _parts(origin)
    # Host carries no scheme; its missing port means the default one of the origin's.
    return url is not None and bool(host) and _parts(f"{url[0]}://{host}") == url


def is_listed(origin: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether *origin* is one of *allowed*, or those hold `*`."""
    url = _parts(origin)
    return ANY in allowed or (url is not None and any(_parts(entry) == url for entry in allowed))


def check_origin(presented: Presented, settings: AdmissionSettings) -> None:
    """Raise `Refused` (403) for a page that is neither the server's own nor listed."""
    if presented.origin is None:  # only browsers tell one
        return
    hosts = [presented.host]
    if settings.trust_forwarded_host:
        hosts.append(presented.forwarded_host)
    if any(is_same_origin(presented.origin, host) for host in hosts):
        return
    if not is_listed(presented.origin, settings.origins):
        refuse(
            403,
            "bad_origin",
            f"found the origin {presented.origin!r:.80}, expected {presented.host!r:.80} "
            "or one that the server's configuration lists",
        )


def _parts(origin: str) -> tuple[str, str, int | None] | None:
    """Give scheme, host and port; None for what is no origin, as the word `null`."""
    try:
        url = urlsplit(origin)
        port = url.port
    except ValueError:
        return None
    if not url.scheme or not url.hostname or url.path.strip("/") or url.query or "@" in url.netloc:
        return None
    return url.scheme, url.hostname, port or _DEFAULT_PORTS.get(url.scheme)
