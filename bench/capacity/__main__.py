"""How many streams so many replicas carry: costs measured here, the rest simulated.

    python -m bench.capacity measure --model tiny.en --out costs.json
    python -m bench.capacity check                    # simulated and real, side by side
    python -m bench.capacity table --costs costs.json --price-per-hour 0.10
    python -m bench.capacity run --costs costs.json --streams 100 --replicas 8 --gateways 1

`measure` runs the real engine in its process on batches of all sizes and fits what they cost.
`check` lets the same people speak at the real scheduler and at the simulated one.  `table` says
what 10 to 100,000 streams take.
"""

import asyncio
import platform
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import torch
from rich.console import Console
from rich.progress import Progress

from bench.capacity import check, curve, sizing, talk
from bench.capacity.cluster import Machines
from bench.capacity.engines import ASSUMED_CPU, MODELS, Wanted, hardware, running, speech
from bench.capacity.levels import fit_curve
from bench.capacity.plot import plot_replicas
from bench.capacity.probe import Probe
from bench.capacity.shown import (
    check_tables,
    costs_table,
    drift_told,
    run_table,
    sizing_table,
    slices_table,
    verdict_table,
)
from bench.capacity.simulation import MAX_LAG_SECONDS, Load, Simulation
from bench.report import console
from bench.talk import sentences
from wsserver.recognition.silero import SileroVoice

_WIDTH = 150
STREAMS = (10, 100, 1_000, 10_000, 100_000)

_model = click.option(
    "--model", type=click.Choice(MODELS), default="tiny.en", show_default=True,
    help="Random weights of its dimensions cost what real ones do.",
)  # fmt: skip
_talk = click.option(
    "--talk", "speech_of", type=click.Choice(list(talk.TALKS)), default="dictation"
)
_device = click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
_partials = click.option("--partials", default="fp32", help="Their precision, as in config.yaml.")
_costs = click.option(
    "--costs", "paths", type=click.Path(exists=True, path_type=Path), multiple=True, required=True,
    help="What `measure` wrote, or a table of your own in the same format.",
)  # fmt: skip
_lag = click.option(
    "--lag", default=MAX_LAG_SECONDS, show_default=True,
    help="Seconds from a word to its text beside the hop, in 95 of 100 cases.",
)  # fmt: skip


@click.group()
def main() -> None:
    """Say how many streams so many replicas carry."""


@main.command()
@_model
@_talk
@_device
@_partials
@click.option("--seconds", default=60.0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def measure(
    model: str, speech_of: str, device: str, partials: str, seconds: float, out: Path
) -> None:
    """Measure what batches cost on this machine, and save it."""

    async def probe() -> tuple[list[curve.Batch], str]:
        async with running(Wanted(model, device, partials)) as engine:
            return await Probe(engine, speech(), speech_of).measure(seconds), engine.info.device

    with console(_WIDTH).status(f"measuring {model} for {seconds:g} s"):
        batches, used = asyncio.run(probe())
    told = {**_told(used), "model": model, "partials": partials, "batches": len(batches)}
    name = f"{model} on {told['hardware']}"
    fitted = replace(fit_curve(name, [batches]), told=told)
    fitted.save(out)
    console(_WIDTH).print(costs_table(fitted), f"Saved {out}")


@main.command()
def measure_talk() -> None:
    """Measure with Silero how voice is spread over the samples' sentences, and save it."""
    count = talk.measure(sentences(), SileroVoice())
    console(_WIDTH).print(f"Saved {count} sentences in {talk.MEASURED}")


@main.command(name="check")
@_model
@_talk
@_device
@_partials
@click.option("--streams", default="1,2,4,6,8", show_default=True, help="Numbers of them, in turn.")
@click.option("--seconds", default=25.0, show_default=True, help="That count, for each number.")
@click.option("--rounds", default=2, show_default=True)
@click.option("--probe", default=7.0, show_default=True, help="Seconds for costs, twice for each.")
@click.option("--costs", type=click.Path(path_type=Path), default=ASSUMED_CPU, help="Of the stub.")
def hold_against_reality(streams: str, seconds: float, rounds: int, **options: Any) -> None:
    """Let the same people speak in real time and on a virtual clock; say how far apart they are."""
    start = Load(
        streams=1,
        talk=options["speech_of"],
        seconds=seconds,
        warm_up_seconds=6.0,
        within_seconds=6.0,
    )
    counts = [int(each) for each in streams.split(",")]
    loads = [replace(start, streams=n, seed=1 + seed) for seed in range(rounds) for n in counts]
    model, device, partials = (options[name] for name in ("model", "device", "partials"))
    wanted, terminal = Wanted(model, device, partials, curve=options["costs"]), console(_WIDTH)
    plan = check.Plan(tuple(loads), options["probe"])
    average, points = check.compare(asyncio.run(_watch(wanted, plan, terminal)), model)
    terminal.print(costs_table(average), *check_tables(points), verdict_table(points))
    terminal.print(drift_told(points), highlight=False)


async def _watch(wanted: Wanted, plan: check.Plan, terminal: Console) -> list[check.Seen]:
    with Progress(console=terminal, transient=True) as progress:
        task = progress.add_task("", total=len(plan.loads))

        def tell(what: str) -> None:
            progress.update(task, advance=1 if progress.tasks[0].description else 0)
            progress.update(task, description=what)

        async with running(wanted) as engine:
            return await check.watch(engine, speech(), plan, tell)


@main.command()
@_costs
@_talk
@_lag
@click.option("--price-per-hour", default=0.0, help="Of the machine of one replica.")
@click.option("--gateway-price-per-hour", default=0.0, help="Of one gateway process.")
@click.option("--gateway-streams", default=250, show_default=True, help="That one holds.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench/out/capacity.png"))
def table(paths: tuple[Path, ...], speech_of: str, lag: float, out: Path, **prices: Any) -> None:
    """Say what 10 to 100,000 streams take, and what that costs."""
    terminal, found = console(_WIDTH), {}
    load, target = Load(streams=1, talk=speech_of), sizing.Target(lag_seconds=lag)
    money = prices["price_per_hour"], prices["gateway_price_per_hour"]
    for path in paths:
        site = sizing.Site(curve.load(path), load, target, prices["gateway_streams"])
        with terminal.status(f"simulating {site.curve.name}"):
            one, slices = sizing.one_process(site), sizing.slices(site)
            rows = [sizing.row(site, streams, slices[sizing.SLICE]) for streams in STREAMS]
        terminal.print(slices_table(site, one, slices), sizing_table(site, rows, *money))
        found[site.curve.name] = [(row.streams, row.replicas) for row in rows]
    out.parent.mkdir(parents=True, exist_ok=True)
    plot_replicas(found, out)
    terminal.print(f"Saved {out}")


@main.command()
@_costs
@_talk
@_lag
@click.option("--streams", default=10, show_default=True)
@click.option("--replicas", default=1, show_default=True)
@click.option("--gateways", default=0, help="0: one process with the one engine.")
@click.option("--seconds", default=60.0, show_default=True, help="That count.")
@click.option("--mean-seconds", type=float, help="Of a session; people come and go (Poisson).")
@click.option("--admit/--all", default=False, help="Refuse those whom the server would refuse.")
@click.option("--seed", default=1, show_default=True)
def run(paths: tuple[Path, ...], lag: float, **options: Any) -> None:
    """Simulate one load, and say all that is known of it."""
    machines = Machines(options.pop("replicas"), options.pop("gateways"))
    load = Load(max_lag_seconds=lag, talk=options.pop("speech_of"), **options)
    for path in paths:
        costs = curve.load(path)
        figures = Simulation(costs, machines, load).run()
        console(_WIDTH).print(run_table(costs, machines, load, figures))


def _told(device: str) -> dict[str, Any]:
    return {
        "date": time.strftime("%Y-%m-%d"),
        "hardware": hardware(device),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


if __name__ == "__main__":
    main()
