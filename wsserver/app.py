"""Join everything there is to one server, start it and stop it: the composition root.

Knows what is joined to what; knows nothing of how any of it works.
"""

import logging
import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial

import numpy as np

from wsserver.cluster.remote import Replicas
from wsserver.config import Config
from wsserver.doorway import Inside, build_listener, build_wyoming
from wsserver.gatehouse import build_gate, build_lines, build_room_ids, build_signed_tokens
from wsserver.keeping import build_dispatch, build_keeper
from wsserver.lent import Lent
from wsserver.measures import measure, measure_keeping, measure_redis, tell_of_engine
from wsserver.messages import Warn
from wsserver.metrics import Metrics
from wsserver.net.conditions import Conditions
from wsserver.net.dictations import Dictations
from wsserver.net.host import Host
from wsserver.net.keys import server_key
from wsserver.net.metrics_routes import metrics_routes
from wsserver.net.recorder import Recorder, together
from wsserver.net.room_publisher import RoomPublisher
from wsserver.net.rooms import Rooms
from wsserver.net.tokens import Token, hash_token, new_token
from wsserver.peers import Alone
from wsserver.recognition.engines import EngineSpec, build
from wsserver.recognition.process import EngineProcess, Patience
from wsserver.recognition.runner import Runner
from wsserver.recognition.scheduler import Scheduler
from wsserver.self_check import SAMPLE, SelfCheck, self_check
from wsserver.sessions import Sessions
from wsserver.shared import build_shared
from wsserver.sound_file import open_sound
from wsserver.speech import Engine, EngineInfo
from wsserver.watching import Watching

logger = logging.getLogger(__name__)

_OWN_NAME = "the server itself"

ENGINE_RESTARTING = Warn(
    code="engine_restarting",
    message="recognition is started again; the words wait, and none is lost",
)
ENGINE_RESTARTED = Warn(
    code="engine_restarted",
    message="recognition works again; the words that waited are on their way",
)


class App:
    """The server, from `start` to `stop`; one time only."""

    def __init__(
        self,
        config: Config,
        build: Callable[[EngineSpec], Engine] = build,
        lent: Lent | None = None,
    ) -> None:
        """Build everything but what is *lent*; raise a `ConfigError` for what cannot be built.

        *build* is called in the engine's process, so it has to be a module's function.
        """
        self._config, self._lent = config, lent
        self._checked: SelfCheck | None = None
        self._running = AsyncExitStack()
        self._sessions = Sessions(config, lambda: self.info)
        self._metrics = Metrics(time.monotonic)
        self._watching = Watching(config, self._metrics)
        self._scheduler = self._build_scheduler(build)
        self._key = server_key(config.server.key, os.environ)
        self._shared = build_shared(config)
        self._keeper = build_keeper(config)
        self._dispatch = None if lent else build_dispatch(config)
        self._own_token = lent.own_token if lent else new_token()[0]
        lines = build_lines(config, self._key)
        self._signed = build_signed_tokens(config, self._key)
        self._gate = build_gate(config, self._conditions(), lines, self._signed)
        self._rooms = self._build_rooms()
        host = self._build_host()
        self._dictations = Dictations(host, self._sessions.limits, lines)
        inside = self._inside(host)
        self._listener = build_listener(config, inside, metrics_routes(self._render))
        self._wyoming = build_wyoming(config, inside)
        self._scheduler.on_change(self._tell_of_engine)
        self._scheduler.count_by(lambda: self._gate.sessions)
        self._measure()

    @property
    def url(self) -> str:
        """Where the page is."""
        return self._listener.url

    @property
    def network_urls(self) -> list[str]:
        """Where other machines find it, if the server listens to them all."""
        return self._listener.network_urls

    @property
    def socket_url(self) -> str:
        """Where sessions are opened."""
        path = self._config.server.socket.paths[-1]
        return self.url.replace("http", "ws", 1).removesuffix("/") + path

    @property
    def wyoming_url(self) -> str | None:
        """Where Wyoming is spoken, if it is; once started."""
        return self._wyoming.url if self._wyoming else None

    @property
    def open_dictations(self) -> int:
        """How many people dictate now."""
        return len(self._dictations)

    @property
    def info(self) -> EngineInfo:
        """Say which model hears; once started."""
        return self._scheduler.info

    async def start(self) -> None:
        """Listen, then load the model.  Raises `ConfigError` or `ModelError`."""
        self._running.callback(self._sessions.voices.stop)
        self._running.push_async_callback(self._watching.stop)
        shared = self._shared.services if self._shared else ()
        for service in (*shared, self._keeper, self._dispatch):
            if service:
                await service.start()
                self._running.push_async_callback(service.stop)
        self._running.push_async_callback(self._scheduler.stop)
        await self._listener.start()
        self._running.push_async_callback(self._listener.stop)
        await self._scheduler.start()
        tell_of_engine(self._metrics, self._scheduler.info)
        if self._wyoming:
            await self._wyoming.start()
            self._running.push_async_callback(self._wyoming.stop)

    async def check(self) -> SelfCheck:
        """Dictate a sample through the own socket; from then on the server is ready."""
        with open_sound(SAMPLE) as sound:
            await self._scheduler.rehearse(np.concatenate(list(sound.blocks())))
        checked = await self_check(self.socket_url, self._own_token)
        self.approve(checked)
        return checked

    def approve(self, check: SelfCheck) -> None:
        """Let people in: *check* is through."""
        self._checked = check

    def numbers(self) -> str:
        """Give what this server alone counts, in Prometheus' text format."""
        return self._metrics.render("")[0].decode()

    async def stop(self) -> None:
        """Finalize what was said, turn newcomers away meanwhile, then leave."""
        self._listener.drain()
        await self._dictations.drain(self._config.sessions.drain_seconds)
        await self._rooms.stop()
        await self._running.aclose()

    def _build_scheduler(self, build: Callable[[EngineSpec], Engine]) -> Scheduler:
        engine, settings = self._config.engine, self._config.scheduler
        runner: Runner
        if engine.kind == "ray":
            runner = Replicas(engine.urls)
        else:
            patience = Patience(settings.reload_seconds)
            runner = EngineProcess(partial(build, engine), patience=patience)
        hop_seconds = self._config.sessions.hop_ms / 1000
        return Scheduler(self._watching.metered(runner), settings, hop_seconds)

    def _conditions(self) -> Conditions:
        return Conditions(
            self._missing,
            self._missing_to_resume,
            self._crowded,
            self._metrics.refused,
            insider=Token(name=_OWN_NAME, hash=hash_token(self._own_token)),
            peers=self._shared.peers if self._shared else Alone(),
        )

    def _build_rooms(self) -> Rooms:
        relays = self._shared.relays if self._shared else None
        rooms = Rooms(self._config.rooms, build_room_ids(self._key), time.time, relays)
        if relays:
            relays.on_ended = rooms.ended
        return rooms

    def _build_host(self) -> Host:
        sessions = self._sessions
        return Host(
            sessions.open,
            self._scheduler.recognize,
            record=self._record,
            publish=partial(RoomPublisher, self._rooms),
            watch=self._watching.watch,
            notice=self._notice,
            turn=sessions.voices.turn,
            ask=sessions.voices.ask,
        )

    def _inside(self, host: Host) -> Inside:
        return Inside(
            host,
            self._gate,
            self._rooms,
            self._signed,
            self._dictations,
            lambda: self.info,
            self._lent.entrance if self._lent else None,
        )

    def _measure(self) -> None:
        measure(self._metrics, self._gate, self._rooms, self._scheduler)
        if self._shared:
            measure_redis(self._metrics, self._shared.redis)
        measure_keeping(self._metrics, self._keeper, self._dispatch)

    async def _render(self, accept: str) -> tuple[bytes, str]:
        return await self._lent.numbers(accept) if self._lent else self._metrics.render(accept)

    def _missing(self) -> str | None:
        if not self._scheduler.ready:
            return "the engine is started again" if self._checked else "the model is being loaded"
        return self._missing_to_resume()

    def _missing_to_resume(self) -> str | None:
        return None if self._checked else "the self-check is not through yet"

    def _crowded(self) -> str | None:
        return self._scheduler.forecast().objection(self._config.sessions.max_lag_seconds)

    def _notice(self) -> Warn | None:
        return None if self._scheduler.ready else ENGINE_RESTARTING

    def _tell_of_engine(self) -> None:
        if self._checked:
            self._dictations.warn(self._notice() or ENGINE_RESTARTED)

    def _record(self, token_name: str) -> Recorder | None:
        if token_name == _OWN_NAME:  # its self-check is nobody's words
            return None
        keeping = self._keeper.recorder(token_name) if self._keeper else None
        if self._lent:
            return together(keeping, self._lent.webhooks(token_name))
        return together(keeping, self._dispatch.recorder(token_name) if self._dispatch else None)
