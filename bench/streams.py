"""Lag against the number of people who speak at once, over real sockets, at the pace of speech.

    python -m bench.streams                              # all of it
    python -m bench.streams --what ours --dims base.en --streams 1,2,4 --draft-share 0.7

Starts a server, and the speakers in a process of their own, for more and more of them until words
come too late or somebody is refused; then for twice as many as are carried.  Prints tables, saves
the lags and a plot.  `bench.lags` says what is measured.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress

from bench import processes, report
from bench.lags import Lags
from bench.plot import plot_streams
from bench.setups import Setup, default_partials, setups
from bench.sweep import Plan, Run, sweep
from bench.tables import LEGEND, streams_table
from bench.weights import DIMENSIONS, random_checkpoint

Tick = Callable[[], None]
WHAT = ("ours", "plain", "practice")


def measure(setup: Setup, streams: int, seconds: float, tick: Tick) -> Run:
    """Run a server and its speakers once."""
    with tempfile.TemporaryDirectory() as folder:
        beats, said = Path(folder) / "beats.json", Path(folder) / "said.json"
        server = processes.start(*setup.command, "--beats", str(beats))
        words = "--paced" if setup.paced else "--spoken"
        options = ("--streams", str(streams), "--seconds", str(seconds), words, "--out", str(said))
        try:
            usage = processes.speak(server, options, tick)
        finally:
            processes.stop(server)
        heard, late = json.loads(said.read_text()), json.loads(beats.read_text())
    return Run(streams, heard["refused"], Lags(**heard["lags"]), usage, late)


def run_setup(setup: Setup, plan: Plan) -> list[Run]:
    """Measure one server with more and more streams."""

    def once(streams: int) -> Run:
        with _progress(f"{setup.name}: {streams} streams", plan.seconds) as tick:
            return measure(setup, streams, plan.seconds, tick)

    return list(sweep(plan, once))


@contextmanager
def _progress(title: str, seconds: float) -> Iterator[Tick]:
    with Progress(transient=True) as progress:
        task = progress.add_task(title, total=seconds / processes.TICK_S)
        yield lambda: progress.advance(task)


def save(results: dict[str, list[Run]], limit: float, out: Path) -> None:
    """Write all lags, and the plot of what is within reach."""
    report.save(results, out / "streams.json")
    curves = {
        name: [(run.streams, run.lags.words) for run in runs if not run.overload]
        for name, runs in results.items()
    }
    plot_streams(curves, limit, out / "streams.png")


@click.command()
@click.option("--what", type=click.Choice(WHAT), multiple=True, default=WHAT, show_default=True)
@click.option("--dims", type=click.Choice(list(DIMENSIONS)), default="tiny.en", show_default=True)
@click.option("--partials", multiple=True, help="Precision of partials, as in config.yaml.")
@click.option("--draft-share", "shares", type=float, multiple=True, default=[0.9])
@click.option("--streams", help="Counts, as 1,2,4; by default enough to find the limit.")
@click.option("--seconds", default=20.0, show_default=True, help="That everybody speaks.")
@click.option("--limit", default=1.0, show_default=True, help="p95 of word lag, in seconds.")
@click.option("--twice/--no-twice", default=True, help="Also twice what is carried.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench/out"))
def main(what: tuple[str, ...], dims: str, out: Path, **options: Any) -> None:
    """Measure the lag for more and more streams."""
    partials = options["partials"] or default_partials()
    counts = tuple(map(int, options["streams"].split(","))) if options["streams"] else None
    terminal, results = report.begin(LEGEND), dict[str, list[Run]]()
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = random_checkpoint(DIMENSIONS[dims], Path(folder) / f"random-{dims}.pt")
        for setup in setups(what, partials, options["shares"], checkpoint):
            far = counts or setup.counts
            plan = Plan(far, options["seconds"], options["limit"], options["twice"])
            results[setup.name] = run_setup(setup, plan)
            terminal.print(streams_table(f"{dims}: {setup.name}", results[setup.name]))
            save(results, plan.limit, out)
    terminal.print(f"Saved {out / 'streams.json'} and {out / 'streams.png'}")


if __name__ == "__main__":
    main()
