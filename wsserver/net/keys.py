"""Keep the one secret of the server, and derive from it a key for each purpose.

Knows files and the environment; knows nothing of what the keys are for.
"""

import base64
import binascii
import logging
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wsserver.errors import ConfigError

logger = logging.getLogger(__name__)

SECRET_BYTES = 32
"""A secret has at least as many."""


class ServerKey:
    """A secret that all servers share which go on with each other's sessions."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def as_text(self) -> str:
        """Give the secret in base64, for a server that shall have the same."""
        return base64.b64encode(self._secret).decode()

    def derive(self, purpose: str) -> bytes:
        """Give the 32 bytes for *purpose*, which say nothing of those for another (RFC 5869)."""
        info = f"wsserver {purpose}".encode()
        return HKDF(hashes.SHA256(), length=32, salt=None, info=info).derive(self._secret)


def check_key(text: str) -> str:
    """Give *text* back if it is a key in base64; raise ValueError, without it, if it is none."""
    _decode(text)
    return text


def server_key(configured: str | None, environment: Mapping[str, str]) -> ServerKey:
    """Give the *configured* key, or the one that is kept in the state folder, made if need be.

    Where nothing can be kept, the key serves for this run, and a warning says so.  Raises
    `ConfigError` if what is kept is no key.
    """
    if configured is not None:
        return ServerKey(_decode(configured))
    path = key_path(environment)
    try:
        return ServerKey(_kept(path))
    except ValueError as error:
        raise ConfigError(f"{path}: {error}; without the file a new one is made") from None
    except OSError as error:
        logger.warning("no session outlives this run, for no key can be kept: %s", error)
        return ServerKey(secrets.token_bytes(SECRET_BYTES))


def key_path(environment: Mapping[str, str]) -> Path:
    """Say where the key is kept (XDG Base Directory Specification)."""
    named = Path(environment.get("XDG_STATE_HOME", ""))
    folder = named if named.is_absolute() else Path("~/.local/state").expanduser()
    return folder / "wsserver" / "key"


def _decode(text: str) -> bytes:
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("found no base64, expected a key, as `openssl rand -base64 32`") from None
    if len(secret) < SECRET_BYTES:
        raise ValueError(f"found a key of {len(secret)} bytes, expected at least {SECRET_BYTES}")
    return secret


def _kept(path: Path) -> bytes:
    with suppress(FileNotFoundError):
        return _decode(path.read_text(encoding="ascii"))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Complete before it has its name: another server may start at the same moment.
    draft = path.with_name(f"key.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(SECRET_BYTES)) + b"\n")
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return _decode(path.read_text(encoding="ascii"))
