"""The server in other arrangements than one process, for tests that know nothing of it.

    TEST_ARRANGEMENT=workers pytest tests/end_to_end
    TEST_ARRANGEMENT=cluster pytest tests/end_to_end

runs each server that a test starts as two gateways with a Redis: on one engine beside them, or on
two replicas of a local Ray Serve.  Those in the test's own process have their gateways there too,
so that tests may look inside.
"""

import asyncio
import atexit
import json
import os
import socket
import tempfile
from collections import ChainMap
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self, cast
from uuid import uuid4

import pytest
from redis import Redis

from tests.broker.redis_server import COMMAND, RedisServer
from tests.cluster.local_ray import LocalRay
from wsserver import config
from wsserver.app import App
from wsserver.config import Config
from wsserver.net.entrance import Entrance
from wsserver.recognition.engines import EngineSpec
from wsserver.rooms.room import Room
from wsserver.workers import post, worker
from wsserver.workers.frames import Assignment, Serving
from wsserver.workers.supervisor import Supervisor
from wsserver.workers.wire import Answer, Wire

WORKERS = "workers"
CLUSTER = "cluster"
_PAST_REDIS = "it speaks into the room of one gateway, past the Redis by which others hear of it"
NOT_FOR_SEVERAL = {
    "test_a_slow_viewer_keeps_nobody_waiting_and_gets_every_final": _PAST_REDIS,
    "test_a_viewer_who_takes_nothing_is_cut_off_and_has_a_place_again": _PAST_REDIS,
}
"""Tests of the inside of one process, and why others have no such inside."""

_ENVIRONMENT = "TEST_ARRANGEMENT"
_AGE_SECONDS = 60


def _wanted() -> str:
    wanted = os.environ.get(_ENVIRONMENT, "")
    expected = ("", WORKERS, CLUSTER)
    assert wanted in expected, f"{_ENVIRONMENT}: found {wanted!r}, expected one of {expected}"
    return wanted


def arranged(options: tuple[str, ...], environment: dict[str, str]) -> dict[str, str]:
    """Give what a server that is started as a process has to find in its environment.

    *options* and *environment* are what a test wants of it.
    """
    wanted = _wanted()
    if not wanted:
        return environment
    several = {
        "WSSERVER_SERVER__WORKERS": "2",
        "WSSERVER_REDIS__URL": _redis_url(),
        "WSSERVER_REDIS__PREFIX": _new_prefix(),
    }
    if wanted == WORKERS:
        return {**several, **environment}
    return {**several, **_without_engine(environment), **_elsewhere(options, environment)}


def without_model(options: tuple[str, ...]) -> tuple[str, ...]:
    """Give *options* without the model, if another process has it."""
    if _wanted() != CLUSTER or "--model" not in options:
        return options
    place = options.index("--model")
    return options[:place] + options[place + 2 :]


def _elsewhere(options: tuple[str, ...], environment: dict[str, str]) -> dict[str, str]:
    given = config.load(Path(os.devnull), environment, {"engine": _model(options)})
    urls = json.dumps(_on_replicas(given).engine.urls)
    return {"WSSERVER_ENGINE__KIND": "ray", "WSSERVER_ENGINE__URLS": urls}


def _model(options: tuple[str, ...]) -> dict[str, str]:
    return {"model": options[options.index("--model") + 1]} if "--model" in options else {}


def _without_engine(environment: dict[str, str]) -> dict[str, str]:
    return {
        name: text for name, text in environment.items() if not name.startswith("WSSERVER_ENGINE__")
    }


def build_app(given: Config) -> App:
    """Give a server in this process, in the arrangement that is wanted."""
    return cast("App", Gateways(_with_redis(given))) if _wanted() else App(given)


def count_gateways() -> int:
    """Say of how many gateways a server consists, each of which has limits of its own."""
    return 2 if _wanted() else 1


def skip_what_is_not_for_several(items: list[pytest.Item]) -> None:
    """Leave out the tests that several gateways cannot be put to."""
    for item in items:
        if _wanted() and (reason := NOT_FOR_SEVERAL.get(item.name)):
            item.add_marker(pytest.mark.skip(reason=reason))


def logged_elsewhere() -> str:
    """Give what was logged so far by what runs neither in this process nor below it."""
    return _ray().log() if _wanted() == CLUSTER else ""


def _with_redis(given: Config) -> Config:
    redis = replace(given.redis, url=_redis_url(), prefix=_new_prefix())
    server = replace(given.server, workers=2)
    return given.model_copy(update={"redis": redis, "server": server})


def _on_replicas(given: Config) -> Config:
    """Have the engine run on two replicas of the local Ray."""
    if given.engine.kind == "ray":
        return given
    arguments = given.model_dump_json(include={"engine", "scheduler"})
    engine = EngineSpec(kind="ray", urls=(_ray().replicas(arguments),))
    return given.model_copy(update={"engine": engine})


@cache
def _ray() -> LocalRay:
    pytest.importorskip("ray.serve")
    ray = LocalRay()
    atexit.register(ray.stop)
    return ray


def _new_prefix() -> str:
    """Give one below which Redis remembers for long: a new one takes no finals for two seconds."""
    prefix = f"{uuid4().hex}-"
    with Redis.from_url(_redis_url()) as redis:
        run, (seconds, _) = redis.info("server")["run_id"], redis.time()
        redis.set(f"{prefix}life", f"{uuid4().hex} {run} {1000 * (seconds - _AGE_SECONDS)}")
    return prefix


@cache
def _redis_url() -> str:
    if COMMAND is None:
        pytest.skip("redis-server is not installed")
    folder = tempfile.TemporaryDirectory(prefix="redis")
    redis = RedisServer(Path(folder.name))
    redis.start()
    atexit.register(folder.cleanup)
    atexit.register(redis.kill)
    return redis.url


class _Guest(worker.Worker):
    """A worker in the process of its supervisor: the log and the collector are not its own."""

    async def _begin(self, assignment: Assignment) -> Serving:
        self._app = app = App(assignment.config, lent=self._lent(assignment))
        HERE[self._entrance] = app
        await app.start()
        self._is_serving = True
        urls = (app.url, app.socket_url, app.network_urls, app.wyoming_url)
        return Serving(*urls, app.info)


HERE: dict[Entrance, App] = {}
"""The gateways of this process."""


class _InHouse:
    """What a supervisor takes for a worker's process."""

    def __init__(self, wire: Wire, channel: socket.socket, guest: _Guest) -> None:
        self.wire, self.channel = wire, channel
        self.guest = guest
        self._running = asyncio.create_task(guest.run())

    @classmethod
    async def spawn(cls, answer: Answer) -> Self:
        ours, theirs = socket.socketpair()
        channel, their_channel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        guest = _Guest(Entrance(their_channel))
        guest.wire = await Wire.open(theirs, guest.answer)
        return cls(await Wire.open(ours, answer), channel, guest)

    async def wait(self) -> str:
        await asyncio.wait([self._running])
        return "ended"

    async def end(self) -> str:
        if not self._running.done():
            self._running.cancel()
        await self.wait()
        await self.wire.close()
        return "ended"


class Gateways(Supervisor):
    """Two gateways in this process, which look like one `App` to whoever looks inside."""

    async def start(self) -> None:
        if _wanted() == CLUSTER:
            self._config = await asyncio.to_thread(_on_replicas, self._config)
        self._seen = set(HERE)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(post, "WorkerProcess", _InHouse)
            patch.setattr(worker, "_settle_down", lambda: None)
            await super().start()

    @property
    def apps(self) -> list[App]:
        return [app for entrance, app in HERE.items() if entrance not in self._seen]

    @property
    def socket_url(self) -> str:
        return self.apps[0].socket_url

    @property
    def open_dictations(self) -> int:
        return sum(app.open_dictations for app in self.apps)

    @property
    def _key(self) -> Any:
        return self.apps[0]._key

    @property
    def _scheduler(self) -> Any:
        return SimpleNamespace(_answers=ChainMap(*(app._scheduler._answers for app in self.apps)))

    @property
    def _dictations(self) -> Any:
        async def drain(seconds: float) -> None:
            await asyncio.gather(*(app._dictations.drain(seconds) for app in self.apps))

        together = ChainMap(*(app._dictations._open for app in self.apps))
        farewell = all(app._dictations._farewell for app in self.apps)
        return SimpleNamespace(_open=together, drain=drain, _farewell=farewell)

    @property
    def _listener(self) -> Any:
        def drain() -> None:
            for app in self.apps:
                app._listener.drain()

        return SimpleNamespace(drain=drain, port=self.apps[0]._listener.port)

    @property
    def _rooms(self) -> Any:
        return _Rooms([app._rooms for app in self.apps])


def copies_of(app: object, room: str) -> list[Room]:
    """Give the room as each of several gateways has it, where it is open."""
    if not isinstance(app, Gateways):
        return []
    found = [each._rooms.find(room) for each in app.apps]
    return [opened.room for opened in found if opened]


class _Rooms:
    """The rooms of all gateways."""

    _all: list[Any]

    def __init__(self, all_rooms: list[Any]) -> None:
        object.__setattr__(self, "_all", all_rooms)

    def __setattr__(self, name: str, value: object) -> None:
        for rooms in self._all:
            setattr(rooms, name, value)

    @property
    def viewers(self) -> int:
        return sum(rooms.viewers for rooms in self._all)

    def find(self, name: str) -> Any:
        found = [room for rooms in self._all if (room := rooms.find(name)) is not None]
        return max(found, key=lambda opened: opened.seats, default=None)
