"""What the processes of a server hold while nobody is there, and whether that stays the same.

Knows /proc and the server's own reports; knows nothing of what was done to it in between.
"""

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import soundfile

from bench.processes import Server
from bench.soak_server import Held, held, name_of
from wsserver.net.conversation import Conversation
from wsserver.net.front_door import FrontDoor
from wsserver.net.http_side import HttpSide
from wsserver.net.places import Lease

WITHIN = 0.05
"""By which a figure may differ from what it was."""

_GUESTS = (Conversation, FrontDoor, HttpSide, Lease, soundfile.SoundFile)
"""What is waited for; the last files are closed in a thread, when the disk has time."""

_CALM_WITHIN_S = 30.0
_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Rest:
    """Everybody has gone."""

    sessions: int
    """Since the server's beginning."""

    seconds: float
    figures: dict[str, float]
    types: dict[str, int] = field(repr=False)
    """Objects by class, to find what grows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a figure went on."""

    figure: str
    before: float
    """Mean of the second quarter of the rests."""

    after: float
    """Mean of the last quarter."""

    @property
    def change(self) -> float:
        """By which share it grew."""
        return (self.after - self.before) / self.before if self.before else self.after

    @property
    def is_flat(self) -> bool:
        """Tell whether it is what it was."""
        return abs(self.change) <= WITHIN


def judge(rests: Sequence[Rest]) -> list[Verdict]:
    """Compare the last quarter of *rests* with the second one.

    The first is left out: code is loaded, pools of threads and caches fill, and the allocator
    takes what the most crowded moment wants, once.
    """
    quarter = len(rests) // 4
    if not quarter:
        raise ValueError(f"found {len(rests)} rests, expected at least 4")
    second, last = rests[quarter : 2 * quarter], rests[-quarter:]
    return [
        Verdict(name, *(fmean(rest.figures[name] for rest in part) for part in (second, last)))
        for name in rests[0].figures
    ]


async def rest(server: Server, sessions: int, seconds: float) -> Rest:
    """Wait until the last one has gone, but not for ever, and look."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _CALM_WITHIN_S
    report = await ask(server)
    while any(report.kinds[name_of(kind)] for kind in _GUESTS) and loop.time() < deadline:
        await asyncio.sleep(_LOOK_EVERY_S)
        report = await ask(server)
    return Rest(
        sessions, seconds, _figures(server.process.pid, report), report.kinds | report.types
    )


async def ask(server: Server) -> Held:
    """Have the server count what it holds."""
    assert server.process.stdout is not None
    server.process.send_signal(signal.SIGUSR1)
    line = await asyncio.to_thread(server.process.stdout.readline)
    while line and not line.startswith("{"):
        line = await asyncio.to_thread(server.process.stdout.readline)
    return held.validate_json(line)


def _figures(pid: int, report: Held) -> dict[str, float]:
    engine = int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    own = {
        "tasks": report.tasks,
        "threads but for asyncio's pool": report.threads,
        "Python blocks": report.blocks,
        "tracked objects": report.tracked,
        "session objects": sum(report.kinds.values()),
    }
    return {**_process("server", pid), **own, **_process("engine", engine)}


def _process(name: str, pid: int) -> dict[str, float]:
    memory = _memory(pid)
    return {
        f"{name} RSS MB": memory["Rss"],
        # Not PSS and USS, which depend on who else has the same libraries open.
        f"{name} anonymous MB": memory["Anonymous"],
        f"{name} handles": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        f"{name} threads": len(list(Path(f"/proc/{pid}/task").iterdir())),
    }


def _memory(pid: int) -> dict[str, float]:
    """Give megabytes by the kernel's names (proc(5), smaps_rollup)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    parts = (line.split() for line in lines)
    return {name.rstrip(":"): int(kilobytes) / 1024 for name, kilobytes, *_ in parts}
