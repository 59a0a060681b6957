"""The worker by which a browser keeps the page, and the version of all that it keeps.

Knows names and hashes; knows nothing of HTTP, nor what the files say.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

WORKER = "service-worker.js"

_KEPT = {".css", ".html", ".ico", ".js", ".mjs", ".png", ".svg", ".webmanifest", ".woff2"}
"""Settings and other data are asked for each time."""


@dataclass(frozen=True, slots=True)
class Shell:
    """The files that a browser keeps, all of one version."""

    hashes: Mapping[str, str]
    """SHA-256 in hexadecimal by the file's name."""

    version: str
    """Changes with any of them, and with the worker."""

    def worker(self, source: bytes) -> bytes:
        """Give the worker that keeps just these: *source* below a line that names them."""
        shell = json.dumps({"version": self.version, "files": dict(self.hashes)})
        return f"const SHELL = {shell};\n".encode() + source


def shell_of(contents: Mapping[str, bytes]) -> Shell:
    """Choose what is kept among all *contents* by their names."""
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    kept = {name: digest for name, digest in sorted(hashes.items()) if _is_kept(name)}
    # The worker counts as it lies on the disk: with its line it would have to know its own hash.
    seen = json.dumps([kept, hashes.get(WORKER)])
    return Shell(kept, hashlib.sha256(seen.encode()).hexdigest()[:32])


def _is_kept(name: str) -> bool:
    return PurePosixPath(name).suffix in _KEPT and name != WORKER
