"""The cost of one update: a window of an utterance that grew by a hop, against stock Whisper.

    python -m bench.update --dims tiny.en --dims base.en

Models of Whisper's dimensions with random weights cost what real ones do, but say nothing and never
end; so all decode 3.5 tokens a second of audio.  Stock and ours take turns in one run.
"""

import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np
import torch
import whisper
from rich.console import Console
from rich.progress import track
from rich.table import Table
from whisper.model import ModelDimensions, Whisper

from wsserver.recognition.engines import EngineSpec
from wsserver.recognition.engines.whisper_.engine import WhisperEngine
from wsserver.recognition.engines.whisper_.load import load
from wsserver.speech import SAMPLE_RATE, DecodeOptions, Priority, Window

TOKENS_PER_SECOND = 3.5
SECONDS = 8
LIMIT = round(SECONDS * TOKENS_PER_SECOND)
DIMENSIONS = {
    "tiny.en": ModelDimensions(80, 1500, 384, 6, 4, 51864, 448, 384, 6, 4),
    "base.en": ModelDimensions(80, 1500, 512, 8, 6, 51864, 448, 512, 8, 6),
}


@dataclass(frozen=True)
class Way:
    """One way to decode the window."""

    name: str
    decode: Callable[[], object]
    items: int
    """Windows in one call."""


def random_checkpoint(dims: ModelDimensions, path: Path) -> Path:
    """Save a model with random weights in openai's format."""
    torch.manual_seed(7)
    model = whisper.Whisper(dims)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.05)
    state = {"dims": dataclasses.asdict(dims), "model_state_dict": model.state_dict()}
    torch.save(state, path)
    return path


def wrong_in_places(tokens: tuple[int, ...], share_right: float) -> tuple[int, ...]:
    """Give *tokens* with some of them, evenly spread, wrong."""
    count = round(len(tokens) * (1 - share_right))
    places = {round((place + 0.5) * len(tokens) / count) for place in range(count)}
    return tuple(t + 1 if place in places else t for place, t in enumerate(tokens))


def stock_decode(model: Whisper, audio: np.ndarray) -> object:
    """Decode as stock does: the 30 s context, every token anew."""
    options = whisper.DecodingOptions(
        language="en", without_timestamps=True, fp16=False, sample_len=LIMIT
    )
    return model.decode(whisper.log_mel_spectrogram(whisper.pad_or_trim(audio)), options)


def ways_of(stock: Whisper, engine: WhisperEngine) -> list[Way]:
    """Give stock's way and ours, with what each leaves out."""
    audio = np.random.default_rng(3).normal(0, 0.1, SECONDS * SAMPLE_RATE).astype(np.float32)
    options = DecodeOptions(language="en")
    window = Window("s", 1, Priority.PARTIAL, 0, audio, options, exact=True)
    short = replace(window, exact=False)

    def ours(window: Window, count: int = 1) -> Callable[[], object]:
        return lambda: engine._recognize([window] * count, LIMIT)  # noqa: SLF001

    ways = [
        Way("stock decode", lambda: stock_decode(stock, audio), 1),
        Way("ours, 30 s context, no draft", ours(window), 1),
        Way("ours, short context, no draft", ours(short), 1),
    ]
    heard = engine._recognize([short], LIMIT)[0].tokens  # noqa: SLF001
    for share in (1.0, 0.9, 0.7):
        drafted = replace(short, draft=wrong_in_places(heard, share))
        ways.append(Way(f"ours, short context, draft {share:.0%} right", ours(drafted), 1))
    drafted = replace(short, draft=wrong_in_places(heard, 0.9))
    ways.append(Way("the same, 90 %, a batch of 8, per window", ours(drafted, 8), 8))
    return ways


def measure(ways: list[Way], rounds: int, name: str) -> list[float]:
    """Give the median milliseconds per window of each way; they take turns."""
    took: list[list[float]] = [[] for _ in ways]
    for way in ways:
        way.decode()
    for _ in track(range(rounds), name):
        for place, way in enumerate(ways):
            began = time.perf_counter()
            way.decode()
            took[place].append((time.perf_counter() - began) / way.items * 1000)
    return [statistics.median(times) for times in took]


@click.command()
@click.option("--dims", type=click.Choice(list(DIMENSIONS)), multiple=True, default=["tiny.en"])
@click.option("--rounds", default=9, show_default=True)
def main(dims: tuple[str, ...], rounds: int) -> None:
    """Measure one update of an 8 s window."""
    console = Console()
    for name in dims:
        with tempfile.TemporaryDirectory() as folder:
            path = str(random_checkpoint(DIMENSIONS[name], Path(folder) / "random.pt"))
            stock, engine = whisper.load_model(path, device="cpu"), load(EngineSpec(model=path))
        ways = ways_of(stock, engine)
        times = measure(ways, rounds, name)
        title = f"{name}'s dimensions, {SECONDS} s window, {LIMIT} tokens, fp32"
        table = Table(title=f"{title}, {torch.get_num_threads()} threads")
        table.add_column("way")
        table.add_column("ms", justify="right")
        table.add_column("stock / this", justify="right")
        for way, ms in zip(ways, times, strict=True):
            table.add_row(way.name, f"{ms:.0f}", f"{times[0] / ms:.1f}")
        console.print(table)


if __name__ == "__main__":
    main()
