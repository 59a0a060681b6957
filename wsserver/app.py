"""Build everything but the doorway, start it and stop it: the composition root.

Knows what is joined to what; knows nothing of how any of it works.
"""

import logging
import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from uuid import uuid4

import numpy as np

from wsserver.cluster.remote import Replicas
from wsserver.config import Config
from wsserver.doorway import Inside, build_listener, build_wyoming
from wsserver.lent import Lent
from wsserver.measures import measure, measure_keeping, measure_redis, tell_of_engine
from wsserver.messages import Limits, Warn
from wsserver.metrics import Metrics
from wsserver.net.admission import Gate
from wsserver.net.conditions import Conditions
from wsserver.net.cursors import Cursors
from wsserver.net.dictations import Dictations
from wsserver.net.host import Host
from wsserver.net.keys import key_path, server_key
from wsserver.net.lines import Lines
from wsserver.net.metrics_routes import metrics_routes
from wsserver.net.recorder import Recorder, together
from wsserver.net.room_ids import PURPOSE as ROOMS
from wsserver.net.room_ids import RoomIds
from wsserver.net.room_publisher import RoomPublisher
from wsserver.net.rooms import Rooms
from wsserver.net.signed_tokens import PURPOSE, SignedTokens
from wsserver.net.tokens import Token, hash_token, new_token
from wsserver.peers import Alone
from wsserver.recognition.engines import EngineSpec, build
from wsserver.recognition.process import EngineProcess, Patience
from wsserver.recognition.runner import Runner
from wsserver.recognition.scheduler import Scheduler
from wsserver.recognition.silero import SileroVoice
from wsserver.recognition.silero_batch import SileroBatch
from wsserver.recognition.voices import Voices
from wsserver.self_check import SAMPLE, SelfCheck, self_check
from wsserver.session.cursor import Resumption
from wsserver.session.dialog import Session
from wsserver.session.setting import SessionSettings, Setting
from wsserver.shared import build_shared
from wsserver.sound_file import open_sound
from wsserver.speech import Engine, EngineInfo, Priority
from wsserver.store.keeper import Keeper
from wsserver.watching import Watching
from wsserver.webhooks.dispatch import Dispatch
from wsserver.webhooks.settings import check_tokens

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
        self._config = config
        self._lent = lent
        self._own_token = lent.own_token if lent else new_token()[0]
        self._checked: SelfCheck | None = None
        self._running = AsyncExitStack()
        self._voice = SileroVoice()
        batch = SileroBatch(self._voice)
        self._voices = Voices(batch.answer if batch.keeps_its_bits() else None)
        self._running.callback(self._voices.stop)
        self._metrics = Metrics(time.monotonic)
        self._watching = Watching(config, self._metrics)
        runner = self._build_engine(build)
        self._scheduler = Scheduler(runner, config.scheduler, config.sessions.hop_ms / 1000)
        own = Token(name=_OWN_NAME, hash=hash_token(self._own_token))
        self._key = server_key(config.server.key, os.environ)
        self._lines = self._build_lines()
        self._shared = build_shared(config)
        self._keeper = Keeper(config.store.folder, config.store) if config.store.folder else None
        self._dispatch = self._build_dispatch()
        self._gate = self._build_gate(own)
        ids = RoomIds(self._key.derive(ROOMS))
        relays = self._shared.relays if self._shared else None
        self._rooms = Rooms(config.rooms, ids, time.time, relays)
        if relays:
            relays.on_ended = self._rooms.ended
        self._dictations = Dictations(self._host(), self._limits(), self._lines)
        self._scheduler.on_change(self._tell_of_engine)
        inside = Inside(
            self._host(),
            self._gate,
            self._rooms,
            self._signed,
            self._dictations,
            lambda: self.info,
            lent.entrance if lent else None,
        )
        measure(self._metrics, self._gate, self._rooms, self._scheduler)
        if self._shared:
            measure_redis(self._metrics, self._shared.redis)
        measure_keeping(self._metrics, self._keeper, self._dispatch)
        self._listener = build_listener(config, inside, metrics_routes(self._render))
        self._wyoming = build_wyoming(config, inside)

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
        self._running.push_async_callback(self._watching.stop)
        shared = self._shared.services if self._shared else ()
        for keeping in (*shared, self._keeper, self._dispatch):
            if keeping:
                await keeping.start()
                self._running.push_async_callback(keeping.stop)
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
        self.approve(await self_check(self.socket_url, self._own_token))
        assert self._checked is not None
        return self._checked

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

    def _build_engine(self, build: Callable[[EngineSpec], Engine]) -> Runner:
        if self._config.engine.kind == "ray":
            return self._watching.metered(Replicas(self._config.engine.urls))
        patience = Patience(self._config.scheduler.reload_seconds)
        process = EngineProcess(partial(build, self._config.engine), patience=patience)
        return self._watching.metered(process)

    async def _render(self, accept: str) -> tuple[bytes, str]:
        return await self._lent.numbers(accept) if self._lent else self._metrics.render(accept)

    def _build_gate(self, own: Token) -> Gate:
        admission = self._config.server.admission
        settings = replace(admission, tokens=(*admission.tokens, own))
        conditions = Conditions(
            self._missing,
            self._missing_to_resume,
            self._crowded,
            self._metrics.refused,
            insider=own,
            peers=self._shared.peers if self._shared else Alone(),
        )
        self._signed = self._build_signed_tokens()
        return Gate(settings, conditions, time.time, self._lines, self._signed)

    def _build_signed_tokens(self) -> SignedTokens:
        settings = self._config.server.admission.signed_tokens
        key = self._key.derive(PURPOSE)
        longest, longest_view = settings.longest_seconds, self._config.rooms.longest_seconds
        return SignedTokens(key, settings.public_keys, longest, time.time, longest_view)

    def _build_lines(self) -> Lines:
        resume_seconds = self._config.sessions.resume_seconds
        return Lines(Cursors(self._key.derive("cursors"), resume_seconds, time.time))

    def _build_dispatch(self) -> Dispatch | None:
        settings = self._config.webhooks
        if not settings.receivers or self._lent:
            return None
        check_tokens(settings, {token.name for token in self._config.server.admission.tokens})
        folder = settings.folder or key_path(os.environ).with_name("webhooks")
        return Dispatch(settings, folder)

    def _missing(self) -> str | None:
        if not self._scheduler.ready:
            return "the engine is started again" if self._checked else "the model is being loaded"
        return self._missing_to_resume()

    def _missing_to_resume(self) -> str | None:
        return None if self._checked else "the self-check is not through yet"

    def _notice(self) -> Warn | None:
        return None if self._scheduler.ready else ENGINE_RESTARTING

    def _tell_of_engine(self) -> None:
        if self._checked:
            self._dictations.warn(self._notice() or ENGINE_RESTARTED)

    def _crowded(self) -> str | None:
        forecast = self._scheduler.forecast(self._gate.sessions)
        return forecast.objection(self._config.sessions.max_lag_seconds)

    def _limits(self) -> Limits:
        return Limits(
            frame_bytes=self._config.server.socket.frame_limit_bytes,
            idle_seconds=self._config.sessions.idle_seconds,
            session_seconds=self._config.sessions.longest_seconds,
        )

    def _host(self) -> Host:
        recognize, publish = self._scheduler.recognize, partial(RoomPublisher, self._rooms)
        watch, notice = self._watching.watch, self._notice
        voices = self._voices
        lent = (self._record, publish, watch, notice, voices.turn, voices.ask)
        return Host(self._open_session, recognize, *lent)

    def _record(self, token_name: str) -> Recorder | None:
        if token_name == _OWN_NAME:  # its self-check is nobody's words
            return None
        keeping = self._keeper.recorder(token_name) if self._keeper else None
        if self._lent:
            return together(keeping, self._lent.webhooks(token_name))
        return together(keeping, self._dispatch.recorder(token_name) if self._dispatch else None)

    def _open_session(self, priority: Priority, resumption: Resumption | None) -> Session:
        endpointing = self._config.endpointing
        settings = SessionSettings(
            limits=self._limits(),
            endpointing={
                "dictation": endpointing.dictation,
                "captioning": endpointing.captioning,
            },
            guards=self._config.guards,
            hop_ms=self._config.sessions.hop_ms,
            carry_tokens=self._config.sessions.carry_tokens,
        )
        info, name = self._scheduler.info, uuid4().hex
        return Session(Setting(name, info, self._voice, settings, priority, resumption))
