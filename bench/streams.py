"""Lag against the number of people who speak at once, over real sockets, at the pace of speech.

    python -m bench.streams --model practice --streams 1,2,4,8 --seconds 40

Starts a server, and the speakers in a process of their own; prints a table, saves a plot.
A word's lag is the time from when its last sample was sent until the partial that holds it came; a
final's is the time from the audio that decided the endpoint until the final came.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from bench.plot import plot_streams
from tests.conftest import read_samples, start_server, stop_server
from wsserver import client
from wsserver.audio.endpointer import DICTATION
from wsserver.errors import DictationError
from wsserver.messages import Final, Partial, Start
from wsserver.sound_file import open_sound, to_s16le
from wsserver.speech import SAMPLE_RATE

CHUNK_MS = 100
TALKING = 0.6
"""Share of the time that people speak."""


@dataclass(frozen=True)
class Run:
    """What came of one number of streams."""

    streams: int
    refused: int
    words: tuple[float, ...]
    """Seconds from a partial's last sample to the partial."""

    finals: tuple[float, ...]
    """Seconds from the endpoint to the final."""

    cpu: float
    """Cores that the server and its engine kept busy."""

    memory_mb: float


def speech_of(seed: int, seconds: float) -> bytes:
    """Give sentences with pauses between them, as s16le at 16 kHz."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    short = [s.path for s in read_samples() if "long" not in s.path.stem]
    pieces: list[bytes] = []
    while sum(map(len, pieces)) < seconds * 2 * SAMPLE_RATE:
        with open_sound(chance.choice(short)) as sound:
            said = b"".join(map(to_s16le, sound.blocks()))
        pause = int(len(said) // 2 * (1 - TALKING) / TALKING * chance.uniform(0.5, 1.5))
        pieces += [said, bytes(2 * pause)]
    return b"".join(pieces)[: int(seconds * SAMPLE_RATE) * 2]


async def speak(url: str, token: str, seed: int, seconds: float) -> dict[str, list[float]]:
    """Speak for *seconds*; give the lags of what comes back."""
    await asyncio.sleep(random.Random(seed).uniform(0, 2))  # noqa: S311
    data, step = speech_of(seed, seconds), 2 * SAMPLE_RATE * CHUNK_MS // 1000
    blocks = [data[at : at + step] for at in range(0, len(data), step)]
    words: list[float] = []
    finals: list[float] = []
    decided = (DICTATION.silence_ms - DICTATION.padding_ms) / 1000
    async with client.connect(url, token, Start(language="en")) as dictation:
        began = time.perf_counter()
        async with dictation.feeding(blocks, "real"):
            async for message in dictation:
                since = time.perf_counter() - began
                if isinstance(message, Partial):
                    words.append(since - message.end)
                elif isinstance(message, Final) and message.end + decided < seconds:
                    finals.append(since - message.end - decided)
    return {"words": words, "finals": finals}


async def speak_all(url: str, token: str, streams: int, seconds: float) -> dict[str, object]:
    """Let *streams* people speak at once."""
    said = await asyncio.gather(
        *(speak(url, token, seed, seconds) for seed in range(streams)), return_exceptions=True
    )
    heard = [each for each in said if isinstance(each, dict)]
    for error in said:
        if isinstance(error, BaseException) and not isinstance(error, DictationError):
            raise error
    return {
        "refused": streams - len(heard),
        "words": [lag for each in heard for lag in each["words"]],
        "finals": [lag for each in heard for lag in each["finals"]],
    }


def family(pid: int) -> list[int]:
    """Give a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def cpu_seconds(pids: list[int]) -> float:
    """Give the processor time that *pids* have used."""
    tick = os.sysconf("SC_CLK_TCK")
    stats = (Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids)
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / tick


def memory_mb(pids: list[int]) -> float:
    """Give the resident memory of *pids*."""
    page = os.sysconf("SC_PAGE_SIZE")
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return sum(pages) * page / 2**20


def measure(model: str, streams: int, seconds: float) -> Run:
    """Run a server and its speakers once."""
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(Path(folder), "--model", model, WSSERVER_LOG__LEVEL="warning")
        pids = family(server.process.pid)
        before, began = cpu_seconds(pids), time.perf_counter()
        command = [sys.executable, "-m", "bench.streams", "--speak", server.socket_url]
        command += ["--streams", str(streams), "--seconds", str(seconds)]
        said = subprocess.run(  # noqa: S603 - our own command
            command,
            env={**os.environ, "WSSERVER_TOKEN": server.token},
            stdout=subprocess.PIPE,
            check=True,
        )
        took = time.perf_counter() - began
        cpu, memory = (cpu_seconds(pids) - before) / took, memory_mb(pids)
        stop_server(server)
    heard = json.loads(said.stdout)
    return Run(
        streams, heard["refused"], tuple(heard["words"]), tuple(heard["finals"]), cpu, memory
    )


def tell(runs: list[Run], console: Console) -> None:
    """Print the table."""
    table = Table("streams", "refused", "partials", title="Lag in seconds")
    for name in ("word p50", "word p95", "word p99", "final p50", "final p95", "cores", "MB"):
        table.add_column(name, justify="right")
    for run in runs:
        words = [f"{np.percentile(run.words or [np.nan], q):.2f}" for q in (50, 95, 99)]
        finals = [f"{np.percentile(run.finals or [np.nan], q):.2f}" for q in (50, 95)]
        counts = (str(run.streams), str(run.refused), str(len(run.words)))
        table.add_row(*counts, *words, *finals, f"{run.cpu:.2f}", f"{run.memory_mb:.0f}")
    console.print(table)


@click.command()
@click.option("--model", default="practice", show_default=True)
@click.option("--streams", "counts", default="1,2,4,8", show_default=True)
@click.option("--seconds", default=40.0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench/out"))
@click.option("--speak", "url", hidden=True)
def main(model: str, counts: str, seconds: float, out: Path, url: str | None) -> None:
    """Measure the lag of each number of streams."""
    if url is not None:
        heard = asyncio.run(speak_all(url, os.environ["WSSERVER_TOKEN"], int(counts), seconds))
        print(json.dumps(heard))
        return
    console, runs = Console(), []
    for count in map(int, counts.split(",")):
        with console.status(f"{count} streams, {seconds:.0f} s …"):
            runs.append(measure(model, count, seconds))
    tell(runs, console)
    out.mkdir(parents=True, exist_ok=True)
    (out / "streams.json").write_text(json.dumps([asdict(run) for run in runs]))
    plot_streams([(run.streams, run.words, run.finals) for run in runs], out / "streams.png")
    console.print(f"Saved {out / 'streams.png'}")


if __name__ == "__main__":
    main()
