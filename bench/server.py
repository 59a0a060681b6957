"""The real server with a measured event loop, on a real model or on random weights.

    python -m bench.server --model random.pt --draft-share 0.9 --beats beats.json

Knows how the server is started; knows nothing of who speaks to it.  SIGUSR1 forgets the beats so
far; at the end they are written.
"""

import asyncio
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from bench import forced
from bench.heartbeat import Heartbeat
from wsserver import config, logs
from wsserver.recognition.engines import EngineSpec
from wsserver.recognition.engines import build as build_real
from wsserver.serve import serve
from wsserver.speech import Engine


def settings(model: str, partials: str | None) -> config.Config:
    """Give what the product would take, but for the model, a free port and all who come let in."""
    engine: dict[str, Any] = {"model": model, **({"partials": partials} if partials else {})}
    server = {"port": 0, "admission": {"max_sessions": 1000}}
    return config.load(None, above={"engine": engine, "server": server})


async def _serve(
    wanted: config.Config, build: Callable[[EngineSpec], Engine], beats: Path | None
) -> None:
    heart = Heartbeat()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, heart.reset)
    beating = asyncio.create_task(heart.beat())
    try:
        await serve(wanted, Console(), build)
    finally:
        beating.cancel()
        if beats is not None:
            heart.save(beats)


@click.command()
@click.option("--model", default="practice", show_default=True, help="As in config.yaml.")
@click.option(
    "--draft-share", type=float, help="Random weights: the share of drafts that is right."
)
@click.option("--partials", help="Precision of the partials, as in config.yaml.")
@click.option("--beats", type=click.Path(path_type=Path), help="Where the lateness is written.")
def main(model: str, draft_share: float | None, partials: str | None, beats: Path | None) -> None:
    """Serve until SIGTERM."""
    logs.set_up(logs.LogSettings(level="warning"))
    # Pickled by its name for the engine's process, so it must not stand in this module, `__main__`.
    build = build_real if draft_share is None else partial(forced.build, draft_share=draft_share)
    asyncio.run(_serve(settings(model, partials), build, beats))


if __name__ == "__main__":
    main()
