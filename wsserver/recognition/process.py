"""Keep the engine in a process of its own: start it, watch it, start it again.

Knows one child and its frames; knows nothing of sessions, priorities or models.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass
from typing import Self

from wsserver.errors import DictationError, EngineError, EngineLost
from wsserver.recognition.frames import (
    LENGTH,
    Batch,
    Build,
    Failed,
    Frame,
    Heard,
    Raised,
    Ready,
    pack,
    unpack,
)
from wsserver.speech import Engine, EngineInfo, Hypothesis, Window

logger = logging.getLogger(__name__)

WORKER = "wsserver.recognition.worker"

MAX_RAISED_IN_A_ROW = 5
"""Then the engine is replaced: an accelerator may be in a state that only a new process leaves."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before an engine that was lost is started again."""

    first_seconds: float = 0.5
    longest_seconds: float = 30.0

    def delay(self, failures: int) -> float:
        """Give seconds; they double with each failure since the last batch that succeeded."""
        return min(self.longest_seconds, self.first_seconds * 2.0 ** min(failures, 30))


class EngineProcess:
    """An engine in a child process that dies with this one, and is replaced when it dies alone.

    *factory* is pickled and called in the child; a `functools.partial` of a module's function does.
    """

    def __init__(self, factory: Callable[[], Engine], backoff: Backoff = Backoff()) -> None:
        self._factory = factory
        self._backoff = backoff
        self._failures = 0
        self._raised_in_a_row = 0
        self._child: _Child | None = None
        self._info: EngineInfo | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[], None]] = []
        self._turn = asyncio.Lock()

    @property
    def alive(self) -> bool:
        """Tell whether the engine is loaded and takes batches."""
        return self._child is not None

    @property
    def info(self) -> EngineInfo:
        """Say which model hears, or heard last; raise `EngineLost` before the first was loaded."""
        if self._info is None:
            raise EngineLost("the engine has not been loaded yet")
        return self._info

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call *listener* each time that `alive` changes."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Wait until the engine is loaded, as long as its process lives.

        Raises what the factory raised if that is a `DictationError`, a `ModelError` say, and
        `EngineLost` if the process ended before it was ready.
        """
        child = await self._launch()
        self._keeper = asyncio.create_task(self._keep(child), name="keep the engine process")

    async def stop(self) -> None:
        """End the process at once; a batch that is under way is lost."""
        child = self._child
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if child is not None:  # a keeper that was canceled before its first step ended nothing
            self._lose(child)
            await child.end()

    async def recognize(
        self, windows: Sequence[Window], timeout_seconds: float
    ) -> list[Hypothesis]:
        """Decode all *windows* as one batch; one hypothesis each, in the same order.

        Raises `EngineError` if the engine raised or gave another number of results; `EngineLost`
        if its process died or took longer than *timeout_seconds*, after which it is replaced.
        """
        async with self._turn:
            reply = await self._ask(Batch(tuple(windows)), timeout_seconds)
            if isinstance(reply, Raised):
                raise self._raised(reply)
        assert isinstance(reply, Heard)
        self._failures = self._raised_in_a_row = 0
        results = reply.hypotheses
        if len(results) != len(windows):
            raise EngineError(f"the engine gave {len(results)} results for {_count(windows)}")
        return list(results)

    def _raised(self, reply: Raised) -> EngineError:
        self._raised_in_a_row += 1
        if self._raised_in_a_row < MAX_RAISED_IN_A_ROW or self._child is None:
            return EngineError(f"the engine raised {reply.reason}")
        self._lose(self._child)
        self._raised_in_a_row = 0
        return EngineLost(f"the engine raised {MAX_RAISED_IN_A_ROW} times in a row")

    async def _ask(self, batch: Batch, timeout_seconds: float) -> Frame:
        child = self._child
        if child is None:
            raise EngineLost("the engine process is not running")
        with ExitStack() as unless_answered:
            # Also when the caller was canceled: the next answer would be the one to this batch.
            unless_answered.callback(self._lose, child)
            try:
                async with asyncio.timeout(timeout_seconds):
                    reply = await child.ask(batch)
            except TimeoutError:
                reason = f"took longer than {timeout_seconds:g} s for {_count(batch.windows)}"
                raise EngineLost(f"the engine {reason}") from None
            except (EOFError, OSError):
                ended = await child.end()
                held = _count(batch.windows)
                raise EngineLost(f"the engine process {ended} while it held {held}") from None
            unless_answered.pop_all()
        return reply

    async def _launch(self) -> "_Child":
        child = await _Child.spawn()
        async with AsyncExitStack() as unless_loaded:
            unless_loaded.push_async_callback(child.end)
            self._info = await self._load(child)
            unless_loaded.pop_all()
        self._child = child
        self._notify()
        return child

    async def _load(self, child: "_Child") -> EngineInfo:
        try:
            reply = await child.ask(Build(self._factory))
        except (EOFError, OSError):
            raise EngineLost(f"the engine process {await child.end()} while loading") from None
        if isinstance(reply, Failed):
            raise reply.error
        assert isinstance(reply, Ready)
        return reply.info

    async def _keep(self, child: "_Child") -> None:
        while True:
            try:
                ended = await child.wait()
            finally:
                self._lose(child)
                await child.end()
            logger.error("the engine process %s; it is started again", ended)
            child = await self._relaunch()

    async def _relaunch(self) -> "_Child":
        while True:
            await asyncio.sleep(self._backoff.delay(self._failures))
            self._failures += 1
            try:
                return await self._launch()
            except (DictationError, OSError) as error:
                logger.error("the engine cannot be started again: %s", error)

    def _lose(self, child: "_Child") -> None:
        child.kill()
        if self._child is child:
            self._child = None
            self._notify()

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()


class _Child:
    """A child process and our end of the socket pair."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def spawn(cls) -> Self:
        """Start a child that finds the modules this process finds and shares its output."""
        ours, theirs = socket.socketpair()
        with theirs, ExitStack() as unless_spawned:
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            unless_spawned.callback(writer.transport.abort)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", WORKER, str(theirs.fileno())),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            unless_spawned.pop_all()
        return cls(process, reader, writer)

    async def ask(self, frame: Frame) -> Frame:
        """Send *frame* and read its answer; raise `EOFError` or `OSError` if the child is gone."""
        for chunk in pack(frame):  # not joined: that would copy all audio once more
            self._writer.write(chunk)
        await self._writer.drain()
        parts = range(await self._length())
        return unpack([await self._reader.readexactly(await self._length()) for _ in parts])

    async def _length(self) -> int:
        length: int = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))[0]
        return length

    def kill(self) -> None:
        """Kill the child, if it still lives."""
        # Not by `Process.kill`: that reaps a child that has just ended itself, behind the back of
        # asyncio's watcher, and how it ended is lost (seen on Python 3.11).
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def wait(self) -> str:
        """Wait until the child has ended; say how, to go after its name."""
        code = await self._process.wait()
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with code {code}"

    async def end(self) -> str:
        """Kill the child, wait for it and close the socket; say how it ended."""
        self.kill()
        ended = await self.wait()
        self._writer.transport.abort()
        with suppress(OSError):
            await self._writer.wait_closed()
        return ended


def _count(windows: Sequence[Window]) -> str:
    return "1 window" if len(windows) == 1 else f"{len(windows)} windows"
