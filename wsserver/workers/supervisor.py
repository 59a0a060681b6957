"""Run several servers as one: bind the ports once, hold the engine, keep all workers at work.

Knows processes and what they share; knows nothing of sessions.  To the outside it is what `App` is.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from wsserver.config import Config
from wsserver.keeping import build_dispatch
from wsserver.measures import measure_keeping
from wsserver.metrics import Metrics
from wsserver.net.tokens import new_token
from wsserver.recognition.engines import EngineSpec, build
from wsserver.recognition.process import EngineProcess, Patience
from wsserver.self_check import SelfCheck, self_check
from wsserver.speech import Engine, EngineInfo
from wsserver.store.keeper import STOP_SECONDS
from wsserver.workers.doorkeeper import Doorkeeper
from wsserver.workers.forwarding import pass_on
from wsserver.workers.frames import AllNumbers, Assignment, Checked, PassOn, Serving
from wsserver.workers.gathered import ENGINE, WEBHOOKS
from wsserver.workers.post import Office, Post
from wsserver.workers.recognition import Recognition
from wsserver.workers.sharing import check_workers, decoding_at, open_ports, share_of, shared

GRACE_SECONDS = 8.0
"""For a worker's last words, which may take three, and for a machine that is busy."""


def stop_seconds(config: Config) -> float:
    """Say after which time a worker that is to stop is killed, whatever it is about.

    Then webhooks have `dispatch.FAREWELL_SECONDS`; what stops the server has to wait for longer
    than both.
    """
    # Sound, then words.
    writing_seconds = 2 * STOP_SECONDS if config.store.folder else 0.0
    closing_seconds = config.server.socket.close_timeout_seconds + config.traces.stop_seconds
    return config.sessions.drain_seconds + closing_seconds + writing_seconds + GRACE_SECONDS


class Supervisor:
    """Several servers as one, from `start` to `stop`; one time only."""

    def __init__(self, config: Config, build: Callable[[EngineSpec], Engine] = build) -> None:
        """Prepare everything; raise a `ConfigError` for what cannot be run."""
        check_workers(config)
        self._config = config
        self._build = build
        self._own_token, _ = new_token()
        self._checked: SelfCheck | None = None
        self._dispatch = build_dispatch(config)
        self._metrics = Metrics(time.monotonic)
        measure_keeping(self._metrics, None, self._dispatch)
        self._recognition: Recognition | None = None
        self._posts: list[Post] = []
        self._serving: list[Serving] = []
        self._running = AsyncExitStack()

    @property
    def url(self) -> str:
        """Where the page is."""
        return self._serving[0].url

    @property
    def network_urls(self) -> list[str]:
        """Where other machines find it, if the server listens to them all."""
        return self._serving[0].network_urls

    @property
    def wyoming_url(self) -> str | None:
        """Where Wyoming is spoken, if it is."""
        return self._serving[0].wyoming_url

    @property
    def info(self) -> EngineInfo:
        """Say which model hears."""
        return self._serving[0].info

    async def start(self) -> None:
        """Have all workers take connections, and load the model meanwhile.

        Raises `ConfigError` or `ModelError`.
        """
        ports = await open_ports(self._config)
        doorkeeper = Doorkeeper(ports)
        self._running.callback(doorkeeper.stop)
        folder = Path(self._running.enter_context(TemporaryDirectory(prefix="wsserver-")))
        if self._dispatch:
            await self._dispatch.start()
            self._running.push_async_callback(self._dispatch.stop)
        self._recognition = self._build_recognition(folder)
        self._config = shared(self._config, ports, folder)
        office = Office(doorkeeper, self._assignment, self._answer)
        numbers = range(1, self._config.server.workers + 1)
        self._posts = [Post(number, office) for number in numbers]
        self._running.push_async_callback(self._dismiss)
        await self._begin()

    async def check(self) -> SelfCheck:
        """Dictate a sample through the own socket; from then on the server is ready."""
        url = self._serving[0].socket_url
        self._checked = checked = await self_check(url, self._own_token)
        await asyncio.gather(*(post.admit(Checked(checked)) for post in self._posts))
        return checked

    async def stop(self) -> None:
        """Have every worker come to its end, then leave."""
        await self._running.aclose()

    async def _begin(self) -> None:
        try:
            async with asyncio.TaskGroup() as beginning:
                if self._recognition:
                    beginning.create_task(self._recognition.start())
                filling = [beginning.create_task(post.fill()) for post in self._posts]
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        self._serving = [task.result() for task in filling]

    async def _dismiss(self) -> None:
        seconds = stop_seconds(self._config)
        await asyncio.gather(*(post.leave(seconds) for post in self._posts))

    def _assignment(self, number: int) -> Assignment:
        config = share_of(self._config, number)
        return Assignment(number, config, self._own_token, self._checked)

    async def _answer(self, asked: object) -> object:
        match asked:
            case AllNumbers():
                return await self._numbers()
            case PassOn() if self._dispatch:
                return await pass_on(self._dispatch.forward, asked)
        return None

    async def _numbers(self) -> dict[int, str]:
        texts = await asyncio.gather(*(post.numbers() for post in self._posts))
        told = {number: text for number, text in enumerate(texts, 1) if text is not None}
        if self._recognition:
            told[ENGINE] = self._recognition.numbers()
        if self._dispatch:
            told[WEBHOOKS] = self._metrics.render("")[0].decode()
        return told

    def _build_recognition(self, folder: Path) -> Recognition | None:
        """Give the engine that all share, and have the workers look for it in *folder*."""
        config = self._config
        if config.engine.kind == "ray":
            return None
        patience = Patience(config.scheduler.reload_seconds)
        engine = EngineProcess(partial(self._build, config.engine), patience=patience)
        recognition = Recognition(engine, config.scheduler, folder)
        self._running.push_async_callback(recognition.stop)
        self._config = decoding_at(config, recognition.url)
        return recognition
