"""A Ray on this machine for a whole run of tests, with two replicas of any engine.

Knows the process that holds it; knows nothing of Ray.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

from tests.cluster.isolation import ROOT, environment
from tests.ports import free_port

_PROGRAM = "tests.cluster.ray_applications"
_ENDS_WITHIN_S = 60.0


class LocalRay:
    """From its beginning to `stop`."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True)
        self._log = Path(self._folder.name) / "said.log"
        self._turn = Lock()
        self._answers, says = _pipe()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", _PROGRAM, str(free_port()), str(says)],
                cwd=ROOT,
                env=environment(self._folder.name),
                pass_fds=(says,),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
            )
        os.close(says)

    def replicas(self, arguments: str) -> str:
        """Give the URL of two replicas with these *arguments*, as JSON; wait until they serve."""
        assert self._process.stdin is not None
        with self._turn:
            self._process.stdin.write(f"{arguments}\n")
            self._process.stdin.flush()
            line = self._answers.readline()
        said: dict[str, Any] = json.loads(line or "{}")
        assert "url" in said, said or f"Ray ended: {self._log.read_text()[-3000:]}"
        return str(said["url"])

    def log(self) -> str:
        """Give what all replicas have written so far."""
        found = Path(self._folder.name).glob("ray/session_*/logs/**/*")
        return "\n".join(path.read_text(errors="replace") for path in found if path.is_file())

    def stop(self) -> None:
        """End it, and all that runs on it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._answers.close()
        self._process.wait(_ENDS_WITHIN_S)
        self._folder.cleanup()


def _pipe() -> tuple[TextIO, int]:
    """Give the two ends of a pipe: standard output is full of what Ray tells."""
    reads, writes = os.pipe()
    return os.fdopen(reads, "r"), writes
