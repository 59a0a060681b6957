"""The cost of one update: a window of an utterance that grew by a hop, by stock and by its peers.

    python -m bench.update --dims tiny.en --seconds 8

All decode 3.5 tokens for each second of the window, the same ones, from the same weights: random
ones, which cost what real ones do.  They take turns in one run.
"""

import statistics
import tempfile
import time
from pathlib import Path

import click
import torch
from rich.progress import track

from bench.report import console
from bench.tables import update_table
from bench.ways import Way, ways_of
from bench.weights import DIMENSIONS, random_checkpoint


def measure(ways: list[Way], rounds: int, name: str) -> list[float]:
    """Give the median milliseconds per window of each way; they take turns."""
    took: list[list[float]] = [[] for _ in ways]
    for way in ways:
        way.decode()
    for _ in track(range(rounds), name, transient=True):
        for place, way in enumerate(ways):
            began = time.perf_counter()
            way.decode()
            took[place].append((time.perf_counter() - began) / way.items * 1000)
    return [statistics.median(times) for times in took]


@click.command()
@click.option(
    "--dims", type=click.Choice(list(DIMENSIONS)), multiple=True, default=["tiny.en", "base.en"]
)
@click.option("--seconds", default=8.0, show_default=True, help="Audio in the window.")
@click.option("--rounds", default=7, show_default=True)
def main(dims: tuple[str, ...], seconds: float, rounds: int) -> None:
    """Measure one update."""
    terminal = console()
    for name in dims:
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = random_checkpoint(DIMENSIONS[name], Path(folder) / "random.pt")
            ways, notes = ways_of(checkpoint, seconds)
            times = measure(ways, rounds, name)
        rows = [(way.name, ms) for way, ms in zip(ways, times, strict=True)]
        title = f"{name}'s dimensions, {seconds:g} s window, {torch.get_num_threads()} threads"
        terminal.print(update_table(title, rows))
        for note in notes:
            terminal.print(note)


if __name__ == "__main__":
    main()
