"""What thousands of idle connections, a flood of half-open ones and uploads cost who speaks.

    python -m bench.crowd
    python -m bench.crowd --rounds 2 --seconds 15 --idle 500 --what flood

One server for all.  In each round the speakers speak alone, then beside each crowd in turn, and
once more alone, always saying the same: so the noise of the machine strikes all alike, and the
last turn shows what it does.  `bench.crowd_clients` says who the crowds are.
"""

import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import trustme
from rich.progress import Progress

from bench import processes
from bench.crowd_figures import AGAIN, ALONE, LEGEND, Case, Turn, lags_table, load_table
from bench.lags import Lags
from bench.report import begin, save
from bench.turns import verdict

KINDS = ("mute", "idle", "flood", "upload")
_PATIENCE_S = 30.0
_WORD_OF_LEAVING_S = 15.0
"""Longer than a head may take: then all half-open connections are gone by themselves."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many speak, for how long, beside how many."""

    streams: int
    seconds: float
    idle: int
    mute: int
    flood: int
    rate: float
    upload: int

    def options(self, kind: str) -> list[str]:
        """Give the options of the crowd's process."""
        return ["--count", str(getattr(self, kind)), "--rate", str(self.rate)]

    def title(self, kind: str) -> str:
        """Name a case for people."""
        return {
            "idle": f"{self.idle} idle",
            "mute": f"{self.mute} muted",
            "flood": f"flood of {self.rate:.0f}/s",
            "upload": f"{self.upload} uploads, 1 fast",
        }.get(kind, kind)


@dataclass
class Newcomers:
    """Somebody new at every look: how long until they are let in."""

    server: processes.Server
    waits: list[float] = field(default_factory=list)
    turned_away: int = 0

    def come(self) -> None:
        """Ask for an upgrade, wait for the answer, and go."""
        began = time.perf_counter()
        try:
            answer = self._ask()
        except OSError:
            answer = b""
        if answer.startswith(b"HTTP/1.1 101 "):
            self.waits.append(time.perf_counter() - began)
        else:
            self.turned_away += 1

    def _ask(self) -> bytes:
        parts = urlsplit(self.server.socket_url)
        lines = (
            "GET /v1/dictation HTTP/1.1",
            f"Host: {parts.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            f"Authorization: Bearer {self.server.token}",
        )
        plain = socket.create_connection(("127.0.0.1", parts.port or 443), timeout=_PATIENCE_S)
        with plain as wire:
            if parts.scheme == "wss":
                tls = ssl.create_default_context()
                wire = tls.wrap_socket(plain, server_hostname="localhost")
            wire.sendall("\r\n".join([*lines, "", ""]).encode())
            return wire.recv(4096)


@dataclass
class Visit:
    """A crowd while it is there, and what it told in the end."""

    told: dict[str, Any] = field(default_factory=dict)
    kb_each: float = 0.0
    cores: float = 0.0
    seconds: float = 0.0


@contextmanager
def crowded(server: processes.Server, kind: str, sizes: Sizes) -> Iterator[Visit]:
    """Have a crowd there meanwhile; nobody for the kinds without one."""
    visit = Visit()
    if kind not in KINDS:
        yield visit
        return
    pid = server.process.pid
    before, began = processes.resident_kb(pid), time.perf_counter()
    url = server.socket_url.removesuffix("v1/dictation").replace("ws", "http", 1)
    command = [sys.executable, "-m", "bench.crowd_clients", kind, url, *sizes.options(kind)]
    environment = {**os.environ, "WSSERVER_TOKEN": server.token}
    crowd = subprocess.Popen(  # noqa: S603 - our own command
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert crowd.stdout is not None
        crowd.stdout.readline()
        if kind in ("idle", "mute"):
            visit.kb_each = (processes.resident_kb(pid) - before) / getattr(sizes, kind)
        cpu, there = processes.cpu_seconds(crowd.pid), time.perf_counter()
        yield visit
        took = time.perf_counter() - there
        visit.cores = (processes.cpu_seconds(crowd.pid) - cpu) / took
        told, _ = crowd.communicate("", timeout=_PATIENCE_S)
        visit.told, visit.seconds = json.loads(told), time.perf_counter() - began
    finally:
        crowd.kill()


def open_files(server: processes.Server) -> int:
    """Count what the server has open, connections above all."""
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


class Bench:
    """One server, and turns on it."""

    def __init__(self, server: processes.Server, folder: Path, sizes: Sizes) -> None:
        self._server = server
        self._folder = folder
        self._sizes = sizes
        self._open_files = open_files(server)

    def turn(self, kind: str) -> Turn:
        """Let the speakers speak beside a crowd of this *kind*."""
        newcomers = Newcomers(self._server)
        said = self._folder / "said.json"
        options = ("--streams", str(self._sizes.streams), "--seconds", str(self._sizes.seconds))
        arguments = (*options, "--spoken", "--out", str(said))
        with crowded(self._server, kind, self._sizes) as visit:
            usage = processes.speak(self._server, arguments, newcomers.come)
            beats = processes.beats(self._server, self._folder / "beats.json")
        told = {"came": 0, "refused": 0, "lost": 0, "audio_seconds": 0.0} | visit.told
        return Turn(
            lags=Lags(**json.loads(said.read_text())["lags"]),
            newcomers=newcomers.waits,
            turned_away=newcomers.turned_away,
            beats_ms=beats,
            cores=usage.cores,
            crowd_cores=visit.cores,
            kb_each=visit.kb_each,
            crowd_came=told["came"],
            crowd_refused=told["refused"],
            crowd_lost=told["lost"],
            heard=told["audio_seconds"] / visit.seconds if visit.seconds else 0.0,
            left=self._left(),
        )

    def _left(self) -> int:
        """Wait until nobody is left; say how many are all the same."""
        are_gone = lambda: open_files(self._server) <= self._open_files  # noqa: E731
        processes.wait_for(are_gone, _WORD_OF_LEAVING_S)
        return max(0, open_files(self._server) - self._open_files)


@contextmanager
def certificate(folder: Path) -> Iterator[tuple[str, ...]]:
    """Make a certificate that all here trust; give the options of the server."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    chain, key, root = (folder / name for name in ("chain.pem", "key.pem", "root.pem"))
    for part in issued.cert_chain_pems:
        part.write_to_path(chain, append=True)
    issued.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(root)
    os.environ["SSL_CERT_FILE"] = str(root)  # for the processes that are started
    yield ("--tls", str(chain), str(key))


def run(what: tuple[str, ...], sizes: Sizes, rounds: int, options: tuple[str, ...]) -> list[Case]:
    """Measure all cases in turns; *options* are the server's."""
    kinds = (ALONE, *what, AGAIN)
    cases = {kind: Case(sizes.title(kind)) for kind in kinds}
    with tempfile.TemporaryDirectory() as name, Progress(transient=True) as progress:
        folder = Path(name)
        beats = ("--beats", str(folder / "beats.json"))
        server = processes.start("bench.crowd_server", *beats, *options)
        task = progress.add_task("turns", total=rounds * len(kinds))
        try:
            bench = Bench(server, folder, sizes)
            bench.turn(ALONE)  # what is slow once only
            for kind in kinds * rounds:
                progress.update(task, description=sizes.title(kind))
                cases[kind].turns.append(bench.turn(kind))
                progress.advance(task)
        finally:
            processes.stop(server)
    return list(cases.values())


@click.command()
@click.option("--what", type=click.Choice(KINDS), multiple=True, default=KINDS, show_default=True)
@click.option("--rounds", default=5, show_default=True)
@click.option("--seconds", default=20.0, show_default=True, help="That a speaker speaks in a turn.")
@click.option("--streams", default=2, show_default=True, help="Speakers.")
@click.option("--idle", default=2_000, show_default=True, help="Open and never begun.")
@click.option("--mute", default=200, show_default=True, help="Begun and silent.")
@click.option("--flood", default=200, show_default=True, help="That send a byte at a time.")
@click.option("--rate", default=300.0, show_default=True, help="That send nothing, a second.")
@click.option("--upload", default=3, show_default=True, help="Files at a time.")
@click.option("--tls/--plain", default=False, help="All of it over TLS.")
@click.option("--model", default="practice", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench/out"))
def main(what: tuple[str, ...], rounds: int, tls: bool, out: Path, **options: Any) -> None:
    """Measure what crowds cost who speaks; a timing is no test, so this always ends well."""
    model, sizes = ("--model", options.pop("model")), Sizes(**options)
    terminal = begin(LEGEND)
    with tempfile.TemporaryDirectory() as folder:
        if tls:
            with certificate(Path(folder)) as secured:
                cases = run(what, sizes, rounds, (*model, *secured))
        else:
            cases = run(what, sizes, rounds, model)
    terminal.print(lags_table(cases), load_table(cases))
    terminal.print(verdict(cases), highlight=False)
    saved = out / ("crowd-tls.json" if tls else "crowd.json")
    save(cases, saved)
    terminal.print(f"Saved {saved}")


if __name__ == "__main__":
    main()
