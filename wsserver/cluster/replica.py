"""Decode what gateways send: one engine, and the scheduler before it, as a function of bytes.

Knows the wire and a scheduler; knows no network, and nothing of who carries the bytes.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias
from uuid import uuid4

from wsserver.cluster.fleet import Demands
from wsserver.cluster.wire import Reply, Report, pack_reply, unpack_request
from wsserver.errors import EngineError, EngineLost, EngineUnavailable
from wsserver.recognition.metered import Metered
from wsserver.recognition.plan import Load
from wsserver.recognition.runner import Result, Runner
from wsserver.recognition.scheduler import Scheduler, SchedulerSettings
from wsserver.speech import Hypothesis, Priority, Samples, Window

logger = logging.getLogger(__name__)

HOLD_SECONDS = 3.0
"""For which windows wait here while the engine is started again: practice and base load in less.

After that they go back, to whoever is free.  Not at once: a replica that gives everything back
would be the least busy of all, and a balancer would send it more than its share."""

_SETTINGS = SchedulerSettings()

_Heard: TypeAlias = "asyncio.Task[Hypothesis | None]"


class Replica:
    """One of many: an engine, started once, that all gateways share.

    Gateways have one window of a session in flight at most, so nothing is superseded here; but
    finals of one gateway go before partials of another, and all are batched together.
    """

    def __init__(
        self,
        runner: Runner,
        settings: SchedulerSettings = _SETTINGS,
        count: Callable[[], int] = lambda: 0,
    ) -> None:
        """Have batches run by *runner*; *count* says how many replicas there are, or 0."""
        self.name = uuid4().hex
        self._count = count
        self._runner = runner
        self._held = _Held()
        self._scheduler = Scheduler(Metered(runner, self._held), settings)
        self._demands = Demands()
        self._here, self._away = asyncio.Event(), asyncio.Event()
        runner.on_change(self._notice)

    @property
    def ready(self) -> bool:
        """Tell whether windows are decoded now."""
        return self._scheduler.ready

    @property
    def load(self) -> Load:
        """Measure what waits."""
        return self._scheduler.load

    async def start(self, sample: Samples | None = None) -> None:
        """Wait until the engine is loaded, and learn from *sample* what finals cost.

        Raises `ModelError` or `EngineLost` if it cannot be loaded, `EngineError` if it cannot hear.
        """
        await self._scheduler.start()
        if sample is not None:
            await self._scheduler.rehearse(sample)

    async def stop(self) -> None:
        """End the engine; what still waits goes back untried."""
        await self._scheduler.stop()

    async def answer(self, body: bytes) -> bytes:
        """Decode a packed request; give a packed reply.

        If the caller is canceled, because a client hung up, its windows are withdrawn.  Raises
        `BadMessage` for what is no request.
        """
        request = unpack_request(body)
        self._demands.note(request.gateway, request.demand, time.monotonic())
        windows = [_as_here(window, request.gateway) for window in request.windows]
        results = await self._hear(windows) if windows else ()
        return pack_reply(Reply(tuple(results), self._report()))

    def _report(self) -> Report:
        now = time.monotonic()
        return Report(
            replica=self.name,
            info=self._scheduler.info,
            ready=self.ready,
            prices=self._scheduler.prices,
            waiting_seconds=self.load.seconds,
            busy=self._scheduler.busy,
            replicas=self._count(),
            demands=self._demands.lately(now),
        )

    async def _hear(self, windows: Sequence[Window]) -> list[Result]:
        self._held.add(windows)
        hearing = [asyncio.create_task(self._scheduler.recognize(each)) for each in windows]
        tired = asyncio.create_task(self._lose_patience(), name="lose patience with the engine")
        try:
            together = asyncio.gather(*hearing, return_exceptions=True)
            await asyncio.wait((together, tired), return_when=asyncio.FIRST_COMPLETED)
            return [self._result(w, h) for w, h in zip(windows, hearing, strict=True)]
        finally:
            for task in (*hearing, tired):
                task.cancel()
            self._held.forget(windows)

    async def _lose_patience(self) -> None:
        """Return once the engine has been away for too long."""
        while True:
            await self._away.wait()
            try:
                async with asyncio.timeout(HOLD_SECONDS):
                    await self._here.wait()
            except TimeoutError:
                return

    def _result(self, window: Window, hearing: _Heard) -> Result:
        if not hearing.done():
            if self._held.was_struck(window):
                return EngineLost("an engine was lost while it held this window")
            return EngineUnavailable("the engine is being started again")
        error = hearing.exception()
        if error is None:
            return hearing.result()
        if isinstance(error, EngineLost):
            return EngineUnavailable(str(error))  # nobody's turn any more, so it was tried nowhere
        if isinstance(error, EngineError):
            return error
        logger.error("a window failed in an unforeseen way", exc_info=error)
        return EngineError(f"a window failed: {type(error).__name__}: {error}")

    def _notice(self) -> None:
        begins, ends = self._away, self._here
        if self._runner.alive:
            begins, ends = ends, begins
        ends.clear()
        begins.set()


def _as_here(window: Window, gateway: str) -> Window:
    """Give *window* a session that no other gateway has, and the turn that its batch needs.

    An early final comes with finals, which go back when the last of their batch is done: behind
    the partials of all others it would keep them waiting for seconds (simulated, 100 people).
    """
    session = f"{gateway}/{window.session}"
    is_early = window.priority is Priority.EARLY_FINAL
    return replace(
        window, session=session, priority=Priority.FINAL if is_early else window.priority
    )


class _Held:
    """The windows that are here, and whether an engine went down with them; a `Meter`."""

    def __init__(self) -> None:
        self._struck: dict[tuple[str, int], bool] = {}

    def add(self, windows: Sequence[Window]) -> None:
        """Take *windows* in."""
        self._struck.update(dict.fromkeys(map(_key, windows), False))

    def forget(self, windows: Sequence[Window]) -> None:
        """Know nothing of *windows* any more."""
        for window in windows:
            self._struck.pop(_key(window), None)

    def was_struck(self, window: Window) -> bool:
        """Tell whether an engine was lost with *window*."""
        return self._struck.get(_key(window), False)

    def decoded(self, windows: Sequence[Window], seconds: float) -> None:
        """Take no note of what went well."""

    def failed(self, windows: Sequence[Window], error: Exception, seconds: float) -> None:  # noqa: ARG002
        """Note with which windows an engine was lost, of those that somebody still waits for."""
        if isinstance(error, EngineLost):
            self._struck.update((key, True) for key in map(_key, windows) if key in self._struck)


def _key(window: Window) -> tuple[str, int]:
    """Tell windows apart: a session has one here at a time, and it may be demoted on its way."""
    return window.session, window.end
