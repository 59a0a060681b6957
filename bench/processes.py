"""Start what is measured, watch what it uses, stop it.

Knows processes and /proc; knows nothing of speech.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_READY = re.compile(r"Ready +(\S+/)#token=(\S+)")
TICK_S = 0.25
"""Between two looks at what the server uses."""

_PATIENCE_S = 60.0
"""For a server that writes how late its event loop was."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is ready."""

    process: subprocess.Popen[str]
    socket_url: str
    token: str


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident megabytes at one time."""

    server: float
    """The process that holds the sessions."""

    family: float
    """That and its children, the engine among them."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a server took while people spoke."""

    cores: float
    before: Memory
    peak: Memory

    @property
    def session_mb(self) -> float:
        """Megabytes by which the process that holds the sessions grew, for all of them."""
        return self.peak.server - self.before.server

    @property
    def family_mb(self) -> float:
        """Megabytes by which all processes grew: sessions, and what the engine works in."""
        return self.peak.family - self.before.family


def start(*arguments: str) -> Server:
    """Run a module until it says where it is ready."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if ready := _READY.search(line):
            return Server(process, ready[1].replace("http", "ws", 1) + "v1/dictation", ready[2])
    raise RuntimeError(f"the server ended with {process.wait()} after saying: {said}")


def stop(server: Server) -> None:
    """Ask a server to stop and wait for it."""
    server.process.terminate()
    server.process.communicate(timeout=60)


def beats(server: Server, path: Path) -> dict[str, float]:
    """Have a server write to *path* how late its event loop was since the last time."""
    path.unlink(missing_ok=True)
    server.process.send_signal(signal.SIGUSR1)
    wait_for(path.exists, _PATIENCE_S)
    told: dict[str, float] = json.loads(path.read_text())
    return told


def wait_for(is_so: Callable[[], bool], for_seconds: float) -> None:
    """Wait until it is so, or as long as that."""
    until = time.monotonic() + for_seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.05)


def speak(server: Server, arguments: Sequence[str], tick: Callable[[], None]) -> Usage:
    """Let the speakers speak, in a process of their own; give what the server used meanwhile.

    *tick* is called at every look, each `TICK_S`.
    """
    command = [sys.executable, "-m", "bench.speakers", server.socket_url, *arguments]
    environment = {**os.environ, "WSSERVER_TOKEN": server.token}
    speakers = subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert speakers.stdout is not None
        speakers.stdout.readline()  # they have read what they are going to say
        server.process.send_signal(signal.SIGUSR1)
        usage = _watch(server.process.pid, speakers, tick)
    finally:
        speakers.kill()
    if speakers.wait():
        raise RuntimeError(f"the speakers ended with {speakers.returncode}")
    return usage


def _watch(pid: int, speakers: subprocess.Popen[str], tick: Callable[[], None]) -> Usage:
    before, cpu, began = _memory(pid), cpu_seconds(pid), time.perf_counter()
    peak = before
    while speakers.poll() is None:
        time.sleep(TICK_S)
        now = _memory(pid)
        peak = Memory(max(peak.server, now.server), max(peak.family, now.family))
        tick()
    took = time.perf_counter() - began
    return Usage((cpu_seconds(pid) - cpu) / took, before, peak)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def cpu_seconds(pid: int) -> float:
    """Say how long a process and its children have kept a core busy."""
    return sum(map(own_cpu_seconds, _family(pid)))


def own_cpu_seconds(pid: int) -> float:
    """Say how long a process without its children has kept a core busy."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def resident_kb(pid: int) -> float:
    """Say how large a process is."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


def _memory(pid: int) -> Memory:
    sizes = [resident_kb(each) / 1024 for each in _family(pid)]
    return Memory(sizes[0], sum(sizes))
