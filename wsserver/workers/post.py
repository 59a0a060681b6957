"""Keep one worker at work: start it, watch it, start another in its place.

Knows one worker at a time; knows nothing of the others.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from wsserver.errors import DictationError, ServerError
from wsserver.recognition.process import Backoff
from wsserver.workers.doorkeeper import Door, Doorkeeper
from wsserver.workers.frames import Assignment, Checked, Drain, OwnNumbers, Ping, Serving
from wsserver.workers.process import WorkerProcess
from wsserver.workers.wire import Answer

logger = logging.getLogger(__name__)

PROVEN_SECONDS = 60.0
"""After which a worker that ends did not end because of how it began."""

PING_SECONDS = 10.0
"""From one `Ping` to the next, and for its answer, which an event loop that turns gives at once."""

MOST_UNANSWERED = 3
"""Pings in a row; then the worker hangs.  Several, because it may be this process, or the machine,
that stood still: then no more than one is late."""

NUMBERS_SECONDS = 5.0
"""For what a worker counted: one that hangs shall not keep back what all others say."""


@dataclass(frozen=True, slots=True)
class Office:
    """What all posts share."""

    doorkeeper: Doorkeeper
    assignment: Callable[[int], Assignment]
    """Says what the worker of that number has to do."""

    answer: Answer
    """Answers what workers ask."""

    backoff: Backoff = Backoff()


class Post:
    """One worker, or the next one, from `fill` to `leave`."""

    def __init__(self, number: int, office: Office) -> None:
        self._number = number
        self._office = office
        self._process: WorkerProcess | None = None
        self._door: Door | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._failures = 0
        self._is_serving = False

    async def fill(self) -> Serving:
        """Start the worker and wait until it serves; raise what hinders it."""
        serving = await self._start()
        self._keeping = asyncio.create_task(self._keep(), name=f"keep worker {self._number}")
        return serving

    async def admit(self, checked: Checked) -> None:
        """Let the worker admit people; one that is just being started learns it then."""
        process, door = self._process, self._door
        if process is None or door is None or not self._is_serving:
            return
        with suppress(ConnectionError):  # the next one learns it
            await process.wire.ask(checked)
            door.is_ready = True

    async def numbers(self) -> str | None:
        """Give what the worker counted; None if it cannot say, or takes too long."""
        if self._process is None:
            return None
        try:
            async with asyncio.timeout(NUMBERS_SECONDS):
                text: str = await self._process.wire.ask(OwnNumbers())
        except (ConnectionError, DictationError, TimeoutError):
            return None
        return text

    async def leave(self, seconds: float) -> None:
        """Have the worker come to an end, and kill it if that takes longer."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        if self._watching is not None:  # that it ends in time is seen to here
            self._watching.cancel()
        process = self._process
        if process is None:
            return
        process.wire.tell(Drain())
        try:
            async with asyncio.timeout(seconds):
                await process.wait()
        except TimeoutError:
            logger.error("worker %d does not end; it is killed", self._number)
        await self._end()

    async def _start(self) -> Serving:
        office = self._office
        self._process = process = await WorkerProcess.spawn(office.answer)
        self._door = door = office.doorkeeper.door(process.channel)
        self._watching = asyncio.create_task(self._watch(process, door))
        assignment = office.assignment(self._number)
        try:
            serving: Serving = await process.wire.ask(assignment)
        except ConnectionError:
            raise ServerError(f"worker {self._number} {await self._end()} at once") from None
        self._is_serving = True
        self._door.is_ready = assignment.checked is not None
        if latest := not self._door.is_ready and self._office.assignment(self._number).checked:
            await self.admit(Checked(latest))
        return serving

    async def _watch(self, process: WorkerProcess, door: Door) -> None:
        """Kill a worker that hangs; its end is seen to like any other."""
        with suppress(ConnectionError):  # it has ended
            await process.wire.ask(Ping())  # until it runs, which is as long as loading may take
            unanswered = 0
            while unanswered < MOST_UNANSWERED:
                try:
                    async with asyncio.timeout(PING_SECONDS):
                        await process.wire.ask(Ping())
                except TimeoutError:
                    unanswered += 1
                    door.is_silent = True
                else:
                    unanswered = 0
                    door.is_silent = False
                    await asyncio.sleep(PING_SECONDS)
            logger.error("worker %d hangs; it is killed", self._number)
            process.kill()

    async def _end(self) -> str:
        if self._watching is not None:
            self._watching.cancel()
        process, door = self._process, self._door
        self._process = self._door = None
        self._is_serving = False
        if door is not None:
            self._office.doorkeeper.remove(door)
        return await process.end() if process is not None else "was not there"

    async def _keep(self) -> None:
        while True:
            began = time.monotonic()
            if self._process is not None:
                await self._process.wait()
            ended = await self._end()
            logger.error("worker %d %s; it is started again", self._number, ended)
            if time.monotonic() - began > PROVEN_SECONDS:
                self._failures = 0
            await self._restart()

    async def _restart(self) -> None:
        while True:
            await asyncio.sleep(self._office.backoff.delay(self._failures))
            self._failures += 1
            try:
                await self._start()
            except (DictationError, OSError) as error:
                logger.error("worker %d cannot be started again: %s", self._number, error)
            except Exception:  # nobody else would try
                logger.exception("worker %d cannot be started again", self._number)
            else:
                logger.info("worker %d serves again", self._number)
                return
            await self._end()
