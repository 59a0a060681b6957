"""Install a peer, start it, watch what it uses, stop it.

Knows processes, ports and /proc; knows nothing of speech.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.peers.recipes import Peer, Weights
from bench.peers.speaker import Address, PeerError
from tests.ports import free_port

HOMES = Path(__file__).parent.parent / ".venvs"
UP_WITHIN_S = 120.0
TICK_S = 0.25
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}


def home(peer: Peer, console: Console) -> Path:
    """Give the Python of a peer's environment, made now if it is not there."""
    folder = HOMES / peer.home
    python, stamp = folder / "bin" / "python", folder / "installed.txt"
    wanted = "\n".join(" ".join(call) for call in peer.packages)
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    console.print(f"Installing {peer.home} into {folder}; this fetches up to 2 GB.")
    _run(sys.executable, "-m", "venv", str(folder))
    for call in peer.packages:
        _run(str(python), "-m", "pip", "install", "--disable-pip-version-check", *call)
    stamp.write_text(wanted)
    return python


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True)  # noqa: S603 - our own command
    except subprocess.CalledProcessError as error:
        raise PeerError(f"{command[2]} ended with {error.returncode}") from None


@dataclass(frozen=True, slots=True)
class Start:
    """What it takes to start a peer."""

    peer: Peer
    python: Path
    weights: Weights
    log: Path


@contextmanager
def running(start: Start, crowd: int) -> Iterator[tuple[int, Address]]:
    """Run a peer for a *crowd* until the block is left; give its process and where it listens."""
    port = free_port()
    arguments = start.peer.arguments(start.weights, port, crowd)
    with start.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [str(start.python), *arguments],
            cwd=start.peer.folder,
            env={**os.environ, **_OFFLINE, **start.peer.environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(process, port, start.log)
        yield process.pid, Address(start.peer.url.format(port=port))
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until the port is open, without opening a session."""
    until = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise PeerError(f"did not start: {_last_line(log)}")
        if _listens(port):
            return
        time.sleep(0.2)
    raise PeerError(f"did not start within {UP_WITHIN_S:.0f} s: {_last_line(log)}")


def _listens(port: int) -> bool:
    """Look for the port in the kernel's table: a connection would already be a session."""
    table = Path("/proc/net/tcp").read_text().splitlines()[1:]
    rows = (line.split() for line in table)
    return any(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a server and its children took while people spoke."""

    cores: float
    peak_mb: float


class Watch:
    """Looks at a process and its descendants every now and then."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began = time.perf_counter()
        self._before = _cpu_seconds(pid)
        self._peak_mb = _memory_mb(pid)

    async def look(self) -> None:
        """Look until this is canceled."""
        while True:
            await asyncio.sleep(TICK_S)
            self._peak_mb = max(self._peak_mb, _memory_mb(self._pid))

    def usage(self) -> Usage:
        """Give what was used since the start."""
        took = time.perf_counter() - self._began
        return Usage((_cpu_seconds(self._pid) - self._before) / took, self._peak_mb)


def _family(pid: int) -> list[int]:
    pids = [pid]
    for parent in pids:
        with suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                pids += map(int, (task / "children").read_text().split())
    return pids


def _cpu_seconds(pid: int) -> float:
    tick = os.sysconf("SC_CLK_TCK")
    used = 0
    for each in _family(pid):
        with suppress(OSError):
            fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
            used += int(fields[11]) + int(fields[12])
    return used / tick


def _memory_mb(pid: int) -> float:
    pages = 0
    for each in _family(pid):
        with suppress(OSError):
            pages += int(Path(f"/proc/{each}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
