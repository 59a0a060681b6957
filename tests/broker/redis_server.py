"""A Redis of one's own, that can be killed, halted and started again."""

import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

COMMAND = shutil.which("redis-server")

PASSWORD = "sesame-opens"


@dataclass
class RedisServer:
    """One of Debian's on a Unix socket; nothing of it is kept."""

    folder: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def path(self) -> Path:
        return self.folder / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://:{PASSWORD}@{self.path}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        assert COMMAND is not None
        self.path.unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self.path),
            "requirepass": PASSWORD,
            "save": "",
            "appendonly": "no",
            "dir": str(self.folder),
            "logfile": str(self.folder / "redis.log"),
        }
        arguments = [part for key, value in options.items() for part in (f"--{key}", value)]
        self.process = subprocess.Popen([COMMAND, *arguments])
        until = monotonic() + 30
        while not self._listens():
            assert monotonic() < until, (self.folder / "redis.log").read_text()
            sleep(0.005)

    def kill(self) -> None:
        """End it at once, with all that it knows."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def halt(self) -> None:
        """Let it hang: it takes connections and answers nobody."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it hang no more."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)

    def _listens(self) -> bool:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(self.path))
            return True
        return False
