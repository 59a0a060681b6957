"""Measure what a second replica adds: audio decoded per second by one and by two, one core each.

Knows a gateway's scheduler and the replicas' processes; knows nothing of servers or speakers.

People are replaced by sessions that ask for the next window as soon as the last one is answered, so
that the replicas are never idle.  What is measured is the time for the same utterances, said to
their end: one stretch of time may hold more finals than another, and a final takes ten times as
long as a partial.  One and two replicas take turns, so that whatever else the machine does meets
both.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from pathlib import Path
from statistics import median
from subprocess import PIPE
from tempfile import TemporaryDirectory

import click
import numpy as np

from bench.forced import tokens_in
from bench.weights import DIMENSIONS, random_checkpoint, script
from wsserver.cluster.remote import Replicas
from wsserver.recognition.scheduler import Scheduler
from wsserver.speech import SAMPLE_RATE, Priority, Window

SESSIONS = 12
HOP_SECONDS = 0.5
UTTERANCE_SECONDS = 5.0
WARM_UTTERANCES = 1


class Talker:
    """A session that says one utterance after the other and waits for every answer."""

    def __init__(self, name: str, seed: int) -> None:
        self._name = name
        noise = np.random.default_rng(seed).integers(-3000, 3000, 30 * SAMPLE_RATE)
        self._audio = noise.astype(np.float32) / np.float32(32_768)
        self.heard_seconds = 0.0
        self.windows = 0

    async def talk(self, scheduler: Scheduler, utterances: int) -> None:
        """For each utterance ask for partials that grow by a hop, then for the final."""
        for utterance in range(1, utterances + 1):
            hops = int(UTTERANCE_SECONDS / HOP_SECONDS)
            for hop in range(1, hops + 1):
                await self._ask(scheduler, utterance, hop * HOP_SECONDS, exact=False)
            await self._ask(scheduler, utterance, hops * HOP_SECONDS, exact=True)

    async def _ask(
        self, scheduler: Scheduler, utterance: int, length: float, *, exact: bool
    ) -> None:
        samples = int(length * SAMPLE_RATE)
        window = Window(
            self._name,
            utterance,
            Priority.FINAL if exact else Priority.PARTIAL,
            0,
            self._audio[:samples],
            exact=exact,
            draft=() if exact else _said()[: tokens_in(samples)],
        )
        await scheduler.recognize(window)
        self.heard_seconds += length
        self.windows += 1


@asynccontextmanager
async def replica(core: int, checkpoint: Path) -> AsyncIterator[str]:
    """Start a replica in a process of its own; give its URL."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.replica", "--core", str(core)),
        *("--checkpoint", str(checkpoint)),
        stdin=PIPE,
        stdout=PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


async def measure(urls: Sequence[str], utterances: int) -> tuple[float, float]:
    """Give seconds of audio decoded, and windows, per second."""
    scheduler = Scheduler(Replicas(urls))
    await scheduler.start()
    _said()  # it takes a while, once
    warm = [Talker(f"w{n}", n) for n in range(len(urls))]
    await asyncio.gather(*(talker.talk(scheduler, WARM_UTTERANCES) for talker in warm))
    talkers = [Talker(f"s{n}", n) for n in range(SESSIONS)]
    began = time.monotonic()
    await asyncio.gather(*(talker.talk(scheduler, utterances) for talker in talkers))
    took = time.monotonic() - began
    await scheduler.stop()
    heard_seconds, windows = _total(talkers)
    return heard_seconds / took, windows / took


@cache
def _said() -> tuple[int, ...]:
    """Give what the model says, whatever it hears."""
    return script(448)


def _total(talkers: Sequence[Talker]) -> tuple[float, int]:
    heard = sum(talker.heard_seconds for talker in talkers)
    return heard, sum(talker.windows for talker in talkers)


async def rounds(checkpoint: Path, count: int, utterances: int) -> list[list[tuple[float, float]]]:
    """Measure one replica and two, in turns; give what came of each round."""
    async with AsyncExitStack() as running:
        urls = [await running.enter_async_context(replica(core, checkpoint)) for core in (0, 1)]
        return [[await measure(urls[:n], utterances) for n in (1, 2)] for _ in range(count)]


@click.command()
@click.option("--rounds", "count", default=3, show_default=True)
@click.option("--utterances", default=2, show_default=True, help="Of each session.")
@click.option(
    "--model",
    type=click.Choice(list(DIMENSIONS)),
    default="base.en",
    show_default=True,
    help="Whose dimensions.",
)
@click.option("--plot", type=click.Path(path_type=Path), help="Where to save the figure.")
def main(count: int, utterances: int, model: str, plot: Path | None) -> None:
    """Compare two replicas with one."""
    with TemporaryDirectory() as folder:
        checkpoint = Path(folder) / f"{model}.pt"
        random_checkpoint(DIMENSIONS[model], checkpoint)
        measured = asyncio.run(rounds(checkpoint, count, utterances))
    ratios = [two[0] / one[0] for one, two in measured]
    print("| replicas | seconds of audio decoded a second | windows a second |\n|--:|--:|--:|")
    for place in (0, 1):
        audio, windows = (median(each[place][kind] for each in measured) for kind in (0, 1))
        print(f"| {place + 1} | {audio:.1f} | {windows:.2f} |")
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(f"\nTwo decode {median(ratios):.2f} times as much as one ({spread} in {count} rounds).")
    if plot:
        from bench.replicas_plot import plot_replicas  # of an extra

        plot_replicas([[each[0] for each in r] for r in measured], plot)


if __name__ == "__main__":
    main()
