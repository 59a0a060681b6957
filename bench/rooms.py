"""What the viewers of a room cost who speaks in it.

    python -m bench.rooms
    python -m bench.rooms --viewers 1000 --rounds 3 --seconds 20 --engine fake

One server for all.  In each round somebody speaks in a room without viewers, then beside each
number of them in turn, and once more without, always saying the same: so the noise of the machine
strikes all alike, and the last turn shows what it does.
"""

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress

from bench import processes
from bench.lags import Lags
from bench.report import begin, save
from bench.rooms_figures import LEGEND, Case, Turn, rooms_table
from bench.rooms_plot import plot_rooms
from bench.turns import verdict

_PATIENCE_S = 30.0


@dataclass
class Visit:
    """The viewers while they are there, and what they told in the end."""

    told: dict[str, Any] = field(default_factory=lambda: {"spreads": [], "missed": 0, "lost": 0})
    kb_each: float = 0.0


def open_room(server: processes.Server) -> tuple[str, str]:
    """Give a new room and where its viewers go."""
    root = server.socket_url.replace("ws", "http", 1).removesuffix("v1/dictation")
    headers = {"Authorization": f"Bearer {server.token}"}
    asked = urllib.request.Request(f"{root}v1/rooms", b"", headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        made = json.load(answer)
    return made["room"], root.replace("http", "ws", 1).rstrip("/") + made["links"]["socket"]


@contextmanager
def watched(server: processes.Server, url: str, count: int) -> Iterator[Visit]:
    """Have so many viewers read along meanwhile."""
    visit = Visit()
    if not count:
        yield visit
        return
    pid = server.process.pid
    before = processes.resident_kb(pid)
    command = [sys.executable, "-m", "bench.room_viewers", url, "--count", str(count)]
    viewers = subprocess.Popen(  # noqa: S603 - our own command
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert viewers.stdout is not None
        viewers.stdout.readline()
        visit.kb_each = (processes.resident_kb(pid) - before) / count
        yield visit
        told, _ = viewers.communicate("", timeout=_PATIENCE_S)
        visit.told = json.loads(told)
    finally:
        viewers.kill()


class Bench:
    """One server, and turns on it."""

    def __init__(self, server: processes.Server, folder: Path, options: tuple[str, ...]) -> None:
        self._server = server
        self._folder = folder
        self._options = options

    def turn(self, viewers: int) -> Turn:
        """Let somebody speak beside so many *viewers*."""
        said = self._folder / "said.json"
        room, url = open_room(self._server)
        arguments = (*self._options, "--room", room, "--spoken", "--out", str(said))
        with watched(self._server, url, viewers) as visit:
            usage = processes.speak(self._server, arguments, lambda: None)
            beats = processes.beats(self._server, self._folder / "beats.json")
        return Turn(
            lags=Lags(**json.loads(said.read_text())["lags"]),
            beats_ms=beats,
            spreads=visit.told["spreads"],
            cores=usage.cores,
            kb_each=visit.kb_each,
            missed=visit.told["missed"],
            lost=visit.told["lost"],
        )


def run(
    counts: tuple[int, ...], rounds: int, options: tuple[str, ...], engine: tuple[str, ...]
) -> list[Case]:
    """Measure all numbers of viewers in turns; *options* are the speaker's."""
    cases = [
        Case("none", viewers=0),
        *(Case(f"{count} viewers", viewers=count) for count in counts),
        Case("none, again", viewers=0),
    ]
    with tempfile.TemporaryDirectory() as name, Progress(transient=True) as progress:
        beats = ("--beats", str(Path(name) / "beats.json"))
        server = processes.start("bench.crowd_server", *beats, *engine)
        task = progress.add_task("turns", total=rounds * len(cases))
        try:
            bench = Bench(server, Path(name), options)
            bench.turn(0)  # what is slow once only
            for case in cases * rounds:
                progress.update(task, description=case.name)
                case.turns.append(bench.turn(case.viewers))
                progress.advance(task)
        finally:
            processes.stop(server)
    return cases


@click.command()
@click.option("--viewers", type=int, multiple=True, default=(250, 500, 1_000), show_default=True)
@click.option("--rounds", default=5, show_default=True)
@click.option("--seconds", default=20.0, show_default=True, help="That a speaker speaks in a turn.")
@click.option("--streams", default=1, show_default=True, help="Speakers in the room.")
@click.option("--engine", type=click.Choice(["whisper", "fake"]), default="whisper")
@click.option("--model", default="practice", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench/out"))
def main(viewers: tuple[int, ...], rounds: int, out: Path, **options: Any) -> None:
    """Measure what viewers cost who speaks; a timing is no test, so this always ends well."""
    terminal = begin(LEGEND)
    speaker = tuple(
        each for name in ("streams", "seconds") for each in (f"--{name}", str(options[name]))
    )
    engine = ("--engine", options["engine"], "--model", options["model"])
    cases = run(viewers, rounds, speaker, engine)
    terminal.print(rooms_table(cases))
    terminal.print(verdict(cases), highlight=False)
    save(cases, out / "rooms.json")
    plot_rooms(cases, out / "rooms.png")
    terminal.print(f"Saved {out / 'rooms.json'} and {out / 'rooms.png'}")


if __name__ == "__main__":
    main()
