"""Keep the engine in a process of its own: start it, watch it, start it again.

Knows one child and its frames; knows nothing of sessions, priorities or models.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass

from wsserver.errors import DictationError, EngineError, EngineLost
from wsserver.recognition.child import Child
from wsserver.recognition.frames import Batch, Build, Failed, Frame, Heard, Raised, Ready
from wsserver.recognition.pool import ONE_BATCH, OWN_ENGINE, Demand, Pool, Width
from wsserver.speech import Engine, EngineInfo, Hypothesis, Window

logger = logging.getLogger(__name__)

MAX_RAISED_IN_A_ROW = 5
"""Then the engine has to prove itself: it may be in a state that only a new process leaves."""

_MAX_DOUBLINGS = 3


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before an engine that was lost is started again."""

    first_seconds: float = 0.5
    longest_seconds: float = 30.0

    def delay(self, failures: int) -> float:
        """Give seconds; they double with each failure since the last batch that succeeded."""
        return min(self.longest_seconds, self.first_seconds * 2.0 ** min(failures, 30))


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an engine that is started again may load; the first may take a download's time."""

    least_seconds: float = 60.0
    factor: float = 4.0
    """Of what the latest engine that was loaded took: a page cache may be cold by now."""

    tell_seconds: float = 30.0
    """Between two words in the log about an engine that is still loading."""

    def limit(self, last_seconds: float, late: int) -> float:
        """Give seconds; they double, three times, with each engine in a row that was too late.

        So an engine that merely is slow gets there, whatever the first one took.
        """
        seconds = max(self.least_seconds, self.factor * last_seconds)
        return seconds * 2.0 ** min(late, _MAX_DOUBLINGS)


class EngineProcess:
    """An engine in a child process that dies with this one, and is replaced when it dies alone.

    *factory* is pickled and called in the child; a `functools.partial` of a module's function does.
    """

    def __init__(
        self,
        factory: Callable[[], Engine],
        backoff: Backoff = Backoff(),
        patience: Patience = Patience(),
    ) -> None:
        self._factory = factory
        self._backoff = backoff
        self._patience = patience
        self._load_seconds = 0.0
        self._failures = self._late = self._raised_in_a_row = 0
        self._proof: Window | None = None
        self._child: Child | None = None
        self._info: EngineInfo | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[], None]] = []
        self._turn = asyncio.Lock()

    @property
    def alive(self) -> bool:
        """Tell whether the engine is loaded and takes batches."""
        return self._child is not None

    @property
    def width(self) -> Width:
        """Say that an engine takes one batch at a time."""
        return ONE_BATCH

    @property
    def pool(self) -> Pool:
        """Say that nobody else uses it."""
        return OWN_ENGINE

    @property
    def info(self) -> EngineInfo:
        """Say which model hears, or heard last; raise `EngineLost` before the first was loaded."""
        if self._info is None:
            raise EngineLost("the engine has not been loaded yet")
        return self._info

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call *listener* each time that `alive` changes."""
        self._listeners.append(listener)

    def speak_for(self, demand: Callable[[], Demand]) -> None:
        """Do nothing: nobody shares it."""

    def prove_with(self, window: Window) -> None:
        """Have every engine that replaces another decode *window* before it takes batches.

        It has to be one that this engine decoded: an engine that cannot is broken, and what it
        makes of other windows says nothing of them.
        """
        self._proof = window

    async def start(self) -> None:
        """Wait until the engine is loaded, as long as its process lives.

        Raises what the factory raised if that is a `DictationError`, a `ModelError` say, and
        `EngineLost` if the process ended before it was ready.
        """
        child = await self._launch(None)
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

    def replace(self) -> None:
        """Start a new engine in place of this one, if there is one; a batch under way is lost."""
        if self._child is not None:
            self._lose(self._child)

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
                raise await self._raised(reply, timeout_seconds)
        assert isinstance(reply, Heard)
        self._failures = self._raised_in_a_row = 0
        results = reply.hypotheses
        if len(results) != len(windows):
            raise EngineError(f"the engine gave {len(results)} results for {_count(windows)}")
        return list(results)

    async def _raised(self, reply: Raised, timeout_seconds: float) -> EngineError:
        error = EngineError(f"the engine raised {reply.reason}")
        self._raised_in_a_row += 1
        if self._raised_in_a_row < MAX_RAISED_IN_A_ROW:
            return error
        self._raised_in_a_row = 0
        if self._proof:
            proved = await self._ask(Batch((self._proof,)), timeout_seconds)
            if isinstance(proved, Heard):
                return error
        self.replace()
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

    async def _launch(self, limit_seconds: float | None) -> Child:
        began = time.monotonic()
        child = await Child.spawn()
        async with AsyncExitStack() as unless_loaded:
            unless_loaded.push_async_callback(child.end)
            async with self._told_of(limit_seconds):
                self._info = await self._load(child, limit_seconds)
            unless_loaded.pop_all()
        self._load_seconds = time.monotonic() - began
        self._late = self._raised_in_a_row = 0
        self._child = child
        self._notify()
        return child

    async def _load(self, child: Child, limit_seconds: float | None) -> EngineInfo:
        try:
            async with asyncio.timeout(limit_seconds):
                reply = await child.ask(Build(self._factory))
                if isinstance(reply, Ready) and self._proof:
                    await _prove(child, self._proof)
        except TimeoutError:
            self._late += 1
            raise EngineLost(f"the engine took longer than {limit_seconds:g} s to load") from None
        except (EOFError, OSError):
            raise EngineLost(f"the engine process {await child.end()} while loading") from None
        if isinstance(reply, Failed):
            raise reply.error
        assert isinstance(reply, Ready)
        return reply.info

    @asynccontextmanager
    async def _told_of(self, limit_seconds: float | None) -> AsyncIterator[None]:
        """Say in the log now and then that the engine is still loading."""
        limit = f"it is given {limit_seconds:g} s" if limit_seconds else "it may be downloading"

        async def tell() -> None:
            began = time.monotonic()
            while True:
                await asyncio.sleep(self._patience.tell_seconds)
                took = time.monotonic() - began
                logger.info("the engine has been loading for %.0f s; %s", took, limit)

        telling = asyncio.create_task(tell(), name="tell of the load")
        try:
            yield
        finally:
            telling.cancel()

    async def _keep(self, child: Child) -> None:
        while True:
            try:
                ended = await child.wait()
            finally:
                self._lose(child)
                await child.end()
            logger.error("the engine process %s; it is started again", ended)
            child = await self._relaunch()

    async def _relaunch(self) -> Child:
        while True:
            await asyncio.sleep(self._backoff.delay(self._failures))
            self._failures += 1
            try:
                return await self._launch(self._patience.limit(self._load_seconds, self._late))
            except (DictationError, OSError) as error:
                logger.error("the engine cannot be started again: %s", error)
            except Exception:  # nobody else would try, and all words would wait for ever
                logger.exception("the engine cannot be started again, in an unforeseen way")

    def _lose(self, child: Child) -> None:
        child.kill()
        if self._child is child:
            self._child = None
            self._notify()

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()


async def _prove(child: Child, proof: Window) -> None:
    reply = await child.ask(Batch((proof,)))
    if isinstance(reply, Raised):
        raise EngineError(f"it raised {reply.reason} at what another engine could decode")


def _count(windows: Sequence[Window]) -> str:
    return "1 window" if len(windows) == 1 else f"{len(windows)} windows"
