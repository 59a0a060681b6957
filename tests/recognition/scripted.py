"""An engine that does what the prompt of each window says, for tests of the process around it.

Knows no model.  It lives in a module of its own because the child process has to import it.
"""

import asyncio
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wsserver.errors import ModelError
from wsserver.recognition.process import EngineProcess
from wsserver.speech import DecodeOptions, EngineInfo, Hypothesis, Priority, Window

ROOT = Path(__file__).parents[2]
"""What has to be on the path for the child to find this module."""


def window(
    prompt: str = "hello",
    session: str = "a",
    priority: Priority = Priority.FINAL,
    utterance: int = 0,
) -> Window:
    """Make a window that tells the scripted engine what to do."""
    audio = np.zeros(160, np.float32)
    return Window(session, utterance, priority, 0, audio, options=DecodeOptions(prompt=prompt))


def hypothesis(text: str) -> Hypothesis:
    return Hypothesis(text, (), (), "en", 1.0, -0.1, 0.0, 1.0)


@dataclass(frozen=True)
class Scripted:
    """Echo each prompt, unless one of the batch is an order.

    `raise`, `exit`, `hang`, `forget` (one result too few) and `count` (say how many windows
    there were) are orders; `once PATH ORDER` is obeyed unless the file exists, and makes it;
    `wait PATH` holds the batch until somebody has opened and closed that pipe for writing.
    """

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(str(os.getpid()), ("en",), "cpu", "fp32")

    def recognize(self, windows: Sequence[Window]) -> list[Hypothesis]:
        prompts = [_order(window.options.prompt) for window in windows]
        if "raise" in prompts:
            raise ValueError("told to raise")
        if "exit" in prompts:
            os._exit(3)
        if "hang" in prompts:
            threading.Event().wait()
        for prompt in prompts:
            if prompt.startswith("wait "):
                Path(prompt.removeprefix("wait ")).read_bytes()
        if "forget" in prompts:
            prompts.pop()
        return [hypothesis(p if p != "count" else str(len(windows))) for p in prompts]


def _order(prompt: str) -> str:
    if not prompt.startswith("once "):
        return prompt
    _, path, order = prompt.split()
    if Path(path).exists():
        return "again"
    Path(path).touch()
    return order


def without_model() -> Scripted:
    """Fail as a loader does that knows why."""
    raise ModelError("no such model: 'nonesuch'")


def crash_while_loading() -> Scripted:
    os._exit(4)


def fail_while_loading() -> Scripted:
    """Fail as a library does that nobody foresaw."""
    raise ValueError("told to fail")


def load_for_ever() -> Scripted:
    threading.Event().wait()
    return Scripted()


def hang_while_loading(flag: Path) -> Scripted:
    """Write the process's id to *flag*, then load for ever."""
    flag.with_suffix(".new").write_text(str(os.getpid()))
    flag.with_suffix(".new").rename(flag)
    return load_for_ever()


def load_once(flag: Path) -> Scripted:
    """Load the first time, and fail from then on."""
    if flag.exists():
        raise ModelError("no such model any more")
    flag.touch()
    return Scripted()


def load_at_third(flag: Path) -> Scripted:
    """Load the first time, crash the second, load from then on."""
    if _count(flag) == 2:
        os._exit(4)
    return Scripted()


def hang_at_second(flag: Path) -> Scripted:
    """Load the first time, hang the second, load from then on."""
    return load_for_ever() if _count(flag) == 2 else Scripted()


def deaf_at_first(flag: Path) -> Scripted:
    """Load every time, but the first time an engine that does nothing but raise."""
    return Deaf() if _count(flag) == 1 else Scripted()


def deaf_at_second(flag: Path) -> Scripted:
    """Load every time, but the second time an engine that does nothing but raise."""
    return Deaf() if _count(flag) == 2 else Scripted()


class Deaf(Scripted):
    """Load, and then raise whatever comes."""

    def recognize(self, windows: Sequence[Window]) -> list[Hypothesis]:
        raise ValueError("told to be deaf")


def _count(flag: Path) -> int:
    """Count how often an engine was loaded, this one included."""
    count = len(flag.read_text()) + 1 if flag.exists() else 1
    flag.write_text("x" * count)
    return count


def hold_engine(prompt: str) -> None:
    """Be a server of which a test kills the process: say so on stdout once the engine works."""

    async def serve() -> None:
        process = EngineProcess(Scripted)
        await process.start()
        os.write(1, b"started\n")
        await process.recognize([window(prompt)], timeout_seconds=600)
        await asyncio.Event().wait()

    asyncio.run(serve())
