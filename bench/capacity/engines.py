"""The real engines whose costs are measured, each in its own process as in the server.

Knows models and how an engine process is started; knows nothing of what is asked of them.
"""

import platform
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from pydantic import TypeAdapter

from bench import forced
from bench.capacity import stub
from bench.capacity.stream import Reel
from bench.talk import sentences
from bench.weights import DIMENSIONS, random_checkpoint
from wsserver.recognition.engines import EngineSpec, build
from wsserver.recognition.process import EngineProcess
from wsserver.speech import Engine

COSTS = Path(__file__).parent / "costs"
ASSUMED_CPU = COSTS / "tests-two-cores.json"
STUB = "stub"
MODELS = ("practice", *DIMENSIONS, STUB)
"""The practice model, random weights of a model's dimensions, or one that only takes its time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which engine."""

    model: str
    device: str = "auto"
    partials: str = "fp32"
    draft_share: float = 0.9
    """Of drafts that are right, with random weights."""

    curve: Path = ASSUMED_CPU
    """What the stub takes."""


class Running(EngineProcess):
    """An engine for one scheduler after the other, which neither start nor stop it."""

    async def start(self) -> None:
        """Load it the first time."""
        if not self.alive:
            await super().start()

    async def stop(self) -> None:
        """Do nothing: others want it."""

    async def end(self) -> None:
        """End the process."""
        await super().stop()


@asynccontextmanager
async def running(wanted: Wanted) -> AsyncIterator[Running]:
    """Run the engine that is *wanted*."""
    with tempfile.TemporaryDirectory() as folder:
        engine = Running(_factory(wanted, Path(folder)))
        await engine.start()
    try:
        yield engine
    finally:
        await engine.end()


def hardware(device: str) -> str:
    """Name what the engine on *device* runs on."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name()
    models = re.findall(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return f"{len(models)} cores of {models[0]}" if models else platform.machine()


def speech() -> Reel:
    """Give somebody who says the samples' sentences without a pause, again and again."""
    said = np.frombuffer(b"".join(sentences()), np.int16)
    return Reel(said.astype(np.float32) / np.float32(32_768))


def _factory(wanted: Wanted, folder: Path) -> Callable[[], Engine]:
    if wanted.model == STUB:
        return partial(stub.build, wanted.curve)
    if wanted.model not in DIMENSIONS:
        return partial(build, _spec(wanted, wanted.model))
    path = folder / f"random-{wanted.model}.pt"
    random_checkpoint(DIMENSIONS[wanted.model], path)
    return partial(forced.build, _spec(wanted, str(path)), wanted.draft_share)


def _spec(wanted: Wanted, model: str) -> EngineSpec:
    told = {"model": model, "device": wanted.device, "partials": wanted.partials}
    return TypeAdapter(EngineSpec).validate_python(told)
