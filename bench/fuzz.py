"""Hostile input by the million for whatever takes bytes from strangers.

    python -m bench.fuzz --inputs 1000000 --seed 1
    python -m bench.fuzz --again 1/dialogs/4711             # one input by its seed
    python -m bench.fuzz --atheris dialogs -- -runs=100000  # by coverage; `pip install atheris`

Prints inputs a second, exceptions that nobody handles and sessions that leak; both must be 0, else
the inputs are saved and the exit code is 1.  `bench.fuzzing.targets` says what is tried.
"""

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from random import Random
from typing import NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

from bench.fuzzing.runs import Batch, Failure, Outcome, run_batch
from bench.fuzzing.targets import TARGETS, target_named

_BATCHES = 100
"""Of each target, so that the progress moves and an ill batch costs little."""


def batches(inputs: int, seed: int) -> Iterator[Batch]:
    """Divide so many *inputs* among the targets."""
    for target in TARGETS:
        count = round(inputs * target.share)
        size = max(1, -(-count // _BATCHES))
        for first in range(0, count, size):
            yield Batch(target.name, seed, first, min(size, count - first))


def run_all(inputs: int, seed: int, processes: int) -> dict[str, Outcome]:
    """Try all in so many *processes*; one that dies ends the run with an error."""
    outcomes = {target.name: Outcome(target.name) for target in TARGETS}
    work = list(batches(inputs, seed))
    columns = ("[progress.description]{task.description}", BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, TimeRemainingColumn(), transient=True) as progress,
        ProcessPoolExecutor(processes, initializer=_silence) as pool,
    ):
        task = progress.add_task("inputs", total=sum(batch.count for batch in work))
        for done in as_completed([pool.submit(run_batch, batch) for batch in _mixed(work)]):
            outcomes[done.result().target].add(done.result())
            progress.advance(task, done.result().inputs)
    return outcomes


def _mixed(work: list[Batch]) -> list[Batch]:
    """Mix the targets, so that the time that is left can be told from the start."""
    return Random(0).sample(work, len(work))  # noqa: S311 - no secret


def _silence() -> None:
    """Let libraries that write to standard error from C do so into nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def table(outcomes: dict[str, Outcome]) -> Table:
    """Show each target and the sum."""
    told = Table("target", "inputs", "inputs/s (one core)", "unhandled", "leaked")
    for column in told.columns[1:]:
        column.justify = "right"
    total = Outcome("all")
    for outcome in outcomes.values():
        total.add(outcome)
    for outcome in (*outcomes.values(), total):
        speed = f"{outcome.inputs / max(outcome.seconds, 1e-9):,.0f}"
        counts = (f"{outcome.unhandled}", f"{outcome.leaked}")
        told.add_row(outcome.target, f"{outcome.inputs:,}", speed, *counts)
    return told


def save(failures: list[Failure], folder: Path) -> list[str]:
    """Write the inputs of *failures*; give a line for each."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for failure in failures:
        path = folder / hashlib.sha256(failure.data).hexdigest()[:16]
        path.write_bytes(failure.data)
        lines.append(f"--again '{failure.seed}': {failure.error} ({path})")
    return lines


def again(seed: str) -> None:
    """Try the one input of *seed*; raise what it raises."""
    target = target_named(seed.split("/")[1])
    data = target.make(Random(seed))  # noqa: S311 - no secret
    print(data)
    target.run(data)


def by_coverage(name: str, arguments: tuple[str, ...]) -> NoReturn:
    """Go over to a process in which atheris sees every import from the beginning."""
    command = (sys.executable, "-m", "bench.fuzzing.coverage", target_named(name).name, *arguments)
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


@click.command()
@click.option("--inputs", default=1_000_000, show_default=True, help="In all.")
@click.option("--seed", default=1, show_default=True)
@click.option("--processes", default=os.cpu_count() or 1, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench/out/fuzz"))
@click.option("--again", "again_seed", help="Try the one input of this seed.")
@click.option("--atheris", "coverage_of", metavar="TARGET", help="Look by coverage instead.")
@click.argument("arguments", nargs=-1)
def main(inputs: int, seed: int, processes: int, out: Path, **others: object) -> None:
    """Try hostile input on everything that takes bytes from strangers."""
    match others:
        case {"again_seed": str(one)}:
            again(one)
            return
        case {"coverage_of": str(name), "arguments": tuple(arguments)}:
            by_coverage(name, arguments)
    console, began = Console(), time.perf_counter()
    outcomes = run_all(inputs, seed, processes)
    console.print(table(outcomes))
    console.print(f"{time.perf_counter() - began:.0f} s in {processes} processes, seed {seed}")
    failures = [failure for outcome in outcomes.values() for failure in outcome.failures]
    for line in save(failures, out):
        console.print(line, style="red", markup=False, soft_wrap=True)
    if any(outcome.unhandled or outcome.leaked for outcome in outcomes.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
