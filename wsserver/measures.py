"""What is measured the moment that somebody asks: places, rooms, the engine.

Knows where the numbers are; knows nothing of how they are told.
"""

from wsserver import __version__
from wsserver.broker.connection import Connection
from wsserver.metrics import Metrics
from wsserver.net.admission import Gate
from wsserver.net.rooms import Rooms
from wsserver.recognition.scheduler import Scheduler
from wsserver.speech import EngineInfo
from wsserver.store.keeper import Keeper
from wsserver.webhooks.dispatch import Dispatch


def measure(metrics: Metrics, gate: Gate, rooms: Rooms, scheduler: Scheduler) -> None:
    """Have *metrics* tell how things stand."""
    metrics.measure("sessions_open", "Sessions that have a place.", lambda: gate.sessions)
    metrics.measure("sessions_limit", "Places in all.", lambda: gate.most_sessions)
    metrics.measure("draining", "1 while nobody new is let in.", lambda: gate.is_draining)
    metrics.measure("rooms_open", "Rooms that are remembered.", lambda: len(rooms))
    metrics.measure("viewers_open", "Viewers in all rooms.", lambda: rooms.viewers)
    metrics.measure("engine_ready", "1 while windows are decoded.", lambda: scheduler.ready)
    metrics.measure(
        "engine_busy_ratio",
        "Part of the time that an engine worked lately, on average.",
        lambda: scheduler.busy,
    )
    metrics.measure("engine_waiting_windows", "Windows that wait.", lambda: scheduler.load.waiting)
    metrics.measure(
        "engine_waiting_seconds",
        "Predicted time for the finals and partials that wait.",
        lambda: scheduler.load.seconds,
    )
    metrics.measure(
        "engine_oldest_seconds",
        "How long the oldest final or partial has waited.",
        lambda: scheduler.load.oldest_seconds,
    )


def measure_redis(metrics: Metrics, redis: Connection) -> None:
    """Have *metrics* tell whether the Redis that gateways share is there."""
    metrics.measure(
        "redis_up",
        "1 while the shared Redis answers and takes what is written.",
        lambda: redis.is_up,
    )


def measure_keeping(metrics: Metrics, keeper: Keeper | None, dispatch: Dispatch | None) -> None:
    """Have *metrics* tell what waits to be kept and to be passed on; 0 where nothing ever does."""
    metrics.measure(
        "store_waiting_entries",
        "Entries of transcripts that are not on the disk yet.",
        lambda: keeper.waiting if keeper else 0,
    )
    metrics.measure(
        "webhooks_waiting",
        "Webhooks that no receiver has taken yet.",
        lambda: dispatch.waiting if dispatch else 0,
    )


def tell_of_engine(metrics: Metrics, info: EngineInfo) -> None:
    """Have *metrics* tell which model hears, and which version this is."""
    labels = {"model": info.model, "device": info.device, "precision": info.precision}
    metrics.state("build_info", "What runs.", {"version": __version__, **labels})
