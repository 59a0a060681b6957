"""Replicas behind real HTTP servers that do harm when they are told to.

Knows a replica and aiohttp; the engine is the scripted one, in a process of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Literal

from aiohttp import web

from tests.recognition.scripted import Scripted
from wsserver.cluster.remote import Replicas
from wsserver.cluster.replica import Replica
from wsserver.cluster.wire import unpack_request
from wsserver.recognition.process import Backoff, EngineProcess
from wsserver.recognition.scheduler import Scheduler, SchedulerSettings
from wsserver.speech import Engine, Window

Fault = Literal["reset", "hang", "vanish", "500", "503", "garbage"]
HASTY = Backoff(0.01, 0.05)
LARGE = SchedulerSettings(max_batch_ms=600_000)
SINGLE = SchedulerSettings(max_batch=1)


class Door:
    """Stands before a replica: what carries windows meets the faults, one after the other."""

    def __init__(self, replica: Replica, faults: Sequence[Fault]) -> None:
        self.replica = replica
        self.faults = list(faults)
        self.batches = 0
        self.probes = 0
        self.has_vanished = False
        self.seen: list[tuple[Window, ...]] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        fault: Fault | None = None
        if windows := unpack_request(body).windows:
            self.batches += 1
            self.seen.append(windows)
            fault = self.faults.pop(0) if self.faults else None
            self.has_vanished |= fault == "vanish"
        else:
            self.probes += 1
        if self.has_vanished:  # with all its connections as they are
            await asyncio.Event().wait()
        match fault:
            case "reset":
                assert request.transport is not None
                request.transport.abort()
            case "hang":
                await asyncio.Event().wait()
            case "500" | "503":
                return web.Response(status=int(fault), text="as told")
            case "garbage":
                return web.Response(body=b"garbage")
        return web.Response(body=await self.replica.answer(body))


@asynccontextmanager
async def door(
    *faults: Fault,
    factory: Callable[[], Engine] = Scripted,
    settings: SchedulerSettings = LARGE,
) -> AsyncIterator[Door]:
    """Serve a replica behind a door."""
    async with started(factory, settings) as replica:
        built = Door(replica, faults)
        application = web.Application(client_max_size=2**26)
        application.router.add_post("/", built.answer)
        runner = web.AppRunner(application, handler_cancellation=True, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        built.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        try:
            yield built
        finally:
            await runner.cleanup()


@asynccontextmanager
async def started(
    factory: Callable[[], Engine] = Scripted, settings: SchedulerSettings = LARGE
) -> AsyncIterator[Replica]:
    """Start a replica whose engine comes back at once."""
    replica = Replica(EngineProcess(factory, Backoff(0.0, 0.0)), settings)
    await replica.start()
    try:
        yield replica
    finally:
        await replica.stop()


@asynccontextmanager
async def gateway(*urls: str, settings: SchedulerSettings = LARGE) -> AsyncIterator[Scheduler]:
    """Give a scheduler whose batches go to *urls*."""
    scheduler = Scheduler(Replicas(urls, HASTY), settings)
    await scheduler.start()
    try:
        yield scheduler
    finally:
        await scheduler.stop()
