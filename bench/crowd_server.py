"""The real server, let be crowded, that tells at any time how late its event loop was.

    python -m bench.crowd_server --beats beats.json

Knows how the server is started; knows nothing of who comes.  SIGUSR1 writes the beats so far and
forgets them.
"""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from bench.heartbeat import Heartbeat
from wsserver import config, logs
from wsserver.event_loop import runner
from wsserver.recognition import voices
from wsserver.recognition.capacity import NO_LOAD, Forecast
from wsserver.recognition.scheduler import Scheduler
from wsserver.serve import serve

_MOST = 10_000
_IDLE_SECONDS = 3_600


def settings(
    model: str,
    tls: tuple[Path, Path] | None,
    engine: str = "whisper",
    cost_ms: tuple[float, float] = (0.0, 0.0),
) -> config.Config:
    """Give what the product would take, but let thousands in and let them be silent.

    *tls* is a certificate and its key; the limits of the door stay as they are shipped.  A fake
    engine takes *cost_ms*: for a batch, and for each window in it.
    """
    server: dict[str, Any] = {"port": 0, "admission": {"max_sessions": _MOST}}
    if tls:
        certificate, key = map(str, tls)
        server["tls"] = {"mode": "files", "certificate": certificate, "key": key}
    sessions = {"idle_seconds": _IDLE_SECONDS}
    batch_s, window_s = (each / 1000 for each in cost_ms)
    script = {"batch_s": batch_s, "delay_s": window_s}
    above = {
        "engine": {"kind": engine, "model": model, "script": script},
        "server": server,
        "sessions": sessions,
        "rooms": {"viewers": _MOST, "viewers_per_room": _MOST},
    }
    return config.load(None, {}, above)


def _foresee_nothing(self: Scheduler) -> Forecast:  # noqa: ARG001
    return NO_LOAD


async def _serve(wanted: config.Config, beats: Path) -> None:
    heart = Heartbeat()

    def tell() -> None:
        heart.save(beats.with_suffix(".new"))
        beats.with_suffix(".new").replace(beats)
        heart.reset()

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)
    beating = asyncio.create_task(heart.beat())
    try:
        await serve(wanted, Console())
    finally:
        beating.cancel()


@click.command()
@click.option("--model", default="practice", show_default=True, help="As in config.yaml.")
@click.option("--engine", default="whisper", show_default=True, help="As in config.yaml.")
@click.option("--cost-ms", type=(float, float), default=(0, 0), help="Batch, window; if fake.")
@click.option("--beats", type=click.Path(path_type=Path), required=True)
@click.option("--tls", type=(click.Path(path_type=Path), click.Path(path_type=Path)))
@click.option("--asyncio", "plain_loop", is_flag=True, help="Not in uvloop.")
@click.option("--singly", is_flag=True, help="Every session asks the voice model for itself.")
def main(beats: Path, plain_loop: bool, singly: bool, **options: Any) -> None:
    """Serve until SIGTERM."""
    logs.set_up(logs.LogSettings(level="error"))
    # Admission takes newcomers for speakers, and would let no thousands of them in.
    Scheduler.forecast = _foresee_nothing  # type: ignore[method-assign]
    if singly:
        voices.FEW = sys.maxsize
    with asyncio.Runner() if plain_loop else runner() as running:
        running.run(_serve(settings(**options), beats))


if __name__ == "__main__":
    main()
