"""Make the TLS side of the port: from files, or with a certificate made on the spot.

Knows certificates; knows no sockets beyond the names and addresses of this machine.
"""

import ipaddress
import socket
import ssl
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from wsserver.errors import ConfigError
from wsserver.net.addresses import network_addresses
from wsserver.net.settings import TlsSettings

SELF_SIGNED_DAYS = 365
"""Browsers refuse, without a way around it, certificates that last for years."""


def server_context(settings: TlsSettings) -> ssl.SSLContext | None:
    """Give the context to listen with, or None for a plain port.

    Raises `ConfigError`, which names the file, if the certificate or its key cannot be used.
    """
    if settings.mode == "off":
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if settings.mode == "self":
        _issue().configure_cert(context)
    else:
        _load_certificate(context, settings)
    return context


def keep_certificate(settings: TlsSettings, folder: Path) -> TlsSettings:
    """Make the certificate of mode `self` now, in *folder*, so that several can show the same."""
    if settings.mode != "self":
        return settings
    path = folder / "certificate.pem"
    path.touch(mode=0o600)
    issued = _issue()
    issued.private_key_and_cert_chain_pem.write_to_path(path)
    return replace(settings, mode="files", certificate=path, key=path)


def _load_certificate(context: ssl.SSLContext, settings: TlsSettings) -> None:
    certificate = _readable(settings.certificate, "certificate")
    key = _readable(settings.key, "key")
    try:
        context.load_cert_chain(certificate, key, password=lambda: _refuse_password(key))
    except ssl.SSLError as error:
        raise ConfigError(
            f"found {error.reason or 'no PEM'} in {certificate} and {key}, "
            "expected a certificate and the private key that belongs to it, both in PEM"
        ) from error


def _readable(path: Path | None, what: str) -> Path:
    if path is None:
        raise ConfigError(f"found tls mode 'files' without a {what}, expected the path of one")
    try:
        path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read the {what} {path}: {error.strerror}") from error
    return path


def _refuse_password(key: Path) -> str:
    # Without a callback OpenSSL would ask for the password on the terminal, and wait.
    raise ConfigError(f"found an encrypted key in {key}, expected one without a password")


def _issue() -> trustme.LeafCert:
    now = datetime.now(UTC)
    # A day of grace for clocks that are slow.
    first, last = now - timedelta(days=1), now + timedelta(days=SELF_SIGNED_DAYS)
    authority = trustme.CA(organization_name="wsserver, made on the spot")
    return authority.issue_cert(*_own_names(), not_before=first, not_after=last)


def _own_names() -> list[str]:
    """Give the names and addresses under which this machine may be called."""
    names = ["localhost", "127.0.0.1", "::1"]
    hostname = socket.gethostname()
    with suppress(UnicodeError, OSError):
        names.append(hostname.encode("idna").decode())
        names += [str(info[4][0]) for info in socket.getaddrinfo(hostname, None)]
    names += network_addresses()
    return list(dict.fromkeys(name for name in names if name and not _is_scoped(name)))


def _is_scoped(name: str) -> bool:
    """Tell whether *name* is an address that means something on one link only (RFC 4007)."""
    try:
        return ipaddress.ip_address(name).is_link_local
    except ValueError:
        return "%" in name
