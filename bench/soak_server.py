"""The real server, and a report of what it holds whenever SIGUSR1 asks for one.

    python -m bench.soak_server --folder kept/

Knows how the server is started and what its process can say of itself; knows nothing of clients.
The report is one line of JSON on standard output.
"""

import asyncio
import base64
import gc
import secrets
import signal
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import click
import soundfile
from pydantic import TypeAdapter
from rich.console import Console

from wsserver import config, logs
from wsserver.audio.intake import Intake
from wsserver.net.conversation import Conversation
from wsserver.net.front_door import FrontDoor
from wsserver.net.http_side import HttpSide
from wsserver.net.lines import Line
from wsserver.net.outbox import Outbox
from wsserver.net.places import Lease
from wsserver.recognition.lane import Ticket
from wsserver.recognition.process import EngineProcess
from wsserver.serve import serve
from wsserver.session.dialog import Session
from wsserver.sound_file import FlacWriter, SoundFile
from wsserver.speech import Hypothesis, Window
from wsserver.store.keeper import SessionRecorder

KINDS: tuple[type, ...] = (
    asyncio.StreamReader,
    asyncio.Task,
    asyncio.Transport,
    soundfile.SoundFile,
    Conversation,
    EngineProcess,
    FlacWriter,
    FrontDoor,
    HttpSide,
    Hypothesis,
    Intake,
    Lease,
    Line,
    Outbox,
    Session,
    SessionRecorder,
    SoundFile,
    Ticket,
    Window,
)
"""Classes whose objects a session brings along, and some of which there is one.

Not the entries that go to the disk: the writing threads keep their last ones until the next come.
"""

IDLE_SECONDS = 5.0
"""After which a silent session ends; the product's 120 would make a soak of them days long."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the process that holds the sessions holds, apart from what the kernel can tell."""

    tasks: int
    """Of asyncio."""

    threads: int
    """Of Python, without those of asyncio's pool, which comes to its full size when it likes."""

    blocks: int
    """That Python's allocator gave out: everything Python holds, to the single object."""

    tracked: int
    """Objects that the garbage collector knows."""

    kinds: dict[str, int]
    """Objects of each of `KINDS`."""

    types: dict[str, int]
    """Objects of all other classes that have more than 20, to find what grows."""


held: TypeAdapter[Held] = TypeAdapter(Held)


def hold() -> Held:
    """Count, once garbage is collected."""
    gc.collect()
    counts = Counter(map(type, gc.get_objects()))
    return Held(
        tasks=len(asyncio.all_tasks()),
        threads=sum(not each.name.startswith("asyncio_") for each in threading.enumerate()),
        blocks=sys.getallocatedblocks(),
        tracked=counts.total(),
        kinds={name_of(kind): _count(counts, kind) for kind in KINDS},
        types={name_of(each): count for each, count in counts.items() if count > 20},
    )


def _count(counts: Counter[type], kind: type) -> int:
    return sum(count for each, count in counts.items() if issubclass(each, kind))


def name_of(kind: type) -> str:
    """Tell classes of the same name apart."""
    return f"{kind.__module__}.{kind.__qualname__}"


def settings(folder: Path, model: str, idle_seconds: float = IDLE_SECONDS) -> config.Config:
    """Give what the product would take, with all kept that can be kept, on a free port."""
    engine = {"kind": "fake"} if model == "fake" else {"model": model}
    # The clients tell addresses of their own, so that the limits per address have work.
    admission = {"max_sessions": 200, "trust_forwarded_for": 1}
    sections = {
        "engine": engine,
        "server": {"port": 0, "key": _key(), "admission": admission},
        "sessions": {"idle_seconds": idle_seconds},
        "store": {"folder": str(folder), "audio": True},
    }
    return config.load(None, {}, sections)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


async def _serve(wanted: config.Config) -> None:
    def report() -> None:
        sys.stdout.write(held.dump_json(hold()).decode() + "\n")
        sys.stdout.flush()

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, report)
    await serve(wanted, Console())


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="What is kept.")
@click.option("--model", default="fake", show_default=True, help="fake, or as in config.yaml.")
def main(folder: Path, model: str) -> None:
    """Serve until SIGTERM."""
    logs.set_up(logs.LogSettings(level="error"))
    asyncio.run(_serve(settings(folder, model)))


if __name__ == "__main__":
    main()
