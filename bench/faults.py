"""Find out whether long dictations through random faults lose a word or hear one twice.

    python -m bench.faults --faults 200 --seed 7

Starts a real server behind a line that is made bad, kills and stops both, and compares what the
client heard with the same dictation in peace.  `tests/faults/` says what the faults are.  The same
seed gives the same faults at the same places in the audio, not at the same instants.
"""

import asyncio
import json
import tempfile
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from shutil import copyfile
from statistics import median
from time import monotonic

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.faults.harness import (
    ENGINE,
    LINE,
    SERVER,
    Storm,
    Struck,
    check,
    explain,
    place,
    schedule,
)
from tests.faults.speech import STARTS, long_speech
from wsserver.messages import Final

_BUSY = "{delay_s: 0.05}"
_FAULTS_EACH = 40
_SECONDS_EACH = 240.0


@dataclass
class Run:
    """One dictation and what became of it."""

    seed: int
    start: str
    audio_seconds: float
    struck: list[Struck] = field(default_factory=list)
    finals: int = 0
    reconnects: int = 0
    wall_seconds: float = 0.0
    failure: str | None = None

    def note(self, storm: Storm, wall_seconds: float) -> None:
        """Take down what came of *storm*."""
        messages = storm.heard.messages
        self.struck, self.wall_seconds = storm.struck, wall_seconds
        self.reconnects = len(storm.heard.resumed_at) - 1
        self.finals = sum(isinstance(message, Final) for message in messages)


@dataclass(frozen=True)
class Conditions:
    """What is dictated through."""

    faults: int
    seed: int
    model: str

    @property
    def environment(self) -> dict[str, str]:
        """Give the settings of the server."""
        if self.model == "fake":
            return {"WSSERVER_ENGINE__SCRIPT": _BUSY}
        named = {"WSSERVER_ENGINE__KIND": "whisper", "WSSERVER_ENGINE__MODEL": self.model}
        # A real model takes longer, beside all that restarts, than an engine of tests.
        times = {"TIMEOUT_SECONDS": "20", "RELOAD_SECONDS": "20"}
        return named | {f"WSSERVER_SCHEDULER__{name}": value for name, value in times.items()}


async def dictate(conditions: Conditions, folder: Path, progress: Progress) -> Run:
    """Dictate once through faults; failures are told in the result."""
    random = Random(conditions.seed)  # noqa: S311 - no secret
    seconds = _SECONDS_EACH * conditions.faults / _FAULTS_EACH
    speech = long_speech(random.choice(STARTS), seconds, random)
    strikes = schedule(conditions.seed, conditions.faults, speech.seconds, LINE + ENGINE + SERVER)
    run = Run(
        conditions.seed, f"{speech.start.encoding} {speech.start.sample_rate}", speech.seconds
    )
    task = progress.add_task(f"seed {conditions.seed}, {run.start}", total=len(strikes))

    began = monotonic()
    try:
        async with place(folder, **conditions.environment) as where:
            storm = Storm(where, speech, strikes, lambda _: progress.advance(task))
            try:
                heard = await storm.run()
            finally:
                run.note(storm, monotonic() - began)
            check(speech, heard, await explain(where.url, speech, heard, where.stops))
    except Exception as error:  # noqa: BLE001 - the table tells it, and a server may fail as well
        run.failure = f"{type(error).__name__}: {error}"
    return run


def faults_table(runs: list[Run]) -> Table:
    """Tell how often each fault struck and how long the session took to go on."""
    seconds = defaultdict[str, list[float]](list)
    count = defaultdict[str, int](int)
    for struck in (struck for run in runs for struck in run.struck):
        count[struck.strike.fault] += 1
        if struck.seconds > 0.0:
            seconds[struck.strike.fault].append(struck.seconds)
    table = Table("fault", "struck", "recovered, median s", "longest s", title="Faults")
    for fault in sorted(count):
        took = seconds[fault] or [0.0]
        table.add_row(fault, str(count[fault]), f"{median(took):.2f}", f"{max(took):.2f}")
    return table


def runs_table(runs: list[Run]) -> Table:
    """Tell what became of each dictation."""
    names = ("seed", "format", "audio s", "faults", "reconnects", "finals", "took s", "outcome")
    table = Table(*names, title="Dictations")
    for run in runs:
        told = (run.seed, run.start, f"{run.audio_seconds:.0f}", len(run.struck), run.reconnects)
        outcome = run.failure.splitlines()[0] if run.failure else "every word, once"
        table.add_row(*map(str, told), str(run.finals), f"{run.wall_seconds:.0f}", outcome)
    return table


@click.command()
@click.option("--faults", default=200, show_default=True, help="In all dictations together.")
@click.option("--seed", default=1, show_default=True, help="Of the first; the next has the next.")
@click.option("--model", default="fake", show_default=True, help="fake, practice, base, ...")
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench/out"))
def main(faults: int, seed: int, model: str, out: Path) -> None:
    """Dictate through faults; exit with 1 if a word was lost or came twice."""
    console, runs = Console(), list[Run]()
    out.mkdir(parents=True, exist_ok=True)
    with Progress(console=console) as progress:
        while faults > 0:
            conditions = Conditions(min(faults, _FAULTS_EACH), seed, model)
            with tempfile.TemporaryDirectory() as folder:
                runs.append(asyncio.run(dictate(conditions, Path(folder), progress)))
                if runs[-1].failure:
                    copyfile(Path(folder) / "log", out / f"faults-{model}-{seed}.log")
            faults, seed = faults - conditions.faults, seed + 1
    console.print(faults_table(runs), runs_table(runs))
    saved = out / f"faults-{model}.json"
    saved.write_text(json.dumps([asdict(run) for run in runs], indent=1))
    console.print(f"Saved {saved}")
    raise SystemExit(any(run.failure for run in runs))


if __name__ == "__main__":
    main()
