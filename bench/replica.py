"""Be a replica on one core, until standard input ends; its URL goes to standard output.

Knows the product's replica and the forced engine; knows nothing of what it is asked.
"""

import asyncio
import os
import sys
from functools import partial
from pathlib import Path

import click

from bench.forced import build
from wsserver.cluster.replica import Replica
from wsserver.cluster.serving import serving
from wsserver.recognition.engines import EngineSpec
from wsserver.recognition.process import EngineProcess

ANYWHERE = "http://127.0.0.1:0/"


async def serve(checkpoint: Path, draft_share: float) -> None:
    """Answer until nobody is there any more who wants it."""
    spec = EngineSpec(model=str(checkpoint), device="cpu", partials="fp32", threads=1)
    replica = Replica(EngineProcess(partial(build, spec, draft_share=draft_share)))
    await replica.start()
    try:
        async with serving(replica, ANYWHERE) as url:
            print(url, flush=True)
            await asyncio.to_thread(sys.stdin.read)
    finally:
        await replica.stop()


@click.command()
@click.option("--core", type=int, required=True)
@click.option("--checkpoint", type=click.Path(path_type=Path), required=True)
@click.option("--draft-share", type=float, default=0.9, show_default=True)
def main(core: int, checkpoint: Path, draft_share: float) -> None:
    """Decode on one core what gateways send."""
    os.sched_setaffinity(0, {core})  # the engine's process inherits it
    asyncio.run(serve(checkpoint, draft_share))


if __name__ == "__main__":
    main()
