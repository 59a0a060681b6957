"""What live sessions cost the process that holds them, when the engine costs what a GPU does.

    python -m bench.gateway
    python -m bench.gateway --sessions 1 --sessions 250 --rounds 1 --seconds 15
    python -m bench.gateway --sessions 1000 --processes 4

The real server with its real voice detection; a scripted engine takes as long for each batch as a
GPU was measured to take, and hears words by the clock.  Hundreds speak real sentences at the pace
of speech, in chunks of 20 to 100 ms, from processes of their own (`bench.gateway_speakers`).  In
each round every number of sessions has its turn, so the noise of the machine strikes all alike.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress

from bench import processes
from bench.gateway_figures import LEGEND, Case, Turn, gateway_table, verdict
from bench.gateway_speakers import CHUNKS_MS
from bench.lags import Lags
from bench.report import begin, save
from bench.turns import together

WAYS: dict[str, tuple[str, ...]] = {
    "as shipped": (),
    "in asyncio": ("--asyncio",),
    "singly": ("--singly",),
    "singly, in asyncio": ("--singly", "--asyncio"),
}
"""How the server runs, and its options.  Singly every session asks the voice model for itself."""

_PATIENCE_S = 60.0
_MOST_SPEAKERS = 250
"""In one process; it takes about a third of a core."""


@dataclass(frozen=True, slots=True)
class Group:
    """Speakers of one process."""

    process: subprocess.Popen[str]
    out: Path

    def wait_there(self) -> None:
        """Wait until they may begin."""
        assert self.process.stdout is not None
        if self.process.stdout.readline() != "there\n":
            raise RuntimeError(f"the speakers ended with {self.process.wait()}")

    def begin(self) -> None:
        """Give the sign."""
        assert self.process.stdin is not None
        self.process.stdin.close()


def shares(sessions: int, servers: int) -> list[tuple[int, int]]:
    """Divide sessions among speakers' processes: the number of a server, and how many go there."""
    divided = []
    for server in range(servers):
        left = sessions // servers + (server < sessions % servers)
        while left:
            divided.append((server, min(left, _MOST_SPEAKERS)))
            left -= divided[-1][1]
    return divided


class Bench:
    """Servers alike, and turns on them."""

    def __init__(
        self,
        servers: Sequence[processes.Server],
        folder: Path,
        seconds: float,
        chunks: Sequence[int],
    ) -> None:
        """Have speakers speak for so long, in chunks of these milliseconds."""
        self._servers = servers
        self._folder = folder
        self._seconds = seconds
        self._chunks = [text for ms in chunks for text in ("--chunks-ms", str(ms))]
        self._turns = 0

    def turn(self, sessions: int) -> Turn:
        """Let so many speak."""
        before = self._resident_kb()
        with self._speakers(sessions) as groups:
            for group in groups:
                group.wait_there()
            self._beats()  # those of the handshakes
            own, all_, began = self._cpu(), self._cpu_of_all(), time.perf_counter()
            for group in groups:
                group.begin()
            time.sleep(self._seconds)
            kb_each = (self._resident_kb() - before) / sessions
            for group in groups:
                group.process.wait(self._seconds + _PATIENCE_S)
            took = time.perf_counter() - began
            own, all_ = self._cpu() - own, self._cpu_of_all() - all_
            beats = self._beats()
            told = [json.loads(group.out.read_text()) for group in groups]
        return Turn(
            lags=together(Lags(**each["lags"]) for each in told),
            refused=sum(each["refused"] for each in told),
            beats_ms=beats,
            cores=own / took,
            cpu_ms_each=1000 * own / (sessions * self._seconds),
            engine_cores=(all_ - own) / took,
            kb_each=kb_each,
            client_late_ms=max(each["late_ms"]["p99"] for each in told),
        )

    @contextmanager
    def _speakers(self, sessions: int) -> Iterator[list[Group]]:
        with ExitStack() as ending:
            groups, first = list[Group](), self._turns
            self._turns += 1  # so that those alone are not always the same one
            for place, count in shares(sessions, len(self._servers)):
                out = self._folder / f"said-{len(groups)}.json"
                process = self._start(self._servers[place], first, count, out)
                ending.enter_context(process)
                ending.callback(process.kill)
                groups.append(Group(process, out))
                first += count
            yield groups

    def _start(
        self, server: processes.Server, first: int, count: int, out: Path
    ) -> subprocess.Popen[str]:
        options = {"sessions": count, "first": first, "seconds": self._seconds, "out": out}
        arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        return subprocess.Popen(  # noqa: S603 - our own command
            [
                sys.executable,
                "-m",
                "bench.gateway_speakers",
                server.socket_url,
                *arguments,
                *self._chunks,
            ],
            env={**os.environ, "WSSERVER_TOKEN": server.token},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _resident_kb(self) -> float:
        return sum(processes.resident_kb(server.process.pid) for server in self._servers)

    def _cpu(self) -> float:
        return sum(processes.own_cpu_seconds(server.process.pid) for server in self._servers)

    def _cpu_of_all(self) -> float:
        return sum(processes.cpu_seconds(server.process.pid) for server in self._servers)

    def _beats(self) -> dict[str, float]:
        """Have the servers write how late their event loops were since the last time."""
        told = [
            processes.beats(server, self._folder / f"beats-{at}.json")
            for at, server in enumerate(self._servers)
        ]
        return {name: max(each[name] for each in told) for name in ("p50", "p99", "p100")}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured."""

    sessions: tuple[int, ...]
    ways: tuple[str, ...]
    rounds: int
    seconds: float
    processes: int
    options: tuple[str, ...]
    """Of every server."""

    chunks_ms: tuple[int, ...] = CHUNKS_MS


@contextmanager
def serving(plan: Plan, way: str, folder: Path) -> Iterator[Bench]:
    """Have the servers of a *way* there meanwhile."""
    folder.mkdir()
    with ExitStack() as ending:
        servers = []
        for at in range(plan.processes):
            beats = ("--beats", str(folder / f"beats-{at}.json"))
            options = (*beats, "--engine", "fake", *plan.options, *WAYS[way])
            servers.append(processes.start("bench.crowd_server", *options))
            ending.callback(processes.stop, servers[-1])
        yield Bench(servers, folder, plan.seconds, plan.chunks_ms)


def run(plan: Plan) -> list[Case]:
    """Measure all numbers of sessions in turns; of each way in turns, too."""
    cases = [
        Case(f"{count} {way}", way=way, sessions=count)
        for count in plan.sessions
        for way in plan.ways
    ]
    with (
        tempfile.TemporaryDirectory() as name,
        Progress(transient=True) as progress,
        ExitStack() as ending,
    ):
        task = progress.add_task("turns", total=plan.rounds * len(cases))
        benches = {
            way: ending.enter_context(serving(plan, way, Path(name, f"way-{at}")))
            for at, way in enumerate(plan.ways)
        }
        for bench in benches.values():
            bench.turn(1)  # what is slow once only
        for case in cases * plan.rounds:
            progress.update(task, description=case.name)
            case.turns.append(benches[case.way].turn(case.sessions))
            progress.advance(task)
    return cases


@click.command()
@click.option("--sessions", type=int, multiple=True, default=(1, 50, 100, 250), show_default=True)
@click.option("--ways", type=click.Choice(list(WAYS)), multiple=True, default=("as shipped",))
@click.option("--rounds", default=3, show_default=True)
@click.option("--seconds", default=20.0, show_default=True, help="That each speaks in a turn.")
@click.option("--processes", default=1, show_default=True, help="Servers that share the sessions.")
@click.option("--chunks-ms", type=int, multiple=True, default=CHUNKS_MS, show_default=True)
@click.option(
    "--cost-ms",
    type=(float, float),
    default=(5.0, 1.0),
    show_default=True,
    help="That the engine takes for a batch, and for each window in it.",
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench/out"))
def main(out: Path, cost_ms: tuple[float, float], **options: Any) -> None:
    """Measure what sessions cost; a timing is no test, so this always ends well."""
    terminal = begin(LEGEND)
    cost = ("--cost-ms", *map(str, cost_ms))
    cases = run(Plan(options=cost, **options))
    terminal.print(gateway_table(cases))
    terminal.print(verdict(cases), highlight=False)
    save(cases, out / "gateway.json")
    from bench.gateway_plot import plot_gateway  # of an extra

    plot_gateway(cases, out / "gateway.png")
    terminal.print(f"Saved {out / 'gateway.json'} and {out / 'gateway.png'}")


if __name__ == "__main__":
    main()
