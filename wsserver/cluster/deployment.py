"""Put replicas on a Ray cluster: what Ray Serve's config file names as `import_path`.

Knows Ray Serve, and is the only file that does; knows nothing of gateways.
"""

import logging
import time
import wave
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator
from ray import serve
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

import wsserver.practice
from wsserver.cluster.replica import Replica
from wsserver.cluster.wire import CONTENT_TYPE
from wsserver.errors import BadMessage, EngineLost
from wsserver.recognition.engines import EngineSpec
from wsserver.recognition.engines import build as build_engine
from wsserver.recognition.process import EngineProcess, Patience
from wsserver.recognition.scheduler import SchedulerSettings
from wsserver.speech import Samples

SAMPLE = Path(wsserver.practice.__path__[0]) / "sample.wav"

AWAY_SECONDS = 300.0
"""For which an engine may be started again and again before Ray starts another replica, which may
be on a better machine.  A new process on the same one is what the replica has tried by then."""

TIMEOUT_SECONDS = 20.0
"""For a batch, unless the file says otherwise: an engine that hangs is given up here well before a
gateway gives up the replica, so that the gateway hears of it."""


class Arguments(BaseModel):
    """What stands under `args` in Serve's config file; see config.yaml for what each key means."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    engine: EngineSpec = Field(default_factory=EngineSpec)

    scheduler: SchedulerSettings = Field(
        default_factory=lambda: SchedulerSettings(timeout_seconds=TIMEOUT_SECONDS)
    )

    @field_validator("scheduler", mode="before")
    @classmethod
    def _hurry(cls, given: object) -> object:
        return {"timeout_seconds": TIMEOUT_SECONDS, **given} if isinstance(given, dict) else given

    @field_validator("engine")
    @classmethod
    def _is_here(cls, engine: EngineSpec) -> EngineSpec:
        if engine.kind == "ray":
            raise ValueError("found the kind ray, which is for gateways; expected one that decodes")
        return engine


class Recognition:
    """A replica as Ray Serve runs it.

    The engine's process inherits the actor's environment: the GPUs that Ray gave it
    (CUDA_VISIBLE_DEVICES) and the number of threads (OMP_NUM_THREADS, from `num_cpus`).  It dies
    with the actor.
    """

    # Serve awaits it, and takes the replica for started when it is through.
    async def __init__(self, arguments: Arguments) -> None:  # type: ignore[misc]
        """Load the engine and let it hear a sample."""
        logging.getLogger("wsserver").setLevel(logging.INFO)
        patience = Patience(arguments.scheduler.reload_seconds)
        engine = EngineProcess(partial(build_engine, arguments.engine), patience=patience)
        self._replica = Replica(engine, arguments.scheduler, _count_replicas)
        self._well_at = time.monotonic()
        await self._replica.start(_read(SAMPLE))

    async def __call__(self, request: Request) -> Response:
        """Answer a gateway."""
        try:
            reply = await self._replica.answer(await request.body())
        except BadMessage as error:
            return PlainTextResponse(str(error), error.status)
        return Response(reply, media_type=CONTENT_TYPE)

    async def check_health(self) -> None:
        """Raise if this replica is not worth waiting for any more."""
        now = time.monotonic()
        if self._replica.ready:
            self._well_at = now
        elif now - self._well_at > AWAY_SECONDS:
            raise EngineLost(f"the engine has been away for {now - self._well_at:.0f} s")


def build(arguments: Arguments) -> serve.Application:
    """Build the application; Serve makes *arguments* of what its config file says."""
    deployment = serve.deployment(name="recognition")(Recognition)
    application: serve.Application = deployment.bind(arguments)
    return application


def _count_replicas() -> int:
    return int(getattr(serve.get_replica_context(), "world_size", 0))


def _read(path: Path) -> Samples:
    with wave.open(str(path)) as sound:
        steps = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    return steps.astype(np.float32) / np.float32(32_768)
